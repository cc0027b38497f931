//! Programs that know what Kubernetes takes, where this machine has them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::objects::Objects;

/// The schemas of the release, and kubectl.
#[test]
fn the_judges_of_kubernetes_take_it() {
    for objects in Objects::everywhere() {
        let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join("k3s")
            .join(&objects.cluster);
        let _ = fs::remove_dir_all(&root);
        let folder = format!("{}/k3s/", objects.cluster);
        let mut manifests = Vec::new();
        for (path, file) in objects.compiled.tree.iter() {
            let Some(inside) = path.as_str().strip_prefix(&folder) else {
                continue;
            };
            let at = root.join(inside);
            fs::create_dir_all(at.parent().expect("a folder")).expect("it can be made");
            fs::write(&at, &file.text).expect("it can be written");
            let is_manifest = inside.ends_with(".yaml") && !inside.starts_with("bootstrap/");
            if is_manifest && inside != "kustomization.yaml" {
                manifests.push(at);
            }
        }
        let mut schemas = Command::new("kubernetes-validate");
        schemas.args(["--strict", "--quiet", "--kubernetes-version", "1.35"]);
        if let Some(said) = judge("kubernetes-validate", schemas.args(&manifests)) {
            assert_eq!(said, "", "it only warns of a kind that it does not know");
        }
        let mut kustomize = Command::new("kubectl");
        if let Some(printed) = judge("kubectl", kustomize.arg("kustomize").arg(&root)) {
            let kinds = printed.lines().filter(|line| line.starts_with("kind: "));
            assert_eq!(kinds.count(), objects.all.len(), "all objects are printed");
        }
    }
}

/// What a program says that has to take the files; `None`, and a line about it, where there is no such program.
fn judge(name: &str, command: &mut Command) -> Option<String> {
    match command.output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            let wrong = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{name}: {said}{wrong}");
            Some(said)
        }
        Err(error) => {
            eprintln!("skipped {name}: {error}");
            None
        }
    }
}
