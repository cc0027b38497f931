//! Text that a careless printer would break: in every place where a component may write free text, it comes out as
//! the same value on every target, as another program reads it.

use std::collections::BTreeMap;

use lurus_spec::component::{Component, Declaration, Group, Lowering, Site, place};
use lurus_spec::file_tree::TreePath;
use lurus_spec::literal::{Duration, Size};
use lurus_spec::model::{
    Cluster, Host, HostRef, ImagePin, Inventory, Meta, Network, NetworkRef, Setting,
};
use lurus_spec::plan::{
    Body, ConfigDir, ConfigFile, Cost, Kind, Resources, Stop, Text, Workload, checked,
};
use lurus_spec::yaml::{Node, map};
use lurus_spec::{cidr, host_name, image, ip, name};
use serde_json::Value;

/// What some reader of YAML, of a shell, of a template or of compose takes for something else.
const HOSTILE: &[&str] = &[
    "yes",
    "No",
    "on",
    "null",
    "~",
    "22:22",
    "1e3",
    "0x1F",
    "010",
    "1_000",
    "2026-11-22",
    "<<",
    "=",
    "- a",
    "a: b",
    "a #b",
    "#a",
    "'",
    "\"",
    "\\",
    "`id`",
    "$HOME",
    "${HOME}",
    "$$",
    "$(id)",
    "%s",
    "{{ x }}",
    "{{{x}}}",
    "{% x %}",
    "{a: b}",
    "[a]",
    "*a",
    "&a",
    "!a",
    "|",
    ">",
    "@a",
    "%a",
    "?",
    ":",
    "-",
    " lead",
    "trail ",
    "",
    "é",
    "日本語",
    "🦀",
    "a\u{a0}b",
    "a\u{2028}b",
    "\u{feff}a",
    "</script>",
    "; rm -rf /",
    "&& true",
    "../../etc/passwd",
];

/// A component that writes one text wherever it can.
#[derive(Component, Clone, Debug)]
#[component(kind = "parrot")]
struct Parrot {
    meta: Meta,
    /// The text.
    #[option(required, cost = "recreate", plain)]
    says: Setting<String>,
}

impl Component for Parrot {
    fn declare(&self, site: &Site<'_>) -> Declaration {
        let group = Group {
            name: self.meta.name.value.clone(),
            members: place(&self.meta, site, Size::mib(64), &[]),
            quorum: None,
            peer_ports: Vec::new(),
            task: false,
        };
        Declaration {
            image: Some("parrot"),
            groups: vec![group],
            ..Declaration::default()
        }
    }

    fn lower(&self, lowering: &Lowering<'_>) -> Vec<Workload> {
        let name = self.meta.name.value.clone();
        let text = || Text::from(self.says.value.as_str());
        let node = || map([("says", Node::str(self.says.value.as_str()))]);
        let file = |name, body| ConfigFile {
            name,
            body,
            cost: Cost::Restart,
        };
        vec![Workload {
            members: lowering.members(&name).to_vec(),
            component: name.clone(),
            stack: self.meta.stack(),
            summary: "says what it is told".to_owned(),
            kind: Kind::Service,
            image: lowering.image(&self.meta),
            build: None,
            user: None,
            command: vec!["say".into(), text()],
            env: BTreeMap::from([(checked("SAYS"), text())]),
            config: vec![ConfigDir {
                mount: checked("/etc/parrot"),
                files: vec![
                    file(
                        "says.txt",
                        Body::Lines(format!("{}\n", self.says.value).as_str().into()),
                    ),
                    file("says.yml", Body::Yaml(node())),
                    file("says.json", Body::Json(node())),
                ],
            }],
            volumes: Vec::new(),
            health: None,
            stop: Stop {
                signal: None,
                grace: Duration::secs(10),
                needed: Duration::secs(1),
            },
            resources: Resources {
                memory: Size::mib(64),
                origin: self.meta.name.origin.clone(),
                shared_memory: None,
                open_files: 1024,
            },
            init: false,
            read_only: true,
            scratch: Vec::new(),
            stable_address: false,
            published: Vec::new(),
            name,
        }]
    }
}

#[test]
fn hostile_text_arrives_as_it_was_said() {
    for said in HOSTILE {
        let network = Network::new(name!("data"), cidr!("10.0.1.0/24"), ip!("10.0.1.1"));
        let host = Host::new(host_name!("node-1"), 4, Size::gib(16), Size::gib(100))
            .at(name!("data"), ip!("10.0.1.11"));
        let image = ImagePin::new(name!("parrot"), image!("example/parrot:1.0"));
        let inventory = Inventory::new(vec![network], vec![host], vec![image]);
        let mut cluster = Cluster::new("hostile", inventory).network(NetworkRef::new("data"));
        cluster.add(Parrot::new("parrot", (*said).to_owned()).on([HostRef::new("node-1")]));
        let compiled =
            lurus_spec::compile(&cluster).unwrap_or_else(|report| panic!("{said:?}: {report:?}"));

        for folder in ["hostile/local", "hostile/hosts/node-1"] {
            let read = |name: &str| {
                let path = TreePath::new(&format!("{folder}/{name}")).expect("a literal path");
                compiled
                    .tree
                    .get(&path)
                    .unwrap_or_else(|| panic!("{path} is generated"))
                    .text
                    .clone()
            };
            let compose = if folder.ends_with("local") {
                "docker-compose.parrot.yml"
            } else {
                "docker-compose.yml"
            };
            let service = yaml(&read(compose))["services"]["parrot-1"].clone();
            assert_eq!(
                interpolated(&service["environment"]["SAYS"]),
                *said,
                "a variable in {folder}"
            );
            assert_eq!(
                interpolated(&service["command"][1]),
                *said,
                "an argument in {folder}"
            );
            assert_eq!(
                yaml(&read("config/parrot-1/parrot/says.yml"))["says"],
                *said,
                "a YAML file in {folder}"
            );
            let json: Value = serde_json::from_str(&read("config/parrot-1/parrot/says.json"))
                .expect("it is JSON");
            assert_eq!(json["says"], *said, "a JSON file in {folder}");
            let (_header, line) = read("config/parrot-1/parrot/says.txt")
                .split_once('\n')
                .map(|(a, b)| (a.to_owned(), b.to_owned()))
                .expect("a header line");
            assert_eq!(line.trim_end_matches('\n'), *said, "a line in {folder}");
        }
    }
}

/// YAML 1.2 as another program reads it, with the traps of 1.1 switched off as compose does.
fn yaml(text: &str) -> Value {
    let options = serde_yaml::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
    };
    serde_yaml::from_str_with_options(text, options)
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A value as compose hands it to the container: `$$` is a dollar, and a single one would be a variable.
fn interpolated(value: &Value) -> String {
    let text = value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no string"));
    assert!(
        !text.replace("$$", "").contains('$'),
        "a bare dollar in {text:?}"
    );
    text.replace("$$", "$")
}
