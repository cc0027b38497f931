//! An object store: a component as a team writes it in its own `spec/`, with nothing that built-in ones do not have.
//!
//! Servers keep every object in pieces, so that it can be read while half of them are alive and written while one
//! more is. Each upload is announced on NATS.

use lurus_spec::authoring::*;
use lurus_spec::component::nats::NatsRef;
use serde::Serialize;

/// Servers that keep objects in pieces on several hosts.
#[derive(Component, Clone, Debug)]
#[component(kind = "object-store")]
pub(crate) struct ObjectStore {
    meta: Meta,
    /// Where uploads are announced.
    #[option(required, cost = "restart", plain)]
    events: Setting<NatsRef>,
    /// Port for clients.
    #[option(default_value = "9000", cost = "recreate")]
    port: Option<Setting<Port>>,
    /// How much each server may keep, in bytes.
    #[option(default_value = "10GiB", cost = "procedure")]
    capacity: Option<Setting<Size>>,
    /// A bucket to create.
    #[option(each = "bucket", default = "none", cost = "reload")]
    buckets: Vec<Setting<Name>>,
}

impl ObjectStoreRef {
    /// Every server.
    #[allow(
        dead_code,
        reason = "what an application of this cluster would ask for"
    )]
    pub(crate) fn servers(&self) -> EndpointRef {
        EndpointRef::new(self, CLIENT)
    }
}

/// What `object_store.conf.hbs` reads.
#[derive(Debug, Serialize)]
pub(crate) struct Configuration {
    listen: String,
    own: String,
    servers: Vec<String>,
    events: Vec<String>,
    buckets: Vec<String>,
    capacity: u64,
}

impl Configuration {
    /// One that has something everywhere.
    pub(crate) fn example() -> Self {
        Self {
            listen: "0.0.0.0:9000".to_owned(),
            own: "objects-1".to_owned(),
            servers: vec!["objects-1:9000".to_owned()],
            events: vec!["nats-1:4222".to_owned()],
            buckets: vec!["uploads".to_owned()],
            capacity: 1,
        }
    }
}

/// The template of the configuration, for the test that it reads what there is.
pub(crate) const TEMPLATE: &str = include_str!("object_store.conf.hbs");

/// Rules of teams begin at L9001, where built-in ones never are.
pub(crate) const RULES: &[Rule] = &[Rule {
    code: FEWEST.as_str(),
    ensures: "Ensure an object store has at least four servers.",
    explain: "Half of the servers hold the pieces that repair the others, so with fewer than four a single loss takes the last copy.",
    source: "the store's manual",
    check: Check::Described(enough_servers),
}];

const FEWEST: Code = Code::new("L9001");
const CLIENT: &str = "client";
const MEMORY: Size = Size::mib(512);

fn enough_servers(view: &View<'_>, report: &mut Report) {
    for (store, declaration) in view.all::<ObjectStore>() {
        let name = &store.meta.name.value;
        for group in &declaration.groups {
            if group.members.len() < 4 {
                let origin = store
                    .meta
                    .on
                    .as_ref()
                    .map_or(&store.meta.name.origin, |on| &on.origin);
                report.push(
                    Diagnostic::error(
                        FEWEST,
                        format!("{name} has {} servers", group.members.len()),
                    )
                    .primary(origin.clone(), "an object store has four or more")
                    .help("name four hosts in `.on(…)`"),
                );
            }
        }
    }
}

impl ObjectStore {
    fn capacity_of_a_server(&self) -> Size {
        self.capacity_or_default().value
    }

    fn own_origin(&self) -> &Origin {
        &self.meta.name.origin
    }

    fn configuration(&self, lowering: &Lowering<'_>) -> Configuration {
        let name = &self.meta.name.value;
        Configuration {
            listen: format!("{}:{}", Symbol::OwnBind, Symbol::OwnPort(CLIENT.into())),
            own: Symbol::OwnName.token(),
            servers: lowering
                .peers(name, CLIENT)
                .iter()
                .map(ToString::to_string)
                .collect(),
            events: lowering.addresses(name, &self.events.value.servers()),
            buckets: self
                .buckets
                .iter()
                .map(|bucket| bucket.value.to_string())
                .collect(),
            capacity: self.capacity_of_a_server().bytes(),
        }
    }
}

impl Component for ObjectStore {
    fn declare(&self, site: &Site<'_>) -> Declaration {
        let meta = &self.meta;
        let name = &meta.name.value;
        let (port, origin) = self.port_or_default().into_parts();
        let servers = Group {
            peer_ports: vec![CLIENT.into()],
            ..Group::new(
                name.clone(),
                place(meta, site, MEMORY, &[(CLIENT.into(), port, origin)]),
            )
        };
        let count = servers.members.len();
        Declaration {
            image: Some("object-store"),
            endpoints: vec![Endpoint::new(
                CLIENT,
                "s3",
                name.clone(),
                CLIENT,
                Reach::Each,
            )],
            needs: vec![Need {
                group: name.clone(),
                endpoint: self.events.value.servers(),
                origin: self.events.origin.clone(),
            }],
            secrets: vec![SecretDeclaration {
                name: meta.secret("root-password"),
                purpose: "the store's administrator".into(),
                origin: self.own_origin().clone(),
            }],
            survival: vec![Survival {
                what: "one server more than half".into(),
                of: servers.member_names().collect(),
                at_least: count / 2 + 1,
            }],
            groups: vec![servers],
            ..Declaration::default()
        }
    }

    fn rules(&self) -> &'static [Rule] {
        RULES
    }

    fn lower(&self, lowering: &Lowering<'_>) -> Vec<Workload> {
        let meta = &self.meta;
        let name = &meta.name.value;
        let password = Symbol::Secret(meta.secret("root-password"));
        let text = template::render("object_store.conf", TEMPLATE, &self.configuration(lowering));
        vec![Workload {
            user: Some("1000:1000".to_owned()),
            command: vec!["serve".into(), "/etc/object-store/store.conf".into()],
            env: BTreeMap::from([(checked("STORE_ROOT_PASSWORD"), password.into())]),
            config: vec![ConfigDir {
                mount: checked("/etc/object-store"),
                files: vec![ConfigFile::new(
                    "store.conf",
                    Body::Lines(text.into()),
                    Cost::Reload("kill -HUP 1".to_owned()),
                )],
            }],
            volumes: vec![Volume {
                name: "data",
                mount: checked("/data"),
                size: self.capacity_of_a_server(),
            }],
            health: Some(Health {
                command: vec![
                    "store".into(),
                    "ping".into(),
                    format!("{}:{}", Symbol::OwnAddress, Symbol::OwnPort(CLIENT.into())).into(),
                ],
                interval: Duration::secs(5),
                timeout: Duration::secs(3),
                retries: 3,
                start_period: Duration::secs(30),
            }),
            stop: Stop {
                signal: None,
                grace: Duration::secs(30),
                needed: Duration::secs(10),
            },
            published: vec![CLIENT.into()],
            ..lowering.workload(
                meta,
                name,
                "server of the object store",
                Resources {
                    open_files: 65_536,
                    ..Resources::memory(
                        meta.memory.as_ref().map_or(MEMORY, |set| set.value),
                        meta.memory
                            .as_ref()
                            .map_or(self.own_origin(), |set| &set.origin)
                            .clone(),
                    )
                },
            )
        }]
    }
}
