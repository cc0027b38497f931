use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::component::{
    Component, Declaration, EndpointRef, Group, GroupMember, Lowering, Need, Quorum, Site, Survival,
};
use crate::literal::{Given, HostName, Name, Size};
use crate::model::{
    Cluster, ComponentRef, Described, HostRef, Inventory, Manual, Meta, OptionDoc, Setting,
    SettingRecord, Settings,
};
use crate::plan::Workload;
use crate::report::Origin;

const HOSTS: [HostRef; 7] = [
    HostRef::new("h1"),
    HostRef::new("h2"),
    HostRef::new("h3"),
    HostRef::new("h4"),
    HostRef::new("h5"),
    HostRef::new("h6"),
    HostRef::new("h7"),
];

/// A component that declares what a test says.
#[derive(Clone, Debug)]
struct Fixed {
    meta: Meta,
    declaration: Declaration,
}

/// The reference to a [`Fixed`].
#[derive(Clone, Debug)]
struct FixedRef(Name);

impl ComponentRef for FixedRef {
    fn name(&self) -> &Name {
        &self.0
    }
}

impl Fixed {
    /// A group with a member on each of these hosts; every member is placed by a line of its own.
    #[track_caller]
    fn new(component: &str, hosts: &[HostRef]) -> Self {
        let origin = Origin::caller();
        let mut meta = Meta::new(Given::from(component), origin.clone());
        meta.on = Some(Setting::new(hosts.to_vec(), origin));
        let members = (1..)
            .zip(hosts)
            .map(|(index, host)| GroupMember {
                name: name(component).indexed(index).unwrap(),
                index,
                host: *host,
                network: None,
                ports: Vec::new(),
                memory: Size::mib(1),
                memory_origin: Origin::at("spec/test.rs", 1, 1),
                copy_of: None,
                origin: Origin::at("spec/test.rs", index, 1),
            })
            .collect();
        let group = Group::new(name(component), members);
        Self {
            meta,
            declaration: Declaration {
                groups: vec![group],
                ..Declaration::default()
            },
        }
    }

    fn members(&self) -> Vec<Name> {
        self.declaration.groups[0].member_names().collect()
    }

    fn any(mut self) -> Self {
        let survival = Survival::any("one server", self.members());
        self.declaration.survival.push(survival);
        self
    }

    fn majority(mut self) -> Self {
        let survival = Survival::majority("a majority of servers", self.members());
        self.declaration.survival.push(survival);
        self.declaration.groups[0].quorum = Some(Quorum { of: "the servers" });
        self
    }

    fn needs(mut self, other: &str) -> Self {
        self.declaration.needs.push(Need {
            group: self.meta.name.value.clone(),
            endpoint: EndpointRef {
                component: name(other),
                endpoint: "client".into(),
            },
            origin: Origin::at("spec/test.rs", 90, 1),
        });
        self
    }
}

impl Settings for Fixed {
    fn kind(&self) -> &'static str {
        "fixed"
    }
    fn manual(&self) -> Manual {
        Manual::of::<Self>()
    }
    fn meta(&self) -> &Meta {
        &self.meta
    }
    fn settings(&self) -> Vec<SettingRecord> {
        Vec::new()
    }
}

impl Described for Fixed {
    type Ref = FixedRef;
    const OPTIONS: &'static [OptionDoc] = &[];
    const DOC: &'static str = "";
    const KIND: &'static str = "fixed";
    fn reference(&self) -> FixedRef {
        FixedRef(self.meta.name.value.clone())
    }
}

impl Component for Fixed {
    fn declare(&self, _site: &Site<'_>) -> Declaration {
        self.declaration.clone()
    }
    fn lower(&self, _lowering: &Lowering<'_>) -> Vec<Workload> {
        Vec::new()
    }
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// The first hosts of [`HOSTS`], each with the zone of this index; `.` is none.
fn inventory(zones: &str) -> Inventory {
    let hosts = HOSTS.iter().zip(zones.chars()).map(|(host, zone)| {
        let host_name: HostName = host.host_name();
        let host = Host::new(host_name, 1, Size::gib(1), Size::gib(1));
        match zone {
            '.' => host,
            zone => host.zone(name(&zone.to_string())),
        }
    });
    Inventory::new(Vec::new(), hosts.collect(), Vec::new())
}

/// The findings of these rules, without colours and without source lines.
fn findings(zones: &str, claims: &[Loss], components: &[Fixed]) -> String {
    let mut cluster = Cluster::new("test", inventory(zones));
    for claim in claims {
        cluster = cluster.survives(claim.clone());
    }
    for component in components {
        cluster.add(component.clone());
    }
    let view = View::new(&cluster);
    let mut report = Report::default();
    for rule in RULES {
        match rule.check {
            Check::Described(check) => check(&view, &mut report),
            Check::Planned(_) => unreachable!("claims are about the description"),
        }
    }
    report
        .iter()
        .map(|finding| {
            let labels: String = finding
                .labels
                .iter()
                .map(|label| match label.text.as_str() {
                    "this is what the cluster claims" => String::new(),
                    text => format!("  label: {text}\n"),
                })
                .collect();
            let notes: String = finding
                .notes
                .iter()
                .map(|note| format!("  note: {note}\n"))
                .collect();
            let help = finding
                .help
                .as_deref()
                .expect("every finding says what to type");
            format!(
                "{} {}\n{labels}{notes}  help: {help}\n",
                finding.code.unwrap(),
                finding.title
            )
        })
        .collect()
}

#[test]
fn a_majority_on_one_host() {
    let nats = Fixed::new("nats", &[HOSTS[0], HOSTS[1], HOSTS[1]]).majority();
    let gateway = Fixed::new("gateway", &HOSTS[..3]).any().needs("nats");
    let billing = Fixed::new("billing", &HOSTS[..2]).any().needs("gateway");
    insta::assert_snapshot!(findings("abc", &[Loss::of(1).hosts()], &[nats, gateway, billing]), @r"
    L0204 losing host h2 stops nats
      label: nats-2 is on h2
      label: nats-3 is on h2
      note: nats serves with a majority of servers: 1 of 3 is left, 2 are needed
      note: of 3 hosts, losing h1 or h3 is survived
      note: billing and gateway need nats
      help: spread a majority of servers: put nats-3 on h3, which carries none of them; or accept the loss, with `.except(&nats)` in the claim
    ");
}

#[test]
fn too_few_members() {
    let nats = Fixed::new("nats", &HOSTS[..2]).majority();
    let lone = Fixed::new("lone", &HOSTS[..1]);
    insta::assert_snapshot!(findings("abc", &[Loss::of(1).hosts()], &[nats, lone]), @r"
    L0204 losing host h1 stops lone
      label: lone-1 is on h1
      note: lone serves with one member of lone: none of 1 is left, 1 is needed
      note: of 3 hosts, losing h2 or h3 is survived
      help: put lone on 2 hosts: `.on([hosts::H1, hosts::H2])`; or accept the loss, with `.except(&lone)` in the claim
    L0204 losing host h1 stops nats
      label: nats-1 is on h1
      note: nats serves with a majority of servers: 1 of 2 is left, 2 are needed
      note: of 3 hosts, losing h3 is survived
      help: put nats on 3 hosts: `.on([hosts::H1, hosts::H2, hosts::H3])`; or accept the loss, with `.except(&nats)` in the claim
    ");
}

#[test]
fn two_hosts_at_once() {
    let nats = Fixed::new("nats", &HOSTS[..3]).majority();
    insta::assert_snapshot!(findings("aabbc", &[Loss::of(2).hosts()], std::slice::from_ref(&nats)), @r"
    L0204 losing hosts h1 and h2 stops nats
      label: nats-1 is on h1
      label: nats-2 is on h2
      note: nats serves with a majority of servers: 1 of 3 is left, 2 are needed
      note: the loss of any one host is survived
      help: put nats on 5 hosts: `.on([hosts::H1, hosts::H2, hosts::H3, hosts::H4, hosts::H5])`; or accept the loss, with `.except(&nats)` in the claim
    ");
    insta::assert_snapshot!(findings("abc", &[Loss::of(2).hosts()], &[nats]), @r"
    L0204 losing hosts h1 and h2 stops nats
      label: nats-1 is on h1
      label: nats-2 is on h2
      note: nats serves with a majority of servers: 1 of 3 is left, 2 are needed
      note: the loss of any one host is survived
      help: no placement on 3 hosts survives this: add hosts, at least 5 in all, or claim less; or accept the loss, with `.except(&nats)` in the claim
    ");
}

#[test]
fn a_zone_takes_all_its_hosts() {
    let nats = Fixed::new("nats", &HOSTS[..3]).majority();
    let claims = [Loss::of(1).hosts(), Loss::of(1).zones()];
    insta::assert_snapshot!(findings("aabc", &claims, &[nats]), @r"
    L0204 losing zone a stops nats
      label: nats-1 (h1) is in zone a
      label: nats-2 (h2) is in zone a
      note: nats serves with a majority of servers: 1 of 3 is left, 2 are needed
      note: of 3 zones, losing b or c is survived
      help: spread a majority of servers: put nats-2 on a host in zone c, which carries none of them; or accept the loss, with `.except(&nats)` in the claim
    ");
}

#[test]
fn what_a_claim_leaves_out_is_accepted_and_what_needs_it_is_not() {
    let lone = Fixed::new("lone", &HOSTS[..1]).any();
    let gateway = Fixed::new("web-gateway", &HOSTS[..3]).any().needs("lone");
    let claim = Loss::of(1).hosts().except(&lone.reference());
    assert_eq!(
        findings(
            "abc",
            std::slice::from_ref(&claim),
            std::slice::from_ref(&lone)
        ),
        ""
    );
    insta::assert_snapshot!(findings("abc", std::slice::from_ref(&claim), &[lone.clone(), gateway.clone()]), @r"
    L0204 losing host h1 stops web-gateway
      label: lone-1 is on h1
      label: web-gateway needs lone and is not left out
      note: lone serves with one server: none of 1 is left, 1 is needed
      note: of 3 hosts, losing h2 or h3 is survived
      help: leave what needs lone out of the claim too: add `.except(&web_gateway)`; or take lone into the claim again
    ");
    let claim = claim.except(&gateway.reference());
    assert_eq!(findings("abc", &[claim], &[lone, gateway]), "");
}

#[test]
fn claims_that_cannot_be_tried() {
    let nats = Fixed::new("nats", &HOSTS[..3]).majority();
    let one = std::slice::from_ref(&nats);
    // A host that carries nothing needs no zone.
    assert_eq!(findings("abc.", &[Loss::of(1).zones()], one), "");
    let claims = [
        Loss::of(1).zones(),
        Loss::of(3).hosts(),
        Loss::of(0).hosts(),
    ];
    insta::assert_snapshot!(findings("a..", &claims, one), @r#"
    L0206 2 hosts are in no zone, and zones may be lost
      label: h2 has no zone
      label: h3 has no zone
      help: write `zone = "a"` at h2, with the zone that it is in; or claim hosts, with `Loss::of(1).hosts()`
    L0207 a loss of 0 hosts is no claim
      label: nothing is lost
      help: claim `Loss::of(1).hosts()`, or leave the claim out
    L0207 the cluster claims to survive the loss of all its 3 hosts
      label: the inventory has 3 hosts
      help: claim at most `Loss::of(2).hosts()`, or add hosts
    "#);
    insta::assert_snapshot!(findings("aaa", &[Loss::of(1).zones()], one), @r"
    L0207 no cluster on 1 zone survives the loss of 1 zone
      label: the inventory has 1 zone
      help: leave the claim out, or add zones
    ");
}

#[test]
fn a_cluster_without_a_claim_has_no_finding() {
    assert_eq!(findings("a..", &[], &[Fixed::new("lone", &HOSTS[..1])]), "");
}

#[test]
fn a_condition_that_never_holds() {
    let mut nats = Fixed::new("nats", &HOSTS[..3]);
    nats.declaration.survival.push(Survival {
        what: "four servers".into(),
        of: nats.members(),
        at_least: 4,
    });
    insta::assert_snapshot!(findings("abc", &[Loss::of(1).hosts()], &[nats]), @r"
    L0204 nats cannot serve, even while nothing is lost
      label: 
      note: nats serves with four servers: 3 of 3 are left, 4 are needed
      help: add 3 members to the 3 of `four servers`, spread over the hosts; or accept the loss, with `.except(&nats)` in the claim
    ");
}

#[test]
fn the_finding_is_drawn_at_the_placement_and_at_the_claim() {
    let mut cluster = Cluster::new("test", inventory("abc"));
    cluster
        .survives
        .push(Setting::new(Loss::of(1), Origin::at("spec/test.rs", 9, 5)));
    cluster.add(Fixed::new("nats", &[HOSTS[0], HOSTS[0], HOSTS[1]]).majority());
    let view = View::new(&cluster);
    let mut report = Report::default();
    survives(&view, &mut report);
    let finding = report.iter().next().unwrap();
    let places: Vec<String> = finding
        .labels
        .iter()
        .map(|label| label.origin.to_string())
        .collect();
    assert_eq!(
        places,
        ["spec/test.rs:1:1", "spec/test.rs:2:1", "spec/test.rs:9:5"]
    );
    assert_eq!(finding.place().unwrap().line, 1);
}

#[test]
fn the_table_follows_needs() {
    let mut cluster = Cluster::new("test", inventory("aabbc"));
    cluster.add(Fixed::new("etcd", &HOSTS[..5]).majority());
    cluster.add(Fixed::new("pg", &HOSTS[..4]).any().needs("etcd"));
    cluster.add(Fixed::new("lone", &HOSTS[..1]).any().needs("pg"));
    let checked = View::new(&cluster).checked(Report::default());
    let rows = survival_table(&checked);
    let lines: Vec<String> = rows.iter().map(line).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    etcd: a majority of servers 3/5; hosts 2, zones Some(1); stopped by h1 h2 h3 (a majority of servers 2/5); needs []; needed by [lone, pg]
    lone: one server 1/1; hosts 0, zones Some(0); stopped by h1 (one server 0/1); needs [pg]; needed by []
    pg: one server 1/4; hosts 2, zones Some(1); stopped by h1 h2 h3, etcd (a majority of servers 2/5); needs [etcd]; needed by [lone]
    ");
}

fn line(row: &SurvivalRow) -> String {
    let counted =
        |condition: &ServesWith, left: usize| format!("{} {left}/{}", condition.what, condition.of);
    let conditions: Vec<String> = row
        .conditions
        .iter()
        .map(|condition| counted(condition, condition.at_least))
        .collect();
    let stopped_by = row.stopped_by.as_ref().map_or_else(String::new, |stop| {
        let cause = stop
            .cause
            .as_ref()
            .map_or_else(String::new, |cause| format!(", {cause}"));
        let broken = counted(&stop.condition, stop.left);
        format!("{}{cause} ({broken})", stop.hosts.join(" "))
    });
    let names = |names: &[Name]| {
        names
            .iter()
            .map(Name::as_str)
            .collect::<Vec<_>>()
            .join(", ")
    };
    format!(
        "{}: {}; hosts {}, zones {:?}; stopped by {stopped_by}; needs [{}]; needed by [{}]",
        row.component,
        conditions.join(", "),
        row.hosts,
        row.zones,
        names(&row.needs),
        names(&row.needed_by)
    )
}

/// A small cluster: zones of hosts, and for each component the hosts of its members, how many must be alive, and
/// what it needs (itself too, and in circles).
fn clusters() -> impl Strategy<Value = (String, Vec<Fixed>)> {
    let part = (
        prop::collection::vec((prop::collection::vec(0_usize..7, 1..6), 0_usize..6), 1..3),
        prop::collection::vec(0_usize..5, 0..3),
    );
    ("[abc.]{7}", prop::collection::vec(part, 1..5)).prop_map(|(zones, parts)| {
        let components = parts
            .iter()
            .enumerate()
            .map(|(index, (conditions, needs))| {
                let component = format!("c{index}");
                let hosts: Vec<HostRef> = conditions
                    .iter()
                    .flat_map(|(hosts, _)| hosts.iter().map(|host| HOSTS[*host]))
                    .collect();
                let mut fixed = Fixed::new(&component, &hosts);
                let mut members = fixed.members().into_iter();
                for (hosts, at_least) in conditions {
                    fixed.declaration.survival.push(Survival {
                        what: "some".into(),
                        of: members.by_ref().take(hosts.len()).collect(),
                        at_least: *at_least,
                    });
                }
                needs
                    .iter()
                    .fold(fixed, |fixed, need| fixed.needs(&format!("c{need}")))
            });
        (zones, components.collect())
    })
}

/// Which components a loss stops, by trying: what has a broken condition stops, then what needs something that
/// stopped, until nothing changes.
fn stopped_by(
    inventory: &Inventory,
    components: &[Fixed],
    lost: &[&str],
    kind: FailureDomain,
) -> BTreeSet<Name> {
    let dead = |member: &GroupMember| {
        let host = inventory.host(member.host).unwrap();
        let domain = match (kind, &host.zone) {
            (FailureDomain::Zone, Some(zone)) => zone.as_str(),
            (FailureDomain::Host, _) | (FailureDomain::Zone, None) => host.name.as_str(),
        };
        lost.contains(&domain)
    };
    let broken = |component: &Fixed| {
        let members = &component.declaration.groups[0].members;
        component.declaration.survival.iter().any(|survival| {
            let alive = members
                .iter()
                .filter(|member| survival.of.contains(&member.name) && !dead(member));
            alive.count() < survival.at_least
        })
    };
    let mut stopped: BTreeSet<Name> = components
        .iter()
        .filter(|component| broken(component))
        .map(|component| component.meta.name.value.clone())
        .collect();
    loop {
        let more: Vec<Name> = components
            .iter()
            .filter(|component| {
                let mut needs = component.declaration.needs.iter();
                needs.any(|need| stopped.contains(&need.endpoint.component))
            })
            .map(|component| component.meta.name.value.clone())
            .filter(|name| !stopped.contains(name))
            .collect();
        if more.is_empty() {
            return stopped;
        }
        stopped.extend(more);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// The analysis finds what trying every loss finds: the same size of the smallest loss for every component.
    #[test]
    fn no_loss_is_missed((zones, components) in clusters(), by_zone: bool) {
        let kind = if by_zone { FailureDomain::Zone } else { FailureDomain::Host };
        let inventory = inventory(&zones);
        let topology = Topology::new(
            &inventory,
            components.iter().map(|component| (&component.meta.name.value, &component.declaration)),
        );
        let all: Vec<String> = topology.domains(kind).iter().map(ToString::to_string).collect();
        let mut smallest: BTreeMap<Name, usize> = BTreeMap::new();
        for mask in 0_u32..1 << all.len() {
            let lost: Vec<&str> = all
                .iter()
                .enumerate()
                .filter(|(index, _)| mask & (1 << index) != 0)
                .map(|(_, name)| name.as_str())
                .collect();
            for component in stopped_by(&inventory, &components, &lost, kind) {
                let size = smallest.entry(component).or_insert(lost.len());
                *size = lost.len().min(*size);
            }
        }
        for component in &components {
            let name = &component.meta.name.value;
            let found = topology
                .relies_on(name)
                .into_iter()
                .flat_map(|name| topology.conditions(name))
                .filter_map(|condition| topology.smallest_break(condition, kind))
                .min_by_key(Vec::len);
            prop_assert_eq!(found.as_ref().map(Vec::len), smallest.get(name).copied());
            // The counter-example is one.
            if let Some(lost) = found {
                let lost: Vec<String> = lost.iter().map(|share| share.domain.to_string()).collect();
                let lost: Vec<&str> = lost.iter().map(String::as_str).collect();
                prop_assert!(stopped_by(&inventory, &components, &lost, kind).contains(name));
            }
        }
    }
}
