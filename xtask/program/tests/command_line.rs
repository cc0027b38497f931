//! The commands as a person meets them: what they print, write and end with.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A directory of generated files of its own.
struct Place {
    root: tempfile::TempDir,
}

/// The end of a command.
struct End {
    code: i32,
    out: String,
    err: String,
}

impl Place {
    fn empty() -> Place {
        Place {
            root: tempfile::tempdir().unwrap(),
        }
    }

    fn fresh() -> Place {
        let place = Place::empty();
        place.run(&["gen"]).ends_with(0);
        place
    }

    fn dir(&self) -> PathBuf {
        self.root.path().join("generated")
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir().join(path)
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        fs::write(self.path(path), text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.arg("--generated").arg(self.dir()).args(arguments);
        command
            .env_remove("CLICOLOR_FORCE")
            .current_dir(self.root.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> End {
        End::of(self.command(arguments).output().unwrap())
    }

    /// Makes the manifest say that `gen` wrote a file, as an older description would have.
    fn leave_behind(&self, path: &str, text: &str) {
        self.write(path, text);
        let digest = lurus_spec::file_tree::digest(text.as_bytes());
        let manifest = self.read(".manifest");
        self.write(".manifest", &format!("{manifest}{digest}  {path}\n"));
    }

    /// The values of an env file, by name.
    fn values(&self, path: &str) -> BTreeMap<String, String> {
        self.read(path)
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| line.split_once('=').unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    fn mode(&self, path: &str) -> u32 {
        mode(&self.path(path))
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

impl End {
    fn of(output: Output) -> End {
        End {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    fn ends_with(self, code: i32) -> End {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        self
    }

    #[track_caller]
    fn says(self, text: &str) -> End {
        assert!(
            self.out.contains(text) || self.err.contains(text),
            "`{text}` is not in:\n{}{}",
            self.out,
            self.err
        );
        self
    }

    #[track_caller]
    fn hides(self, text: &str) -> End {
        assert!(
            !self.out.contains(text) && !self.err.contains(text),
            "`{text}` is in:\n{}{}",
            self.out,
            self.err
        );
        self
    }
}

const CONFIG: &str = "minimal/local/config/nats-1/nats/nats.conf";

#[test]
fn wrong_use_ends_with_2() {
    let place = Place::empty();
    place.run(&[]).ends_with(2);
    place.run(&["gne"]).ends_with(2);
    place.run(&["gen", "--cluster"]).ends_with(2);
    for command in [
        &["gen", "--cluster", "minmal"][..],
        &["diff", "--cluster", "minmal"],
        &["secrets", "minmal"],
        &["graph", "minmal"],
        &["up", "minmal"],
        &["down", "minmal"],
        &["status", "minmal"],
        &["e2e", "minmal"],
    ] {
        place
            .run(command)
            .ends_with(2)
            .says("there is no cluster `minmal`; did you mean `minimal`?");
    }
    assert!(!place.dir().exists());
}

#[test]
fn gen_writes_once() {
    let place = Place::empty();
    place
        .run(&["gen", "--check"])
        .ends_with(1)
        .says("  missing ");
    assert!(!place.dir().exists(), "a check wrote something");
    place.run(&["gen"]).ends_with(0).says("written: ");
    place.run(&["gen"]).ends_with(0).says("fresh: ");
    place.run(&["gen", "--check"]).ends_with(0).says("fresh: ");
    place.run(&["diff"]).ends_with(0).says("fresh: ");
}

#[test]
fn what_is_not_fresh_is_named_and_mended() {
    let place = Place::fresh();
    let config = place.read(CONFIG);
    place.write(CONFIG, "edited\n");
    fs::remove_file(place.path("minimal/local/clients.json")).unwrap();
    place.leave_behind("minimal/local/old.conf", "old\n");
    place
        .run(&["gen", "--check"])
        .ends_with(1)
        .says(&format!("    stale {CONFIG}\n"))
        .says("  missing minimal/local/clients.json\n")
        .says("    stray minimal/local/old.conf\n")
        .says(&format!("edited by hand, and replaced {CONFIG}\n"))
        .says("to mend it:\n  cargo xtask gen\n");
    assert_eq!(place.read(CONFIG), "edited\n", "a check wrote something");
    place
        .run(&["diff"])
        .ends_with(1)
        .says("-edited\n")
        .says("minimal/local\n");
    place
        .run(&["gen"])
        .ends_with(0)
        .says("  removed minimal/local/old.conf\n");
    assert_eq!(place.read(CONFIG), config);
    place.run(&["gen", "--check"]).ends_with(0);
}

#[test]
fn a_change_of_one_service_names_no_other() {
    let place = Place::fresh();
    let compose = "minimal/local/docker-compose.nats-cluster.yml";
    let text = place.read(compose);
    let at = text.find("  nats-2:").unwrap();
    let (before, after) = text.split_at(at);
    let changed = after.replacen("restart: unless-stopped", "restart: always", 1);
    place.write(compose, &format!("{before}{changed}"));
    let end = place.run(&["diff", "--summary"]).ends_with(1);
    let price = end.out.lines().skip_while(|line| *line != "minimal/local");
    let price: Vec<&str> = price.collect();
    assert_eq!(price, ["minimal/local", "   recreate  nats-2 (restart)"]);
}

/// Makes the committed files those of a description that said something else of one setting.
fn as_if_said(place: &Place, setting: &str, said: &str) -> String {
    let path = "minimal/settings.txt";
    let recorded = place.read(path);
    let begin = format!("{setting} = ");
    let line = recorded.lines().find(|line| line.starts_with(&begin));
    let line = line.unwrap_or_else(|| panic!("nothing is said of {setting}"));
    place.write(path, &recorded.replace(line, &format!("{begin}\"{said}\"")));
    line[begin.len()..].trim_matches('"').to_owned()
}

#[test]
fn a_change_is_told_with_its_cause() {
    let place = Place::fresh();
    let memory = as_if_said(&place, "component redis max_memory", "1MiB");
    let config = "minimal/local/config/redis-1/redis/redis.conf";
    place.write(config, "maxmemory 1mb\n");
    let end = place.run(&["diff", "--summary"]).ends_with(1);
    let mut lines = end.out.lines();
    assert_eq!(lines.next(), Some("minimal follows from"), "{}", end.out);
    let cause = format!("    redis max_memory 1MiB → {memory} (spec/");
    assert!(lines.next().unwrap().starts_with(&cause), "{}", end.out);
    assert_eq!(lines.next(), Some("      local: 1 file"), "{}", end.out);
}

#[test]
fn a_change_without_a_cause_is_told_as_one() {
    let place = Place::fresh();
    place.write("minimal/local/config/redis-1/redis/redis.conf", "old\n");
    place
        .run(&["diff", "--summary"])
        .ends_with(1)
        .says("    no setting: from a file beside the description, or from the compiler\n      local: 1 file\n");
    fs::remove_file(place.path("minimal/settings.txt")).unwrap();
    place
        .run(&["diff", "--summary"])
        .ends_with(1)
        .says("what it said before is not known: ");
}

#[test]
fn a_blocked_directory_is_left_as_it_is() {
    let place = Place::empty();
    fs::write(place.dir(), "mine").unwrap();
    place
        .run(&["gen"])
        .ends_with(1)
        .says("is not a folder; move it away");
    assert_eq!(fs::read_to_string(place.dir()).unwrap(), "mine");
    let place = Place::empty();
    place.write(CONFIG, "mine");
    place
        .run(&["gen"])
        .ends_with(1)
        .says("files that `gen` did not write are where it has to write")
        .says(CONFIG);
    assert_eq!(place.read(CONFIG), "mine");
    place
        .run(&["diff", "--summary"])
        .ends_with(1)
        .says("in the way: ");
}

#[test]
fn one_cluster_leaves_the_others_alone() {
    let place = Place::fresh();
    place.leave_behind("other/local/x.conf", "x\n");
    place.write(CONFIG, "edited\n");
    place
        .run(&["gen", "--cluster", "minimal", "--check"])
        .ends_with(1)
        .says("cargo xtask gen --cluster minimal\n")
        .hides("other/");
    place
        .run(&["gen", "--cluster", "minimal"])
        .ends_with(0)
        .hides("other/");
    assert_eq!(place.read("other/local/x.conf"), "x\n");
    // It is still known as written by gen, so that a run for all clusters removes it.
    place
        .run(&["gen"])
        .ends_with(0)
        .says("  removed other/local/x.conf\n");
    assert!(!place.path("other").exists());
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let place = Place::empty();
    let mut child = place
        .command(&["options", "--format", "markdown"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let end = End::of(child.wait_with_output().unwrap()).ends_with(0);
    assert_eq!(end.err, "");
}

#[test]
fn colours_are_for_terminals() {
    let place = Place::fresh();
    place.run(&["gen"]).ends_with(0).hides("\u{1b}[");
    let mut forced = place.command(&["gen"]);
    let forced = forced.env("CLICOLOR_FORCE", "1").env_remove("NO_COLOR");
    End::of(forced.output().unwrap())
        .ends_with(0)
        .says("\u{1b}[");
    let end = End::of(
        forced
            .env("NO_COLOR", "1")
            .env_remove("CLICOLOR_FORCE")
            .output()
            .unwrap(),
    );
    end.ends_with(0).hides("\u{1b}[");
}

#[test]
fn a_good_description_has_no_finding() {
    let place = Place::empty();
    place.run(&["check"]).ends_with(0);
    let end = place
        .run(&["check", "--message-format", "json"])
        .ends_with(0);
    for line in end.out.lines() {
        let message: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(message["reason"], "compiler-message");
        assert_eq!(message["message"]["level"], "warning");
    }
}

#[test]
fn rules_are_explained() {
    let place = Place::empty();
    let list = place.run(&["explain"]).ends_with(0).out;
    let codes: Vec<&str> = list
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert!(codes.len() > 10 && codes.is_sorted(), "{codes:?}");
    for code in &codes {
        let small = code.to_lowercase();
        place
            .run(&["explain", &small])
            .ends_with(0)
            .says(code)
            .says("source");
    }
    place
        .run(&["explain", "L0O01"])
        .ends_with(2)
        .says("there is no rule `L0O01`; did you mean L0");
    place
        .run(&["explain", "quorum"])
        .ends_with(2)
        .says("`cargo xtask explain` lists every rule");
}

#[test]
fn generated_files_are_explained() {
    let place = Place::fresh();
    // From where one stands, from the generated directory, and by its full name.
    for path in [
        format!("generated/{CONFIG}"),
        CONFIG.to_owned(),
        place.path(CONFIG).display().to_string(),
    ] {
        place
            .run(&["explain", &path])
            .ends_with(0)
            .says("nats-1 on node-1")
            .says("comes from component nats (nats), spec/system.rs:")
            .hides("nats-2");
    }
    let compose = "minimal/local/docker-compose.nats-cluster.yml";
    let text = place.read(compose);
    let line = text.lines().position(|line| line == "  nats-2:").unwrap() + 2;
    place
        .run(&["explain", &format!("{compose}:{line}")])
        .ends_with(0)
        .says("nats-2 on node-2")
        .hides("nats-1 on");
    place
        .run(&["explain", &format!("{compose}:0")])
        .ends_with(2)
        .says("counted from 1");
    place
        .run(&["explain", &format!("{compose}:99999")])
        .ends_with(2)
        .says("there is no line");
    place
        .run(&["explain", "minimal/local/docker-compose.nats-clster.yml"])
        .ends_with(2)
        .says("did you mean minimal/local/docker-compose.nats-cluster.yml?");
    place
        .run(&["explain", "../spec/lib.rs"])
        .ends_with(2)
        .says("is not a file that `gen` writes");
}

#[test]
fn the_manual_has_every_option() {
    let place = Place::empty();
    let list = place.run(&["options"]).ends_with(0).out;
    for built_in in lurus_spec::component::BUILT_IN {
        assert!(list.contains(built_in.manual.kind));
        let page = place.run(&["options", built_in.manual.kind]).ends_with(0);
        for option in built_in.manual.options {
            assert_eq!(
                page.out.matches(&format!("\n.{}(", option.name)).count(),
                1,
                "{} of {}",
                option.name,
                built_in.manual.kind
            );
        }
        page.says("\n.on(");
    }
    place
        .run(&["options", "natz"])
        .ends_with(2)
        .says("did you mean `nats`?");
    let document = place
        .run(&["options", "nats", "--format", "markdown"])
        .ends_with(0);
    document.says("\n| `client_port` | `Port` | 4222 | ");
}

#[test]
fn the_picture_has_every_workload() {
    let picture = Place::empty().run(&["graph", "minimal"]).ends_with(0).out;
    assert!(picture.starts_with("flowchart LR\n"));
    for line in [
        "w_nats[\"nats<br/>3 members\"]",
        "w_nats_streams -->|\"client\"| w_nats",
    ] {
        assert!(picture.contains(line), "{picture}");
    }
}

const STORE: &str = "minimal/.env";
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

#[test]
fn a_cluster_is_not_started_stale_or_without_an_engine() {
    let place = Place::empty();
    place
        .run(&["up", "minimal"])
        .ends_with(1)
        .says("run `cargo xtask diff`");
    place
        .run(&["down", "minimal"])
        .ends_with(1)
        .says("run `cargo xtask gen`");
    place.run(&["gen"]).ends_with(0);
    for command in ["up", "down", "status", "e2e"] {
        let mut without = place.command(&[command, "minimal"]);
        let end = End::of(without.env("PATH", place.root.path()).output().unwrap());
        end.ends_with(1)
            .says("there is no `docker` on the PATH: install");
    }
    assert!(!place.path(STORE).exists());
}

#[test]
fn every_command_has_a_help_with_an_example() {
    let place = Place::empty();
    let help = place.run(&["--help"]).ends_with(0).out;
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .collect();
    assert!(commands.len() >= 11, "{commands:?}");
    for command in commands {
        let text = format!("  cargo xtask {command}");
        place
            .run(&[command, "--help"])
            .ends_with(0)
            .says("Example")
            .says(&text);
    }
}
