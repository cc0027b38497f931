//! The pods of a group: one template for all of them.
//!
//! In: a workload, and what stands for its symbols. Out: the template of its pods and the data of its ConfigMap. Everything
//! that a pod may not do is said here.

use std::collections::{BTreeMap, BTreeSet};

use crate::file_tree::{TextImpact, digest};
use crate::literal::{Duration, EnvName, Name, Size};
use crate::plan::{ConfigDir, Kind, Member, Text, Workload};
use crate::target::k3s::address::pod;
use crate::target::k3s::config::{Directory, directory};
use crate::target::k3s::controller::{PART, Part};
use crate::target::k3s::election;
use crate::target::k3s::fill::{Filler, OWN_NAME, Reference, Templated};
use crate::target::k3s::group::{labels, selected};
use crate::yaml::{Node, map, seq};

/// The Secret with the values of all secrets.
pub(super) const SECRETS: &str = "variables";

/// The name of the Secret with a certificate that the operator provides.
pub(super) fn certificate(name: &Name) -> String {
    format!("certificate-{name}")
}

/// The template of the pods of a workload, with all that is computed for it once.
pub(super) struct Template<'a> {
    pub(super) filler: &'a Filler<'a>,
    pub(super) workload: &'a Workload,
    /// The members whose pods it is of.
    pub(super) part: Part,
    /// The data of the ConfigMap.
    pub(super) data: BTreeMap<String, String>,
    pub(super) directories: Vec<Directory<'a>>,
}

impl<'a> Template<'a> {
    pub(super) fn of(filler: &'a Filler<'a>, workload: &'a Workload, part: Part) -> Self {
        let mut data = BTreeMap::new();
        let mut directories = Vec::new();
        let read = |dir: &&ConfigDir| dir.files.iter().any(|file| !file.for_tools);
        for dir in workload.config.iter().filter(read) {
            directories.push(directory(filler, workload, dir, &mut data));
        }
        Self {
            filler,
            workload,
            part,
            data,
            directories,
        }
    }

    /// What changing the files of the group costs, by their keys in the ConfigMap.
    pub(super) fn impacts(&self) -> BTreeMap<String, TextImpact> {
        let directories = self.directories.iter();
        directories
            .flat_map(|directory| directory.impacts(self.workload))
            .collect()
    }

    pub(super) fn members(&self) -> &'a [Member] {
        self.part.members(self.workload)
    }

    /// The member that stands alone in its part of a group: no StatefulSet gives its pod a name.
    fn named(&self) -> Option<String> {
        let member = self.members().first()?;
        (self.part == Part::First).then(|| pod(self.workload, member))
    }

    /// `template` of what keeps the pods running.
    pub(super) fn node(&self) -> Node {
        let marks = self.workload.election.iter().flat_map(election::marks);
        let labels = labels(self.filler.plan, self.workload)
            .with_some(PART, self.part.label())
            .with_some(MEMBER, self.named());
        let labels = marks.fold(labels, |labels, (key, mark)| labels.with(key, mark));
        let metadata = map([("labels", labels)]);
        let metadata = if self.data.is_empty() {
            metadata
        } else {
            // A changed file changes the template, and a changed template makes the pods anew, one after the other.
            metadata.with("annotations", map([("lurus/config", self.digest())]))
        };
        map([("metadata", metadata), ("spec", self.spec())])
    }

    /// The digest of every file of the group.
    fn digest(&self) -> String {
        let mut all = String::new();
        for (key, text) in &self.data {
            all += &format!("{key} {}\n", text.len());
            all += text;
            all.push('\n');
        }
        digest(all.as_bytes())[..16].to_owned()
    }

    fn spec(&self) -> Node {
        let workload = self.workload;
        let grace = whole_seconds(workload.stop.grace);
        let of_hosts = workload.is_of_hosts();
        // Every name is written in full: it is asked as it is, and not below the domains of the namespace first.
        let names = || map([("options", seq([map([("name", "ndots"), ("value", "2")])]))]);
        Node::empty_map()
            // With both, others find the pod under this name, as they find that of a StatefulSet.
            .with_some("hostname", self.named())
            .with_some("subdomain", self.named().map(|_| workload.name.to_string()))
            .with("serviceAccountName", workload.name.to_string())
            // Who elects in objects of Kubernetes has to say who it is; nobody else asks Kubernetes for anything.
            .with("automountServiceAccountToken", workload.election.is_some())
            // Variables of every Service of the namespace would take the place of settings of the same name.
            .with("enableServiceLinks", false)
            .with_some(
                "restartPolicy",
                matches!(workload.kind, Kind::Task { .. }).then_some("OnFailure"),
            )
            // The process that holds the pod together then reaps what others leave behind.
            .with_some("shareProcessNamespace", workload.init.then_some(true))
            .with("terminationGracePeriodSeconds", grace)
            .with("securityContext", self.rights())
            // What it says of its host it reads there, and others ask it at the address of that host.
            .with_some("hostNetwork", of_hosts.then_some(true))
            .with_some("dnsConfig", (!of_hosts).then(names))
            // A host that takes no pods any more still says how it is.
            .with_some(
                "tolerations",
                of_hosts.then(|| seq([map([("operator", "Exists")])])),
            )
            .with_filled("affinity", self.affinity())
            .with_filled("topologySpreadConstraints", self.spread())
            .with("containers", seq([self.container()]))
            .with_filled("volumes", self.volumes())
    }

    /// What all processes of a pod may do. Where nobody says as whom a program runs, its image does, which then has to name
    /// a number that is not root's: Kubernetes starts it as nobody else.
    fn rights(&self) -> Node {
        let number = |number: u32| Node::Int(i64::from(number));
        let user = identity(self.workload);
        let sysctls = self.workload.kernel.iter().map(|setting| {
            map([
                ("name", Node::str(setting.key)),
                ("value", Node::str(setting.value.as_str())),
            ])
        });
        Node::empty_map()
            .with("runAsNonRoot", true)
            .with_some("runAsUser", user.map(|(user, _)| number(user)))
            .with_some("runAsGroup", user.map(|(_, group)| number(group)))
            .with_some("fsGroup", user.map(|(_, group)| number(group)))
            .with_some("fsGroupChangePolicy", user.map(|_| "OnRootMismatch"))
            .with("seccompProfile", map([("type", "RuntimeDefault")]))
            .with_filled("sysctls", seq(sysctls))
    }

    /// On the hosts of the group only, and, where it has one member on each, never two on one.
    fn affinity(&self) -> Node {
        let hosts: BTreeSet<&str> = self
            .workload
            .members
            .iter()
            .map(|member| member.host.as_str())
            .collect();
        if matches!(self.workload.kind, Kind::Task { .. }) {
            return Node::empty_map();
        }
        let alone = !self.workload.is_of_hosts()
            && hosts.len() == self.workload.members.len()
            && hosts.len() > 1;
        let here = map([(
            "nodeSelectorTerms",
            seq([map([("matchExpressions", seq([on_hosts(hosts)]))])]),
        )]);
        let apart = seq([map([
            ("labelSelector", selector(self.filler, self.workload)),
            ("topologyKey", Node::str(HOST_LABEL)),
        ])]);
        let required = "requiredDuringSchedulingIgnoredDuringExecution";
        map([("nodeAffinity", map([(required, here)]))])
            .with_some("podAntiAffinity", alone.then(|| map([(required, apart)])))
    }

    /// Members without data are spread evenly; those with data are where their volumes are.
    fn spread(&self) -> Node {
        let workload = self.workload;
        let hosts: BTreeSet<_> = workload.members.iter().map(|member| &member.host).collect();
        let crowded = workload.members.len() > hosts.len();
        let inventory = &self.filler.plan.inventory;
        let zones: BTreeSet<_> = hosts
            .iter()
            .filter_map(|host| inventory.host_named(host)?.zone.as_ref())
            .collect();
        let spread = |key: &str, otherwise: &str| {
            map([("maxSkew", Node::Int(1)), ("topologyKey", Node::str(key))])
                .with("whenUnsatisfiable", otherwise)
                // A host that is lost does not count: what was on it may run on the others.
                .with("nodeTaintsPolicy", "Honor")
                .with("labelSelector", selector(self.filler, workload))
        };
        if !workload.volumes.is_empty()
            || workload.is_of_hosts()
            || matches!(workload.kind, Kind::Task { .. })
        {
            return seq::<Node>([]);
        }
        let by_host = crowded.then(|| spread(HOST_LABEL, "DoNotSchedule"));
        let by_zone = (zones.len() > 1).then(|| spread(ZONE_LABEL, "ScheduleAnyway"));
        seq(by_host.into_iter().chain(by_zone))
    }

    fn container(&self) -> Node {
        let workload = self.workload;
        let ports = workload.members.first().into_iter().flat_map(|first| {
            first.ports.iter().flat_map(|port| {
                let number = Node::Int(i64::from(port.port.get()));
                let tcp = map([
                    ("name", Node::str(port.name.as_ref())),
                    ("containerPort", number.clone()),
                ]);
                let udp = port.datagrams.then(|| {
                    map([
                        ("name", Node::str(datagrams(&port.name))),
                        ("containerPort", number),
                        ("protocol", Node::str("UDP")),
                    ])
                });
                [tcp].into_iter().chain(udp)
            })
        });
        let memory = bytes(workload.resources.memory);
        let resources = map([
            ("requests", map([("memory", memory.clone())])),
            ("limits", map([("memory", memory)])),
        ]);
        let rights = map([
            ("allowPrivilegeEscalation", Node::Bool(false)),
            ("readOnlyRootFilesystem", Node::Bool(workload.read_only)),
            ("capabilities", map([("drop", seq(["ALL"]))])),
        ]);
        Node::empty_map()
            .with("name", workload.name.to_string())
            .with("image", workload.image.to_string())
            .with("imagePullPolicy", "IfNotPresent")
            .with_filled("command", seq(workload.program))
            .with_filled("args", self.arguments())
            .with_filled("env", self.environment())
            .with_filled("ports", seq(ports))
            .with("resources", resources)
            .with_some("startupProbe", self.startup())
            .with_some("livenessProbe", self.live())
            .with_some("readinessProbe", self.ready())
            .with_some("lifecycle", self.lifecycle())
            .with("securityContext", rights)
            .with_filled("volumeMounts", self.mounts())
    }

    fn arguments(&self) -> Node {
        seq(self.workload.command.iter().map(|text| self.text(text)))
    }

    fn text(&self, text: &Text) -> String {
        self.templated(text).text
    }

    fn templated(&self, text: &Text) -> Templated {
        self.filler
            .templated(self.workload, self.members(), text)
            .expect("a checked plan says the same to all members of a part")
    }

    /// Variables that others refer to come first: Kubernetes reads them in this order.
    fn environment(&self) -> Node {
        let workload = self.workload;
        let mut refers = BTreeSet::new();
        let mut own = Vec::new();
        for text in &workload.command {
            refers.extend(self.templated(text).refers);
        }
        for (name, text) in &workload.env {
            let templated = self.templated(text);
            let alone = templated.refers.first().filter(|reference| {
                templated.refers.len() == 1
                    && templated.text == format!("$({})", reference.variable())
            });
            match alone {
                Some(Reference::Secret(key)) => own.push(from_secret(name.as_str(), key)),
                Some(Reference::Field(..)) | None => {
                    own.push(map([
                        ("name", Node::str(name.as_str())),
                        ("value", Node::str(templated.text)),
                    ]));
                    refers.extend(templated.refers);
                }
            }
        }
        let mut known = None;
        if self.directories.iter().any(|directory| directory.of_member) {
            known = self
                .named()
                .map(|name| map([("name", Node::str(OWN_NAME)), ("value", Node::str(name))]));
            let (variable, field) = self.folder_variable();
            refers.extend(
                known
                    .is_none()
                    .then(|| Reference::Field(variable, field.to_owned())),
            );
        }
        let referred = refers.iter().map(|reference| match reference {
            Reference::Secret(key) => from_secret(&reference.variable(), key),
            Reference::Field(name, path) => map([
                ("name", Node::str(*name)),
                (
                    "valueFrom",
                    map([("fieldRef", map([("fieldPath", path.as_str())]))]),
                ),
            ]),
        });
        seq(known.into_iter().chain(referred).chain(own))
    }

    /// A signal of the workload's own is sent before that of the image, which comes once the program has ended.
    fn lifecycle(&self) -> Option<Node> {
        let signal = self.workload.stop.signal?.trim_start_matches("SIG");
        let wait = format!("kill -s {signal} 1; while kill -0 1; do sleep 1; done");
        let command = seq(["sh", "-c", wait.as_str()]);
        Some(map([(
            "preStop",
            map([("exec", map([("command", command)]))]),
        )]))
    }
}

/// The label of the pod of a member that no StatefulSet names.
pub(super) const MEMBER: &str = "lurus/member";
/// The field of a pod that names its host.
pub(super) const HOST_FIELD: &str = "spec.nodeName";
/// The label that names the host of a node.
pub(super) const HOST_LABEL: &str = "kubernetes.io/hostname";
/// The label that names the zone of a node.
pub(super) const ZONE_LABEL: &str = "topology.kubernetes.io/zone";

/// The name of the port for datagrams beside the one for connections.
pub(super) fn datagrams(port: &str) -> String {
    format!("{port}-udp")
}

/// As whom a workload runs, where that is known as numbers.
pub(super) fn identity(workload: &Workload) -> Option<(u32, u32)> {
    let written = workload.user.as_ref().and_then(|user| {
        let (user, group) = user.split_once(':').unwrap_or((user, user));
        Some((user.parse().ok()?, group.parse().ok()?))
    });
    written.or(workload.unprivileged)
}

/// Nodes that are one of these hosts.
pub(super) fn on_hosts<'h>(hosts: impl IntoIterator<Item = &'h str>) -> Node {
    map([
        ("key", Node::str(HOST_LABEL)),
        ("operator", Node::str("In")),
        ("values", seq(hosts)),
    ])
}

/// A selector of the pods of a workload.
fn selector(filler: &Filler<'_>, workload: &Workload) -> Node {
    map([("matchLabels", selected(filler.plan, &workload.name))])
}

fn from_secret(name: &str, key: &str) -> Node {
    let reference = map([("name", SECRETS), ("key", key)]);
    map([
        ("name", Node::str(name)),
        ("valueFrom", map([("secretKeyRef", reference)])),
    ])
}

/// A name of a variable is none of those that this target sets.
pub(super) fn is_reserved(name: &EnvName) -> bool {
    name.as_str().starts_with("LURUS_")
}

pub(super) fn int(number: u64) -> Node {
    Node::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

/// Seconds, rounded up.
pub(super) fn whole_seconds(duration: Duration) -> Node {
    int(duration.as_millis().div_ceil(1000))
}

/// A size as Kubernetes reads it, in the largest unit that says it exactly.
pub(super) fn bytes(size: Size) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "Gi"), (1 << 20, "Mi"), (1 << 10, "Ki")];
    let bytes = size.bytes();
    match UNITS.iter().find(|(unit, _)| bytes.is_multiple_of(*unit)) {
        Some((unit, letters)) => format!("{}{letters}", bytes / unit),
        None => bytes.to_string(),
    }
}
