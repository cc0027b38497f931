//! The schemas of Kubernetes judge each object by itself, and kubectl whether the folder is a whole. Neither asks a server.

use camino::Utf8Path;

use super::{Form, Rights, silent, succeeded, words};

/// The release of the judge: its schemas know every release of Kubernetes up to its own.
const GET: &str = "pip install kubernetes-validate==1.37.0";

pub(super) const OBJECTS: Form = Form {
    judge: "kubernetes-validate",
    program: "kubernetes-validate",
    get: GET,
    rights: Rights::Any,
    applies: |file| whole(file).is_some() && file.file_name() != Some(KUSTOMIZATION_FILE),
    asks: |setting| {
        let options = ["--strict", "--quiet", "--kubernetes-version"];
        let minor = minor(&setting.case.file);
        words(&["kubernetes-validate"])
            .chain(options.map(str::to_owned))
            .chain([minor, setting.config.clone()])
            .collect()
    },
    // It only warns of a kind of which it has no schema.
    reads: |_, end| silent(end),
};

pub(super) const KUSTOMIZATION: Form = Form {
    judge: "kubectl kustomize",
    program: "kubectl",
    get: "kubectl (https://kubernetes.io/docs/tasks/tools/)",
    rights: Rights::Any,
    applies: |file| file.file_name() == Some(KUSTOMIZATION_FILE),
    asks: |setting| {
        let folder = Utf8Path::new(&setting.config).parent();
        let folder = folder.map_or(".", Utf8Path::as_str);
        words(&["kubectl", "kustomize", folder]).collect()
    },
    reads: |_, end| succeeded(end),
};

const KUSTOMIZATION_FILE: &str = "kustomization.yaml";

/// The folder with the kustomization that a manifest is a part of: its own or the one above.
fn whole(file: &Utf8Path) -> Option<&Utf8Path> {
    if file.extension() != Some("yaml") {
        return None;
    }
    let mut above = file.ancestors().skip(1).take(2);
    above.find(|folder| folder.join(KUSTOMIZATION_FILE).is_file())
}

/// The release of Kubernetes that the pods of a namespace are held to: `1.35`.
fn minor(file: &Utf8Path) -> String {
    let namespace = whole(file).map(|folder| folder.join("namespace.yaml"));
    let text = namespace.and_then(|file| fs_err::read_to_string(file).ok());
    let version = text.as_deref().and_then(held_to);
    version.unwrap_or("latest").to_owned()
}

fn held_to(namespace: &str) -> Option<&str> {
    let mut lines = namespace.lines();
    let line = lines.find_map(|line| {
        line.trim()
            .strip_prefix("pod-security.kubernetes.io/enforce-version: ")
    })?;
    line.trim_matches('"').strip_prefix('v')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_that_of_the_namespace() {
        let text = "metadata:\n  labels:\n    pod-security.kubernetes.io/enforce-version: v1.35\n";
        assert_eq!(held_to(text), Some("1.35"));
        assert_eq!(held_to("metadata: {}\n"), None);
    }
}
