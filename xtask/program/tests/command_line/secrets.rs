//! Values of secrets are made once, and are nobody else's.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::place::{CONFIG, Place};

pub(crate) const STORE: &str = "minimal/.env";
const LOCAL: &str = "minimal/local/.env";
const HOST: &str = "minimal/hosts/node-2/.env";

#[test]
fn secrets_are_made_once() {
    let place = Place::fresh();
    let end = place
        .run(&["secrets", "minimal"])
        .ends_with(0)
        .says(" 0 there already\n");
    let values = place.values(STORE);
    assert!(values.len() > 3);
    for (name, value) in &values {
        assert!(value.len() >= 32, "{name} is short");
        assert!(
            value.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            "{name} is odd"
        );
        assert!(
            !end.out.contains(value) && !end.err.contains(value),
            "{name} was printed"
        );
    }
    for path in [STORE, LOCAL, HOST] {
        assert_eq!(place.mode(path), 0o600, "{path}");
    }
    assert_eq!(place.values(LOCAL), values);
    let store = place.read(STORE);
    place
        .run(&["secrets", "minimal"])
        .ends_with(0)
        .says(" 0 made, ");
    assert_eq!(place.read(STORE), store);
    // Neither gen nor a check minds them.
    place.write(CONFIG, "edited");
    place.run(&["gen"]).ends_with(0);
    place.run(&["gen", "--check"]).ends_with(0);
    assert_eq!(place.read(STORE), store);
    assert_eq!(place.mode(STORE), 0o600);
}

#[test]
fn every_variable_of_a_compose_file_has_a_value_beside_it() {
    let place = Place::fresh();
    place.run(&["secrets", "minimal"]).ends_with(0);
    let mut asked = 0;
    for folder in [
        "minimal/local",
        "minimal/hosts/node-1",
        "minimal/hosts/node-3",
    ] {
        let values = place.values(&format!("{folder}/.env"));
        for entry in fs::read_dir(place.path(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "yml") {
                let text = fs::read_to_string(&path).unwrap();
                for rest in text.split("${").skip(1) {
                    let name = rest.split(":?").next().unwrap();
                    assert!(values.contains_key(name), "{}: {name}", path.display());
                    asked += 1;
                }
            }
        }
    }
    assert!(asked > 10);
}

#[test]
fn a_value_of_ones_own_is_kept_and_reaches_the_copies() {
    let place = Place::empty();
    let own = "my.own_value~16-chars";
    place.write(STORE, &format!("# mine\nNATS_APP_PASSWORD={own}"));
    fs::set_permissions(place.path(STORE), fs::Permissions::from_mode(0o644)).unwrap();
    place
        .run(&["secrets", "minimal"])
        .ends_with(0)
        .says(" 1 there already\n")
        .hides(own);
    assert!(
        place
            .read(STORE)
            .starts_with(&format!("# mine\nNATS_APP_PASSWORD={own}\n"))
    );
    for path in [STORE, LOCAL] {
        assert_eq!(place.values(path)["NATS_APP_PASSWORD"], own);
        assert_eq!(place.mode(path), 0o600);
    }
    // A rotation: the line is deleted, the others stay.
    let before = place.values(STORE);
    let text = place
        .read(STORE)
        .replace(&format!("NATS_APP_PASSWORD={own}\n"), "");
    place.write(STORE, &text);
    fs::set_permissions(place.path(STORE), fs::Permissions::from_mode(0o640)).unwrap();
    place
        .run(&["secrets", "minimal"])
        .ends_with(0)
        .says(" 1 made, ");
    let mut after = place.values(STORE);
    assert_ne!(after["NATS_APP_PASSWORD"], own);
    assert_eq!(place.values(LOCAL), after);
    after.insert("NATS_APP_PASSWORD".into(), own.into());
    assert_eq!(after, before);
    assert_eq!(place.mode(STORE), 0o600);
}

#[test]
fn a_mode_that_is_too_wide_is_narrowed() {
    let place = Place::fresh();
    place.run(&["secrets", "minimal"]).ends_with(0);
    for path in [STORE, HOST] {
        fs::set_permissions(place.path(path), fs::Permissions::from_mode(0o666)).unwrap();
    }
    place.run(&["secrets", "minimal"]).ends_with(0);
    assert_eq!((place.mode(STORE), place.mode(HOST)), (0o600, 0o600));
}

#[test]
fn a_bad_value_is_refused_and_not_printed() {
    for (value, why) in [
        ("hunter2", "has fewer than 16 characters"),
        ("", "has fewer than 16 characters"),
        ("hunter2-hunter2-$HOME", "has a character other than"),
        ("\"hunter2-hunter2-hunter2\"", "has a character other than"),
        ("hunter2 hunter2 hunter2", "has a character other than"),
        ("hunter2/hunter2:hunter2@x", "has a character other than"),
        ("hunter2-hunter2-hünter2", "has a character other than"),
        ("hunter2-hunter2-hunter2 ", "has a character other than"),
    ] {
        let place = Place::empty();
        let text = format!("\nNATS_APP_PASSWORD={value}\n");
        place.write(STORE, &text);
        place
            .run(&["secrets", "minimal"])
            .ends_with(1)
            .says("line 2: the value of NATS_APP_PASSWORD ")
            .says(why)
            .hides("hunter2");
        assert_eq!(place.read(STORE), text);
        assert!(!place.path(LOCAL).exists());
    }
}

#[test]
fn what_no_one_declares_is_named_and_kept() {
    let place = Place::fresh();
    place.write(STORE, "OLD_PASSWORD=hunter2\n");
    place
        .run(&["secrets", "minimal"])
        .ends_with(0)
        .says("has a value for OLD_PASSWORD")
        .hides("hunter2");
    assert_eq!(place.values(STORE)["OLD_PASSWORD"], "hunter2");
    assert!(!place.values(LOCAL).contains_key("OLD_PASSWORD"));
    place.write("minimal/hosts/node-9/.env", "A=b\n");
    place
        .run(&["secrets", "minimal"])
        .ends_with(0)
        .says("hosts/node-9/.env has secrets of a host");
    assert_eq!(place.read("minimal/hosts/node-9/.env"), "A=b\n");
}

#[test]
fn runs_at_once_make_one_value() {
    let place = Place::fresh();
    let children: Vec<_> = (0..4)
        .map(|_| {
            place
                .command(&["secrets", "minimal"])
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(place.values(LOCAL), place.values(STORE));
    let names = place.read(STORE);
    assert_eq!(names.matches("NATS_APP_PASSWORD=").count(), 1);
}
