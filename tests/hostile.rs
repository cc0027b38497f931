//! Text that a careless printer would break: in every place where a component may write free text, it comes out as
//! the same value on every target, as another program reads it. A setter whose type takes less refuses it, and says so.

use std::collections::{BTreeMap, BTreeSet};

use lurus_spec::component::alertmanager::{Address, Alertmanager, Receiver};
use lurus_spec::component::caddy::Caddy;
use lurus_spec::component::citus::Citus;
use lurus_spec::component::clickhouse::ClickHouse;
use lurus_spec::component::consul::Consul;
use lurus_spec::component::etcd::Etcd;
use lurus_spec::component::grafana::Grafana;
use lurus_spec::component::haproxy::HaProxy;
use lurus_spec::component::managed::ManagedPostgres;
use lurus_spec::component::nats::{Nats, Stream, StreamName, Subject};
use lurus_spec::component::nginx::{Nginx, Route, RoutePath, VirtualHost};
use lurus_spec::component::node_exporter::NodeExporter;
use lurus_spec::component::patroni::Patroni;
use lurus_spec::component::pgbouncer::PgBouncer;
use lurus_spec::component::prometheus::Prometheus;
use lurus_spec::component::redis::RedisCluster;
use lurus_spec::component::redis_single::Redis;
use lurus_spec::component::service::{ProbeTool, Service};
use lurus_spec::component::streaming::Streaming;
use lurus_spec::component::vip::Vip;
use lurus_spec::component::{
    BUILT_IN, Component, Declaration, EndpointRef, Group, Lowering, Own, Site, place,
};
use lurus_spec::file_tree::TreePath;
use lurus_spec::literal::{DomainName, Duration, Name, Size, Url};
use lurus_spec::model::{
    Ability, Certificate, CertificateName, Cluster, Described, Host, HostRef, ImagePin, ImageRef,
    Inventory, Meta, Network, NetworkRef, Setting,
};
use lurus_spec::plan::{
    Body, ConfigDir, ConfigFile, Cost, Resources, Stop, Text, Workload, checked,
};
use lurus_spec::report::Report;
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

/// What ends a line, or is no part of one: no setter takes it, no variable and no argument carries it.
const CONTROL: &[&str] = &[
    "\n",
    "a\nb",
    "a\r\nb",
    "a\n",
    "\na",
    "\t",
    "\0",
    "a\0b",
    "\u{1b}[31m",
    "\u{7f}",
    "\u{85}",
    "END\nid",
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
        let group = Group::new(
            self.meta.name.value.clone(),
            place(&self.meta, site, Size::mib(64), &[]),
        );
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
        let file = |name: &'static str, body| ConfigFile::new(name, body, Cost::Restart);
        vec![Workload {
            command: vec!["say".into(), text()],
            env: BTreeMap::from([(checked("SAYS"), text())]),
            config: vec![ConfigDir {
                mount: checked("/etc/parrot"),
                files: vec![
                    file(
                        "says.txt",
                        Body::Lines(format!("{}\n", self.says.value).as_str().into()),
                    ),
                    file("says.yml", Body::yaml(node())),
                    file("says.json", Body::json(node())),
                ],
            }],
            stop: Stop {
                signal: None,
                grace: Duration::secs(10),
                needed: Duration::secs(1),
            },
            ..lowering.workload(
                &self.meta,
                &name,
                "says what it is told",
                Resources::memory(Size::mib(64), self.meta.name.origin.clone()),
            )
        }]
    }
}

/// A cluster of one parrot.
fn parrot(says: &str) -> Cluster {
    let network = Network::new(name!("data"), cidr!("10.0.1.0/24"), ip!("10.0.1.1"));
    let host = Host::new(host_name!("node-1"), 4, Size::gib(16), Size::gib(100))
        .at(name!("data"), ip!("10.0.1.11"));
    let image = ImagePin::new(name!("parrot"), image!("example/parrot:1.0"));
    let inventory = Inventory::new(vec![network], vec![host], vec![image]);
    let mut cluster = Cluster::new("hostile", inventory).network(NetworkRef::new("data"));
    cluster.omit(Ability::Hosts, "local");
    cluster.add(Parrot::new("parrot", says.to_owned()).on([HostRef::new("node-1")]));
    cluster
}

#[test]
fn what_ends_a_line_is_refused_where_lines_are_read() {
    for said in CONTROL {
        let report = lurus_spec::compile(&parrot(said)).expect_err("a variable is one line");
        assert!(
            report
                .iter()
                .all(|finding| finding.code.is_some_and(|code| code.as_str() == "L1009")),
            "{said:?}: {report:?}"
        );
    }
}

#[test]
fn hostile_text_arrives_as_it_was_said() {
    for said in HOSTILE {
        let cluster = parrot(said);
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

/// A built-in component, of which one setter was given a text.
type Given = Box<dyn Fn(&str) -> Box<dyn Component>>;

/// Every setter of every built-in component that takes a text: the kind, the option, and a call of it.
fn setters() -> Vec<(&'static str, &'static str, Given)> {
    macro_rules! setters {
        ($($component:ident: $($option:ident)*;)*) => {
            vec![$(
                (
                    $component::KIND,
                    "new",
                    Box::new(|said: &str| -> Box<dyn Component> { Box::new($component::new(said)) }) as Given,
                ),
                $((
                    $component::KIND,
                    stringify!($option),
                    Box::new(|said: &str| -> Box<dyn Component> {
                        Box::new($component::new("whole").$option(said))
                    }) as Given,
                ),)*
            )*]
        };
    }
    let mut all = setters! {
        Alertmanager: stack memory group_wait repeat_interval retention port cluster_port;
        Caddy: stack memory port metrics_port max_body timeout drain;
        ClickHouse: stack memory retention disk http_port native_port metrics_port;
        Citus: stack memory database role shared_buffers ttl loop_wait retry_timeout port rest_port exporter_port;
        Consul: stack memory datacenter http_port dns_port server_port gossip_port;
        Etcd: stack memory client_port peer_port metrics_port quota compaction_retention heartbeat election_timeout;
        Grafana: stack memory port;
        HaProxy: stack memory write_port read_port stats_port session_timeout;
        ManagedPostgres: stack memory host read_host port database role authorities;
        Nats: stack memory client_port route_port monitor_port max_memory_store max_file_store lame_duck exporter_port;
        Nginx: stack memory http_port https_port status_port max_body timeout drain hsts;
        NodeExporter: stack memory port;
        Patroni: stack memory database role shared_buffers ttl loop_wait retry_timeout port rest_port exporter_port;
        PgBouncer: stack memory port idle_timeout wait_timeout exporter_port;
        Prometheus: stack memory retention disk scrape_interval scrape_timeout runbooks port;
        Redis: stack memory max_memory port exporter_port;
        RedisCluster: stack memory max_memory node_timeout port exporter_port;
        Streaming: stack memory database role port exporter_port;
    };
    macro_rules! of_services {
        ($($option:ident)*) => {
            [
                (
                    Service::KIND,
                    "new",
                    Box::new(|said: &str| -> Box<dyn Component> { Box::new(Service::new(said, APP)) }) as Given,
                ),
                $((
                    Service::KIND,
                    stringify!($option),
                    Box::new(|said: &str| -> Box<dyn Component> {
                        Box::new(Service::new("whole", APP).$option(said))
                    }) as Given,
                ),)*
            ]
        };
    }
    all.extend([
        (
            Vip::KIND,
            "new",
            Box::new(|said: &str| -> Box<dyn Component> {
                Box::new(Vip::new(said, ip!("10.0.0.100")))
            }) as Given,
        ),
        (
            Vip::KIND,
            "interface",
            Box::new(|said: &str| -> Box<dyn Component> { Box::new(vip().interface(said)) })
                as Given,
        ),
        (
            Vip::KIND,
            "checked_from",
            Box::new(|said: &str| -> Box<dyn Component> { Box::new(vip().checked_from(said)) })
                as Given,
        ),
        (
            Vip::KIND,
            "stack",
            Box::new(|said: &str| -> Box<dyn Component> { Box::new(vip().stack(said)) }) as Given,
        ),
        (
            Vip::KIND,
            "memory",
            Box::new(|said: &str| -> Box<dyn Component> { Box::new(vip().memory(said)) }) as Given,
        ),
    ]);
    all.extend(of_services! { stack memory timeout drain stop_grace writes });
    all
}

/// The image of services.
const APP: ImageRef = ImageRef::new("app");

/// An address that moves, of which a setter is given a text.
fn vip() -> Vip {
    Vip::new("whole", ip!("10.0.0.100"))
}

/// A stream, of which one setter was given a text.
type GivenStream = fn(&str) -> Stream;

/// The setters of a stream, which is a value of an option.
fn stream_setters() -> [(&'static str, GivenStream); 5] {
    [
        ("new", |said| Stream::new(said)),
        ("subject", |said| Stream::new("S").subject(said)),
        ("max_bytes", |said| Stream::new("S").max_bytes(said)),
        ("max_age", |said| Stream::new("S").max_age(said)),
        ("duplicate_window", |said| {
            Stream::new("S").duplicate_window(said)
        }),
    ]
}

/// An edge, of which one setter of a value was given a text.
type GivenEdge = fn(&str) -> Nginx;

/// A setter's name, what says whether a text is one of its, and the setter.
type EdgeSetter = (&'static str, fn(&str) -> bool, GivenEdge);

/// The setters of virtual hosts, routes and certificates, which are values of options, and what says whether a text is
/// one of theirs.
fn edge_setters() -> [EdgeSetter; 5] {
    fn served(host: VirtualHost) -> Nginx {
        Nginx::new("nginx").serves(host)
    }
    fn behind() -> EndpointRef {
        EndpointRef {
            component: name!("api"),
            endpoint: "http".into(),
        }
    }
    [
        (
            "the name of a virtual host",
            |said| said.parse::<DomainName>().is_ok(),
            |said| served(VirtualHost::new(said)),
        ),
        (
            "the path of a route",
            |said| said.parse::<RoutePath>().is_ok(),
            |said| served(VirtualHost::new("a.cn").route(said, behind())),
        ),
        (
            "the timeout of a route",
            |said| said.parse::<Duration>().is_ok(),
            |said| served(VirtualHost::new("a.cn").with(Route::new("/", behind()).timeout(said))),
        ),
        (
            "the name of a certificate",
            |said| said.parse::<Name>().is_ok(),
            |said| Nginx::new("nginx").certificate(Certificate::new(said)),
        ),
        (
            "what a certificate covers",
            |said| said.parse::<CertificateName>().is_ok(),
            |said| Nginx::new("nginx").certificate(Certificate::new("c").covers(said)),
        ),
    ]
}

/// A receiver of alerts, of which one part was given a text.
type GivenReceiver = fn(&str) -> Receiver;

/// The parts of a receiver, which is a value of an option.
fn receiver_parts() -> [(&'static str, GivenReceiver); 6] {
    fn mail(to: &str, from: &str, server: &str) -> Receiver {
        Receiver::email("team", to, from, server, 587)
    }
    [
        ("name", |said| {
            Receiver::webhook(said, "https://example.com")
        }),
        ("url", |said| Receiver::webhook("team", said).token()),
        ("to", |said| mail(said, "a@example.com", "mail.example.com")),
        ("sender", |said| {
            mail("a@example.com", said, "mail.example.com")
        }),
        ("server", |said| {
            mail("a@example.com", "b@example.com", said)
        }),
        ("login", |said| {
            mail("a@example.com", "b@example.com", "mail.example.com").login(said)
        }),
    ]
}

/// The types of options that are given no text: numbers, choices, and references to what exists.
const NO_TEXT: &[&str] = &[
    "u32",
    "bool",
    "AlertmanagerRef",
    "AppendSync",
    "Eviction",
    "Check",
    "EtcdRef",
    "HostRef",
    "ImageRef",
    "NamedPort",
    "OwnDashboard",
    "OwnSecret",
    "PostgresRef",
    "Placement",
    "Pool",
    "ProbeTool",
    "PrometheusRef",
    "Receiver",
    "RedisClient",
    "RuleFile",
    "Series",
    "Stream",
    "Variable",
    "WordList",
    "&str",
    "VirtualHost",
    "Route",
    "NginxRef",
    "Ip",
    "Certificate",
];

#[test]
fn every_setter_that_takes_text_is_tried() {
    let tried: BTreeSet<(&str, &str)> = setters()
        .iter()
        .map(|(kind, option, _)| (*kind, *option))
        .collect();
    for built_in in BUILT_IN {
        for option in built_in.manual.options {
            assert_eq!(
                tried.contains(&(built_in.manual.kind, option.name)),
                !NO_TEXT.contains(&option.ty),
                "{} of {}, a {}",
                option.name,
                built_in.manual.kind,
                option.ty
            );
        }
    }
}

#[test]
fn a_setter_takes_a_text_as_it_is_or_refuses_it() {
    for said in HOSTILE.iter().chain(CONTROL) {
        for (kind, option, give) in setters() {
            let component = give(said);
            let taken = match option {
                "new" => component.meta().name.value.as_str() == *said,
                _ => component
                    .settings()
                    .iter()
                    .any(|set| set.option == option && set.value == *said),
            };
            assert!(
                !(taken && CONTROL.contains(said)),
                "{option} of {kind} takes {said:?}"
            );
            let mut cluster = nothing();
            cluster.components.push(component);
            assert_eq!(
                refusals(&cluster),
                usize::from(!taken),
                "{option} of {kind} was given {said:?}"
            );
        }
        for (what, is_one, give) in edge_setters() {
            assert!(
                !(is_one(said) && CONTROL.contains(said)),
                "{what} is {said:?}"
            );
            let mut cluster = nothing();
            cluster.add(give(said));
            assert_eq!(
                refusals(&cluster),
                usize::from(!is_one(said)),
                "{what} is {said:?}"
            );
        }
        for (option, give) in stream_setters() {
            let taken = match option {
                "new" => said.parse::<StreamName>().is_ok(),
                "subject" => said.parse::<Subject>().is_ok(),
                _ => false,
            };
            assert!(
                !(taken && CONTROL.contains(said)),
                "{option} of a stream takes {said:?}"
            );
            let mut cluster = nothing();
            cluster.add(Nats::new("nats").stream(give(said)));
            assert_eq!(
                refusals(&cluster),
                usize::from(!taken),
                "{option} of a stream was given {said:?}"
            );
        }
        for (part, give) in receiver_parts() {
            let taken = match part {
                "name" => said.parse::<Name>().is_ok(),
                "url" => said.parse::<Url>().is_ok(),
                "server" => said.parse::<DomainName>().is_ok(),
                _ => said.parse::<Address>().is_ok(),
            };
            assert!(
                !(taken && CONTROL.contains(said)),
                "{part} of a receiver takes {said:?}"
            );
            let mut cluster = nothing();
            cluster.add(Alertmanager::new("alertmanager").receiver(give(said)));
            assert_eq!(
                refusals(&cluster),
                usize::from(!taken),
                "{part} of a receiver was given {said:?}"
            );
        }
    }
}

/// What an author writes into variables and commands of a service is what its instances are given.
#[test]
fn hostile_text_arrives_at_a_service() {
    for said in HOSTILE {
        let cluster = with(|cluster| {
            cluster.add(
                Service::new("app", APP)
                    .on([THREE[0]])
                    .env("SAYS", *said)
                    .env("FIRST", Own::first_else(*said, "other"))
                    .command(["say", *said])
                    .probe_with(ProbeTool::command(["ask", *said])),
            );
        });
        let compiled =
            lurus_spec::compile(&cluster).unwrap_or_else(|report| panic!("{said:?}: {report:?}"));
        let path = TreePath::new("hostile/hosts/node-1/docker-compose.yml").expect("a path");
        let file = compiled.tree.get(&path).expect("it is generated");
        let service = yaml(&file.text)["services"]["app-1"].clone();
        for given in [
            &service["environment"]["SAYS"],
            &service["environment"]["FIRST"],
            &service["command"][1],
            &service["healthcheck"]["test"][2],
        ] {
            assert_eq!(interpolated(given), *said);
        }
    }
    for said in ["\u{f0001}", "a\u{f0002}b"] {
        let given = with(|cluster| {
            cluster.add(Service::new("app", APP).on([THREE[0]]).env("SAYS", said));
        });
        assert_eq!(refusals(&given), 1, "{said:?} is a hole to the compiler");
    }
}

/// A name that a reader of YAML takes for something else is a name like any other: what is generated is the same but
/// for the name.
#[test]
fn hostile_text_arrives_at_the_service_of_a_pod() {
    for said in HOSTILE {
        let mut cluster = with(|cluster| {
            cluster.add(
                Service::new("app", APP)
                    .on([THREE[0]])
                    .env("SAYS", *said)
                    .command(["say", *said])
                    .probe_with(ProbeTool::command(["ask", *said])),
            );
        })
        .target("k3s");
        cluster.omit(Ability::Networks, "k3s");
        let compiled =
            lurus_spec::compile(&cluster).unwrap_or_else(|report| panic!("{said:?}: {report:?}"));
        let path = TreePath::new("hostile/k3s/groups/app.yaml").expect("a path");
        let file = compiled.tree.get(&path).expect("it is generated");
        let objects = file.text.split("\n---\n").map(yaml);
        let pod = objects
            .filter_map(|object| object.pointer("/spec/template/spec/containers/0").cloned())
            .next()
            .expect("it runs");
        let env = pod["env"].as_array().expect("variables").iter();
        let variable = env
            .clone()
            .find(|variable| variable["name"] == "SAYS")
            .expect("the variable");
        for given in [
            &variable["value"],
            &pod["args"][1],
            &pod["readinessProbe"]["exec"]["command"][1],
        ] {
            let given = given.as_str().unwrap_or_else(|| panic!("{pod:#}"));
            assert_eq!(by_kubernetes(given), *said);
        }
    }
}

/// What Kubernetes makes of `$(NAME)` and `$$` in variables, commands and what probes run (its `expansion.go`, `prober.go`).
fn by_kubernetes(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match (character, rest.peek()) {
            ('$', Some('$')) => {
                rest.next();
                out.push('$');
            }
            ('$', Some('(')) => panic!("{text:?} asks for a variable"),
            _ => out.push(character),
        }
    }
    out
}

#[test]
fn a_name_is_only_a_name() {
    /// A cluster in which one thing is called so.
    type Called = (&'static str, fn(&str) -> Cluster);
    let places: [Called; 6] = [
        ("a component", |name| {
            with(|cluster| {
                cluster.add(Etcd::new(name).on(THREE));
            })
        }),
        ("a stack", |name| {
            with(|cluster| {
                cluster.add(Etcd::new("etcd").on(THREE).stack(name));
                cluster.omit(Ability::Stacks, "hosts");
            })
        }),
        ("a role", |name| database(|patroni| patroni.role(name))),
        ("a database", |name| {
            database(|patroni| patroni.database(name))
        }),
        ("a stream", |name| {
            with(|cluster| {
                let stream = Stream::new(name).subject("a.>");
                cluster.add(Nats::new("nats").on(THREE).stream(stream));
            })
        }),
        ("a subject", |name| {
            with(|cluster| {
                let stream = Stream::new("S").subject(name);
                cluster.add(Nats::new("nats").on(THREE).stream(stream));
            })
        }),
    ];
    for name in [
        "yes", "no", "on", "off", "true", "null", "nan", "end", "e10",
    ] {
        let plain = "q".repeat(name.len());
        for (place, called) in places {
            let called = |name: &str| {
                lurus_spec::compile(&called(name))
                    .unwrap_or_else(|report| panic!("{place} called {name}: {report:?}"))
                    .tree
            };
            let renamed = |text: &str| {
                text.replace(&plain, name)
                    .replace(&plain.to_uppercase(), &name.to_uppercase())
            };
            let expected: BTreeMap<String, Value> = called(&plain)
                .iter()
                .map(|(path, file)| {
                    let value = read(path, &file.text);
                    (renamed(path.as_str()), each_text(value, &renamed))
                })
                .collect();
            let found: BTreeMap<String, Value> = called(name)
                .iter()
                .map(|(path, file)| {
                    let value = read(path, &file.text);
                    (path.as_str().to_owned(), each_text(value, &str::to_owned))
                })
                .collect();
            for (path, expected) in &expected {
                assert_eq!(
                    found.get(path),
                    Some(expected),
                    "{place} called {name}: {path}"
                );
            }
            assert_eq!(found.len(), expected.len(), "{place} called {name}");
        }
    }
}

const THREE: [HostRef; 3] = [
    HostRef::new("node-1"),
    HostRef::new("node-2"),
    HostRef::new("node-3"),
];

/// An empty cluster on three hosts, filled.
fn with(fill: impl FnOnce(&mut Cluster)) -> Cluster {
    let network = Network::new(name!("data"), cidr!("10.0.1.0/24"), ip!("10.0.1.1"));
    let host = |name, ip| Host::new(name, 4, Size::gib(16), Size::gib(100)).at(name!("data"), ip);
    let hosts = vec![
        host(host_name!("node-1"), ip!("10.0.1.11")),
        host(host_name!("node-2"), ip!("10.0.1.12")),
        host(host_name!("node-3"), ip!("10.0.1.13")),
    ];
    let images = vec![
        ImagePin::new(name!("k3s"), image!("rancher/k3s:v1.35.5-k3s1")),
        ImagePin::new(name!("app"), image!("example/app:1.0")),
        ImagePin::new(name!("etcd"), image!("quay.io/coreos/etcd:v3.5.9")),
        ImagePin::new(name!("haproxy"), image!("haproxy:2.8.10-alpine")),
        ImagePin::new(name!("nats"), image!("nats:2.10.18-alpine")),
        ImagePin::new(name!("patroni"), image!("example/patroni:3.2.0-pg16")),
        ImagePin::new(name!("postgres"), image!("postgres:16.9-bookworm")),
    ];
    let inventory = Inventory::new(vec![network], hosts, images);
    let mut cluster = Cluster::new("hostile", inventory).network(NetworkRef::new("data"));
    cluster.omit(Ability::Hosts, "local");
    fill(&mut cluster);
    cluster
}

/// A database cluster with what it needs.
fn database(say: impl FnOnce(Patroni) -> Patroni) -> Cluster {
    with(|cluster| {
        let etcd = cluster.add(Etcd::new("etcd").on(THREE));
        let pg = cluster.add(say(Patroni::new("pg").on(THREE).etcd(&etcd)));
        cluster.add(HaProxy::new("haproxy").on(THREE).postgres(&pg));
    })
}

/// A cluster without components.
fn nothing() -> Cluster {
    with(|_| {})
}

/// How many texts a cluster was given that it does not take.
fn refusals(cluster: &Cluster) -> usize {
    let report: Report = match lurus_spec::compile(cluster) {
        Ok(compiled) => compiled.warnings,
        Err(report) => report,
    };
    report
        .iter()
        .filter(|finding| finding.code.is_some_and(|code| code.as_str() == "L0102"))
        .count()
}

/// What another program reads in a generated file; of what is neither YAML nor JSON, the lines. A picture is read
/// without the colours of its components, which follow from their names so that a new one changes no other.
fn read(path: &TreePath, text: &str) -> Value {
    match path.as_str().rsplit('.').next() {
        Some("svg") => text
            .lines()
            .filter(|line| !line.starts_with("rect.c"))
            .map(colourless)
            .collect(),
        Some("yml") => yaml(text),
        Some("json") => serde_json::from_str(text).expect("it is JSON"),
        _ => text.lines().collect(),
    }
}

/// A line of a picture with the class of each colour called alike: `c8` is `c`.
fn colourless(line: &str) -> String {
    let mut out = String::new();
    for part in line.split_inclusive([' ', '"']) {
        let class = part
            .strip_suffix('"')
            .and_then(|word| word.strip_prefix('c'))
            .is_some_and(|number| number.parse::<usize>().is_ok());
        out += if class { "c\"" } else { part };
    }
    out
}

/// The label with the digest of a member's files, which every other name changes.
const DIGEST: &str = "lurus.config";

/// A value with each of its texts changed, without digests. Lists are sorted, since their order may follow a name.
fn each_text(value: Value, change: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(change(&text)),
        Value::Array(items) => {
            let mut items: Vec<Value> = items
                .into_iter()
                .map(|item| each_text(item, change))
                .collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        Value::Object(entries) => entries
            .into_iter()
            .filter(|(key, _)| key != DIGEST)
            .map(|(key, value)| (change(&key), each_text(value, change)))
            .collect(),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
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
