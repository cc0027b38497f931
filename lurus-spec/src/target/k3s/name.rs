//! What Kubernetes takes: names of objects and of ports, and how large the files of a group may be.
//!
//! In: a plan. Out: a finding for each name that is too long, begins with no letter or is another's, for files that no
//! ConfigMap holds, and for a member that no fixed address is left for. What the names are, `address` says.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Check, Rule};
use crate::plan::{Kind, Plan, Workload};
use crate::report::{Code, Diagnostic, Origin, Report};
use crate::target::Target as _;
use crate::target::k3s::K3s;
use crate::target::k3s::address::{any, fixed, has_fixed, outside, pod};
use crate::target::k3s::check::{omit, origin, unsayable};
use crate::target::k3s::controller::parts;
use crate::target::k3s::election;
use crate::target::k3s::fill::Filler;
use crate::target::k3s::pod::{Template, datagrams};

const NAMED: Code = Code::new("L0904");

pub(super) const TAKEN: Rule = Rule {
    code: NAMED.as_str(),
    ensures: "Ensure Kubernetes takes the names and sizes of everything that is written for it.",
    explain: "\
The name of a group becomes that of a StatefulSet, of Services and of pods: it begins with a letter, has at most 52
characters, and no Service has the name of another. Members are called `<group>-1`, `<group>-2`, and so on. The name of a
port has at most 15 characters, and all files of a group together at most 1 MiB.

Give the component or the port another name.",
    source: "Kubernetes: names of Services (RFC 1035), of ports (RFC 6335), the size of a ConfigMap; the label \
             `controller-revision-hash`, which has the StatefulSet's name in it",
    check: Check::Planned(named),
};

/// The longest name of a StatefulSet.
const LONGEST_GROUP: usize = 52;
/// The longest name of a Service.
const LONGEST_SERVICE: usize = 63;
/// The longest name of a port.
const LONGEST_PORT: usize = 15;
/// The most bytes that a ConfigMap holds.
const LARGEST_CONFIG: usize = 1 << 20;

fn named(plan: &Plan, report: &mut Report) {
    let filler = Filler::of(plan);
    let mut services = BTreeMap::new();
    for workload in &plan.workloads {
        let Some(origin) = origin(workload) else {
            continue;
        };
        group(workload, &origin, report);
        // What belongs to hosts is called after them, and is in a namespace of its own.
        if workload.kind == Kind::Service && !workload.is_of_hosts() {
            members(workload, &origin, report);
            objects(workload, &origin, &mut services, report);
        }
        ports(workload, &origin, report);
        files(&filler, workload, &origin, report);
    }
    addresses(plan, report);
}

fn refuse(report: &mut Report, origin: &Origin, title: String, what: String, help: &str) {
    report.push(
        Diagnostic::error(NAMED, title)
            .primary(origin.clone(), what)
            .help(help),
    );
}

fn group(workload: &Workload, origin: &Origin, report: &mut Report) {
    let name = workload.name.as_str();
    if name.len() > LONGEST_GROUP || !begins_with_letter(name) {
        refuse(
            report,
            origin,
            format!("`{}` takes no group called {name}", K3s.name()),
            format!("a letter first, and at most {LONGEST_GROUP} characters"),
            "give the component another name",
        );
    }
}

/// A StatefulSet numbers its pods, and so names them.
fn members(workload: &Workload, origin: &Origin, report: &mut Report) {
    let called = |index: u32| workload.name.indexed(index).ok();
    let wrong = (1..).zip(&workload.members).find(|(index, member)| {
        member.index != *index || called(*index).as_ref() != Some(&member.name)
    });
    if let Some((index, member)) = wrong {
        refuse(
            report,
            origin,
            format!("`{}` cannot call a member {}", K3s.name(), member.name),
            format!("it would be {}-{index} there", workload.name),
            &omit(&workload.component),
        );
    }
}

/// `services` has the owner of every name of those before.
fn objects<'p>(
    workload: &'p Workload,
    origin: &Origin,
    services: &mut BTreeMap<String, &'p Workload>,
    report: &mut Report,
) {
    let target = K3s.name();
    for service in services_of(workload) {
        if service.len() > LONGEST_SERVICE || !begins_with_letter(&service) {
            refuse(
                report,
                origin,
                format!("`{target}` takes no Service called {service}"),
                format!("a letter first, and at most {LONGEST_SERVICE} characters"),
                "give the component or the cluster another name",
            );
        }
        if let Some(other) = services.insert(service.clone(), workload) {
            refuse(
                report,
                origin,
                format!("`{target}` has two Services called {service}"),
                format!("one is of {}, the other of {}", workload.name, other.name),
                "give one of the components another name",
            );
        }
    }
}

fn ports(workload: &Workload, origin: &Origin, report: &mut Report) {
    let ports: BTreeSet<String> = workload
        .members
        .iter()
        .flat_map(|member| &member.ports)
        .map(|port| match port.datagrams {
            true => datagrams(&port.name),
            false => port.name.to_string(),
        })
        .collect();
    for port in ports.iter().filter(|port| !is_port_name(port)) {
        refuse(
            report,
            origin,
            format!("`{}` takes no port called {port}", K3s.name()),
            format!(
                "a port of {}: lowercase letters, digits and `-`, at most {LONGEST_PORT}",
                workload.name
            ),
            "give the port another name",
        );
    }
}

fn files(filler: &Filler<'_>, workload: &Workload, origin: &Origin, report: &mut Report) {
    // What one template cannot say is refused by another rule, and has no files to count.
    if !unsayable(filler, workload).is_empty() {
        return;
    }
    let data = Template::of(filler, workload, parts(workload)[0]).data;
    let size: usize = data.iter().map(|(key, text)| key.len() + text.len()).sum();
    if size > LARGEST_CONFIG {
        refuse(
            report,
            origin,
            format!(
                "`{}` cannot hold the files of {}",
                K3s.name(),
                workload.name
            ),
            format!("{size} bytes, of at most {LARGEST_CONFIG}"),
            "give the component fewer or smaller files",
        );
    }
}

fn addresses(plan: &Plan, report: &mut Report) {
    for name in fixed(plan).without {
        if let Some((_, member)) = plan.member(&name) {
            refuse(
                report,
                &member.origin,
                format!("`{}` has no fixed address left for {name}", K3s.name()),
                "needs an address that outlives its pod".to_owned(),
                "use fewer members that need one: there are 240",
            );
        }
    }
}

fn begins_with_letter(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
}

/// The Services that a workload may have.
fn services_of(workload: &Workload) -> Vec<String> {
    let own = workload
        .members
        .iter()
        .filter(|_| has_fixed(workload))
        .map(|member| pod(workload, member));
    let of_all = [
        workload.name.to_string(),
        any(&workload.name),
        outside(&workload.name),
    ];
    own.chain(of_all)
        .chain(election::service_names(workload))
        .collect()
}

fn is_port_name(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.len() <= LONGEST_PORT
        && name.chars().all(legal)
        && name.contains(|c: char| c.is_ascii_lowercase())
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}
