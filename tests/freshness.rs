//! `generated/` is what `spec/` says: no file differs, is missing or is left over.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

const MEND: &str = "run `cargo xtask gen`";

#[test]
fn generated_files_are_fresh() {
    let generated = Path::new(env!("CARGO_MANIFEST_DIR")).join("generated");
    let mut expected = BTreeMap::new();
    for cluster in lurus::clusters() {
        let compiled = lurus_spec::compile(&cluster)
            .unwrap_or_else(|report| panic!("{}: {report:?}", cluster.name.value));
        for (path, file) in compiled.tree.iter() {
            let on_disk = fs::read_to_string(generated.join(path.as_str())).unwrap_or_default();
            assert!(on_disk == file.text, "{path} is stale or missing: {MEND}");
            let mode = fs::metadata(generated.join(path.as_str()))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o100 != 0, file.executable, "mode of {path}: {MEND}");
            expected.insert(path.to_string(), file.digest());
        }
    }
    let manifest = fs::read_to_string(generated.join(".manifest")).unwrap();
    let written: BTreeMap<String, String> = manifest
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(digest, path)| (path.to_owned(), digest.to_owned()))
        .collect();
    assert_eq!(written, expected, "the manifest is stale: {MEND}");
}
