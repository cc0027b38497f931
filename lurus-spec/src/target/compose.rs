//! What the two targets that run on an engine share: one compose service for one member.
//!
//! In: a workload, a member, and what the target answers for each symbol. Out: a service as a YAML tree, and the
//! member's files. It knows the compose format and no product.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use crate::file_tree::{File, FileTree, Impact, TreePath, header};
use crate::literal::{AbsPath, Duration, SecretName, Size};
use crate::plan::{
    Act, ConfigDir, ConfigFile, Cost, Kind, LOG_FILE, LOG_FILES, Member, Plan, Provided, Symbol,
    Text, Whose, Workload,
};
use crate::target::shell;
use crate::target::written::written;
use crate::yaml::{Node, document, map, seq};

/// A member together with the answers of its target.
pub(super) struct Placed<'a> {
    pub(super) plan: &'a Plan,
    pub(super) workload: &'a Workload,
    pub(super) member: &'a Member,
    /// Fills a symbol other than a secret.
    pub(super) fill: &'a dyn Fn(&Member, &Symbol) -> String,
    /// Whether a member is started by the same compose project.
    pub(super) beside: &'a dyn Fn(&Member) -> bool,
    /// How a changed file reaches the member.
    pub(super) delivery: Delivery,
}

/// The files of a member.
pub(super) struct Files {
    /// Relative to the folder of its compose file.
    pub(super) tree: FileTree,
    /// A digest of those that only a start reads, if there are any: files that are reloaded are left out of it.
    digest: Option<String>,
}

/// How a changed file reaches a running member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// Written in place: a program may read it again while it runs.
    InPlace,
    /// By replacing the folder that is mounted, as `gen` does: a running container still has the old folder, so that
    /// only a new container sees the file.
    Replaced,
}

impl Delivery {
    /// How a directory of the host is mounted. Where production runs, what the host mounts later appears in it; an engine
    /// for development may itself live in a container, whose mounts nobody may follow.
    fn access(self) -> &'static str {
        match self {
            Self::InPlace => "ro,rslave",
            Self::Replaced => "ro",
        }
    }

    /// What a changed file costs when it is delivered so.
    fn cost(self, cost: &Cost) -> Cost {
        match self {
            Self::InPlace => cost.clone(),
            Self::Replaced => cost.clone().max(Cost::Recreate),
        }
    }
}

/// The compose project of a cluster: an identity, from which engines derive container, network and volume names.
pub(super) fn project(plan: &Plan) -> String {
    format!("lurus-{}", plan.cluster)
}

/// What an operator types on the machine of the engine to do something to a member; none for what no engine does. What
/// the engine knows by itself names the project only, so that it works wherever the compose file is, and without the
/// secrets.
///
/// `fill` fills the symbols of the member.
pub(super) fn command(
    plan: &Plan,
    file: &str,
    member: &Member,
    act: &Act,
    fill: &dyn Fn(&Symbol) -> String,
) -> Option<String> {
    let project = project(plan);
    let name = member.name.as_str();
    let known = ["docker", "compose", "-p", &project];
    let described = ["docker", "compose", "-f", file];
    let with = |head: [&str; 4], words: &[&str]| shell::line(head.iter().chain(words));
    Some(match act {
        Act::OnHost(_) => return None,
        Act::Run(words) => with(known, &inside(&["exec", "-T", name], words)),
        Act::Logs => with(known, &["logs", "--tail", "50", name]),
        Act::Stop => with(known, &["stop", name]),
        Act::Start => with(described, &["up", "-d", "--no-deps", name]),
        Act::Restart => with(known, &["restart", name]),
        Act::Repeat => shell::line([
            "docker",
            "start",
            "--attach",
            &format!("{project}-{name}-1"),
        ]),
        Act::Erase => {
            let volumes = plan
                .member(&member.name)
                .into_iter()
                .flat_map(|(workload, member)| {
                    workload
                        .volumes
                        .iter()
                        .map(|volume| format!("{project}_{}", Workload::volume(member, volume)))
                });
            let rm = ["docker", "volume", "rm"].map(str::to_owned);
            format!(
                "{} && {}",
                with(known, &["rm", "--force", "--stop", name]),
                shell::line(rm.into_iter().chain(volumes))
            )
        }
        // By its own name on the network: its peers have to find it.
        Act::Instead(words) => {
            let words: Vec<String> = words.iter().map(|word| word.resolve(fill)).collect();
            let run = ["run", "--rm", "--no-deps", "--use-aliases", name];
            with(described, &inside(&run, &words))
        }
    })
}

fn inside<'a>(head: &[&'a str], words: &'a [String]) -> Vec<&'a str> {
    let words = words.iter().map(String::as_str);
    head.iter().copied().chain(words).collect()
}

/// A compose file.
pub(super) fn compose_file(plan: &Plan, body: &Node, readers: BTreeSet<String>) -> File {
    File {
        text: document(&header(&plan.cluster), body),
        executable: false,
        impact: Impact {
            workloads: readers,
            cost: Cost::Recreate,
            ..Impact::default()
        },
    }
}

impl Placed<'_> {
    /// The member as a compose service. `network` holds the entries by which the target connects it.
    pub(super) fn service(&self, network: Node, files: &Files) -> Node {
        let workload = self.workload;
        let mut service = Node::empty_map()
            .with("image", workload.image.to_string())
            .with_some("build", workload.build.as_ref().map(|_| self.build()))
            .with_some("user", workload.user.clone())
            .with_filled("entrypoint", seq(workload.program))
            .with_filled(
                "command",
                seq(workload.command.iter().map(|text| self.interpolated(text))),
            )
            .with_filled(
                "environment",
                map(workload
                    .env
                    .iter()
                    .map(|(name, text)| (name.to_string(), self.interpolated(text)))),
            )
            .with_filled("volumes", self.mounts());
        if let Node::Map(entries) = network {
            for (key, value) in entries {
                service = service.with(key, value);
            }
        }
        service
            .with_some("healthcheck", self.healthcheck())
            .with_filled("depends_on", self.depends_on())
            .with(
                "restart",
                match workload.kind {
                    Kind::Service => "unless-stopped",
                    Kind::Task { .. } => "on-failure",
                },
            )
            .with_some("init", workload.init.then_some(true))
            .with_some("read_only", workload.read_only.then_some(true))
            .with_filled(
                "tmpfs",
                seq(workload.scratch.iter().map(ToString::to_string).chain(
                    workload
                        .scratch_programs
                        .iter()
                        .map(|path| format!("{path}:exec")),
                )),
            )
            .with("cap_drop", seq(["ALL"]))
            .with("security_opt", seq(["no-new-privileges:true"]))
            .with_some("stop_signal", workload.stop.signal)
            .with("stop_grace_period", seconds(workload.stop.grace))
            .with("mem_limit", bytes(workload.resources.memory))
            .with_some("shm_size", workload.resources.shared_memory.map(bytes))
            .with(
                "ulimits",
                map([(
                    "nofile",
                    Node::Int(i64::from(workload.resources.open_files)),
                )]),
            )
            .with(
                "logging",
                map([
                    ("driver", Node::str("json-file")),
                    (
                        "options",
                        map([
                            // Its `m` is a million.
                            ("max-size", format!("{}m", LOG_FILE.bytes() / 1_000_000)),
                            ("max-file", LOG_FILES.to_string()),
                        ]),
                    ),
                ]),
            )
            .with("labels", self.labels(files))
    }

    /// Names of the member's volumes.
    pub(super) fn volume_names(&self) -> impl Iterator<Item = String> {
        self.workload
            .volumes
            .iter()
            .map(|volume| Workload::volume(self.member, volume))
    }

    /// Writes the member's files.
    pub(super) fn files(&self) -> Files {
        let mut tree = FileTree::default();
        let mut digest = Sha256::new();
        let mut any_at_start = false;
        for dir in self.workload.config_of(self.member) {
            for file in &dir.files {
                let path = format!("{}/{}", self.config_path(&dir.mount), file.name);
                let text = self.render(file);
                let cost = self.delivery.cost(&file.cost);
                if cost >= Cost::Restart {
                    any_at_start = true;
                    digest.update(file.name.as_bytes());
                    digest.update([0]);
                    digest.update(&text);
                    digest.update([0]);
                }
                let keys = self.workload.key_costs.iter();
                let keys = keys
                    .filter(|key| key.file == file.name)
                    .map(|key| (key.key.clone(), self.delivery.cost(&key.cost)));
                let impact = Impact {
                    keys: keys.collect(),
                    ..self.impact(cost)
                };
                insert(&mut tree, &path, text, impact);
            }
        }
        if let Some(build) = &self.workload.build {
            let text = format!("# {}\n{}", header(&self.plan.cluster), build.recipe);
            insert(
                &mut tree,
                &format!("{}/Dockerfile", self.build_path()),
                text,
                self.impact(Cost::Recreate),
            );
        }
        let digest = digest.finalize();
        let digest = digest.iter().take(8).map(|byte| format!("{byte:02x}"));
        Files {
            tree,
            digest: any_at_start.then(|| digest.collect()),
        }
    }

    /// Text for a compose file: `$` is doubled, secrets are variables that must be set.
    fn interpolated(&self, text: &Text) -> String {
        text.resolve_with(
            |literal| literal.replace('$', "$$"),
            |symbol| match symbol.whose() {
                Whose::Secret(secret) => self.secret(secret),
                Whose::Own | Whose::Named(..) => {
                    (self.fill)(self.member, symbol).replace('$', "$$")
                }
            },
        )
    }

    fn secret(&self, secret: &SecretName) -> String {
        format!(
            "${{{}:?run cargo xtask secrets {}}}",
            secret.env_name(),
            self.plan.cluster
        )
    }

    fn render(&self, file: &ConfigFile) -> String {
        let fill = |symbol: &Symbol| (self.fill)(self.member, symbol);
        written(&self.plan.cluster, &file.body, fill)
    }

    /// A file that the member reads.
    fn impact(&self, cost: Cost) -> Impact {
        Impact {
            workloads: BTreeSet::from([self.member.name.to_string()]),
            cost,
            ..Impact::default()
        }
    }

    fn config_path(&self, mount: &AbsPath) -> String {
        format!("config/{}/{}", self.member.name, mount.file_name())
    }

    fn build_path(&self) -> String {
        format!("build/{}", self.workload.name)
    }

    fn build(&self) -> Node {
        map([("context", format!("./{}", self.build_path()))])
    }

    fn mounts(&self) -> Node {
        let config = self
            .workload
            .config_of(self.member)
            .map(|dir: &ConfigDir| format!("./{}:{}:ro", self.config_path(&dir.mount), dir.mount));
        let volumes =
            self.workload.volumes.iter().map(|volume| {
                format!("{}:{}", Workload::volume(self.member, volume), volume.mount)
            });
        let host = self
            .workload
            .host_paths
            .iter()
            .map(|host| format!("{}:{}:{}", host.path, host.mount, self.delivery.access()));
        let provided = self.workload.provided.iter().map(|provided| {
            map([
                ("type", Node::str("bind")),
                (
                    "source",
                    Node::str(format!("./{}", provided_path(provided))),
                ),
                ("target", Node::str(provided.mount.to_string())),
                ("read_only", Node::Bool(true)),
                // Without the files the member shall not start: an empty folder of root's would be in their way.
                ("bind", map([("create_host_path", Node::Bool(false))])),
            ])
        });
        let short = config.chain(volumes).chain(host).map(Node::str);
        seq(short.chain(provided))
    }

    fn healthcheck(&self) -> Option<Node> {
        let health = self.workload.health.as_ref()?;
        let command = std::iter::once("CMD".to_owned())
            .chain(health.command.iter().map(|text| self.interpolated(text)));
        Some(
            map([("test", seq(command))])
                .with("interval", seconds(health.interval))
                .with("timeout", seconds(health.timeout))
                .with("retries", Node::Int(i64::from(health.retries)))
                .with("start_period", seconds(health.start_period)),
        )
    }

    /// A task starts after the members that it works on which this project starts; it waits for them by itself.
    fn depends_on(&self) -> Node {
        let Kind::Task { after } = &self.workload.kind else {
            return Node::empty_map();
        };
        let started = after
            .iter()
            .filter_map(|name| self.plan.workload(name))
            .flat_map(|workload| &workload.members)
            .filter(|member| (self.beside)(member))
            .map(|member| {
                (
                    member.name.to_string(),
                    map([("condition", "service_started")]),
                )
            });
        map(started)
    }

    /// A mounted file that changes is not noticed by the engine. The digest of the files that only a start reads is a
    /// label, so that a change makes the container anew.
    fn labels(&self, files: &Files) -> Node {
        Node::empty_map()
            .with("lurus.component", self.workload.component.to_string())
            .with("lurus.host", self.member.host.to_string())
            .with_some("lurus.config", files.digest.clone())
    }
}

fn insert(tree: &mut FileTree, path: &str, text: String, impact: Impact) {
    let file = File {
        text,
        executable: false,
        impact,
    };
    TreePath::new(path)
        .and_then(|path| tree.insert(path, file))
        .expect("paths of a member's files are made of checked names");
}

/// The folder in which the operator's files are, relative to that of the compose file.
pub(super) fn provided_path(provided: &Provided) -> String {
    format!("provided/{}", provided.name)
}

/// A duration as compose reads it.
pub(super) fn seconds(duration: Duration) -> String {
    let millis = duration.as_millis();
    if millis.is_multiple_of(1000) {
        format!("{}s", millis / 1000)
    } else {
        format!("{millis}ms")
    }
}

/// A size as compose reads it, in the largest unit that says it exactly.
fn bytes(size: Size) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "g"), (1 << 20, "m"), (1 << 10, "k")];
    let bytes = size.bytes();
    match UNITS.iter().find(|(unit, _)| bytes.is_multiple_of(*unit)) {
        Some((unit, letter)) => format!("{}{letter}", bytes / unit),
        None => format!("{bytes}b"),
    }
}
