//! Rules of Consul.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Check, Rule, View, listed, name_of};
use crate::component::consul::Consul;
use crate::literal::Name;
use crate::model::HostRef;
use crate::report::{Code, Diagnostic, Report};

const REGISTERED_CODE: Code = Code::new("L0210");

/// The rules of this product, by code.
pub const RULES: &[Rule] = &[Rule {
    code: REGISTERED_CODE.as_str(),
    ensures: "Ensure every instance is on a host where an agent of Consul registers it.",
    explain: r"Consul knows what its agents register, and an agent registers and asks the instances of its own host: when the host is lost,
agent and instances go together. On a host with neither a server nor an agent, instances run that Consul has never heard
of, and whoever asks it for a service is sent elsewhere, or nowhere.

Name such hosts in `.agents([…])` of Consul. A host with a server has an agent already.",
    source: "Consul 1.17, architecture: agents; anti-entropy: the agent's own services are authoritative",
    check: Check::Described(registered),
}];

fn registered(view: &View<'_>, report: &mut Report) {
    for (consul, declaration) in view.all::<Consul>() {
        let own = &consul.meta.name.value;
        let agents: BTreeSet<HostRef> = declaration
            .groups
            .iter()
            .flat_map(crate::component::Group::hosts)
            .collect();
        let mut unknown: BTreeMap<HostRef, BTreeSet<&Name>> = BTreeMap::new();
        for (component, group, member) in view.members() {
            if name_of(component) != own && group.ready.is_some() && !agents.contains(&member.host)
            {
                unknown.entry(member.host).or_default().insert(&member.name);
            }
        }
        if unknown.is_empty() {
            continue;
        }
        let hosts = || unknown.keys().map(|host| host.name());
        let place = consul
            .agents
            .first()
            .map(|agent| &agent.origin)
            .or(consul.meta.on.as_ref().map(|on| &on.origin))
            .unwrap_or(&consul.meta.name.origin);
        let finding = Diagnostic::error(
            REGISTERED_CODE,
            format!("{own} does not know what is on {}", listed(hosts())),
        )
        .primary(place.clone(), "no server and no agent is there");
        let finding = unknown
            .iter()
            .take(4)
            .fold(finding, |finding, (host, members)| {
                finding.note(format!("{} on {}", listed(members), host.name()))
            });
        report.push(finding.help("name these hosts in `.agents([…])` of Consul"));
    }
}
