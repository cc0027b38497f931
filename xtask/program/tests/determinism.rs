//! The program writes the same bytes wherever and by whomever it is run.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use walkdir::WalkDir;

/// How the surroundings of a run are changed.
type Prepare<'a> = dyn Fn(&mut Command) -> &mut Command + 'a;

/// What `gen` writes when it is run so, by path.
fn written(prepare: &Prepare<'_>) -> BTreeMap<String, Vec<u8>> {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("generated");
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("gen").arg("--generated").arg(&dir);
    prepare(&mut command);
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    WalkDir::new(&dir)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let path = entry.path().strip_prefix(&dir).unwrap();
            (path.display().to_string(), fs::read(entry.path()).unwrap())
        })
        .collect()
}

#[test]
fn surroundings_have_no_meaning() {
    let expected = written(&|command| command);
    assert!(expected.len() > 10);
    let elsewhere = tempfile::tempdir().unwrap();
    let elsewhere = elsewhere.path();
    let surroundings: [(&str, &Prepare<'_>); 6] = [
        ("another folder", &|command| command.current_dir(elsewhere)),
        ("the root", &|command| command.current_dir("/")),
        ("no environment", &|command| command.env_clear()),
        ("another time zone", &|command| {
            command.env("TZ", "Pacific/Kiritimati")
        }),
        ("another language", &|command| {
            command
                .env("LANG", "tr_TR.UTF-8")
                .env("LC_ALL", "tr_TR.UTF-8")
        }),
        ("another home", &|command| command.env("HOME", elsewhere)),
    ];
    for (name, prepare) in surroundings {
        assert!(
            written(prepare) == expected,
            "{name} changes what is written"
        );
    }
}
