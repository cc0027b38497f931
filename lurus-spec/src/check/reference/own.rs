//! What a component's declaration says of the component's own parts.

use std::collections::BTreeSet;

use crate::check::{Check, Rule, View, name_of};
use crate::component::{Declaration, Group};
use crate::literal::Name;
use crate::report::{Code, Diagnostic, Report};

const DECLARED_CODE: Code = Code::new("L0407");

pub(in crate::check) const DECLARED: Rule = Rule {
    code: DECLARED_CODE.as_str(),
    ensures: "Ensure what a component declares of itself fits together: endpoints, needs, peers and survival rules name its own groups, ports and members.",
    explain: r"A declaration is what checks, flows, firewalls and the loss analysis are computed from. An endpoint of a group that does not
exist leads nowhere; a survival rule that counts a member which does not exist can never hold, or always does.

This is a mistake in the code of a component, not in a description. Compare the names in its `declare`.",
    source: "the meaning of a declaration",
    check: Check::Described(declared),
};

fn declared(view: &View<'_>, report: &mut Report) {
    for (component, declaration) in &view.declared {
        let name = name_of(*component);
        for why in misfits(declaration) {
            report.push(
                Diagnostic::error(DECLARED_CODE, format!("{name} declares {why}"))
                    .primary(
                        component.meta().name.origin.clone(),
                        format!("a component of kind `{}`", component.kind()),
                    )
                    .help("compare the names in the `declare` of this component"),
            );
        }
    }
}

/// What in a declaration refers to a part of the component that does not exist.
fn misfits(declaration: &Declaration) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let has_port = |group: &Group, port: &str| {
        group
            .members
            .iter()
            .all(|member| member.ports.iter().any(|known| known.name == port))
    };
    let mut listens = |what: String, group: &Name, port: &str| match declaration.group(group) {
        None => {
            found.insert(format!("{what} on a group {group}, which it does not have"));
        }
        Some(known) if !has_port(known, port) => {
            found.insert(format!(
                "{what} on port `{port}`, which {group} does not have"
            ));
        }
        Some(_) => {}
    };
    for endpoint in &declaration.endpoints {
        if let Some((group, port)) = endpoint.group() {
            listens(format!("the endpoint `{}`", endpoint.name), group, port);
        }
    }
    for front in &declaration.fronts {
        let behind = &front.endpoint;
        listens(
            format!("a front of `{}` of {}", behind.endpoint, behind.component),
            &front.group,
            &front.port,
        );
    }
    for group in &declaration.groups {
        for port in &group.peer_ports {
            listens("peers".to_owned(), &group.name, port);
        }
    }
    for need in declaration
        .needs
        .iter()
        .filter(|need| declaration.group(&need.group).is_none())
    {
        let wanted = &need.endpoint;
        found.insert(format!(
            "a need of `{}` of {} for a group {}, which it does not have",
            wanted.endpoint, wanted.component, need.group,
        ));
    }
    let members: BTreeSet<&Name> = declaration
        .groups
        .iter()
        .flat_map(|group| &group.members)
        .map(|member| &member.name)
        .collect();
    for survival in &declaration.survival {
        if let Some(stranger) = survival.of.iter().find(|member| !members.contains(member)) {
            found.insert(format!(
                "a survival rule that counts {stranger}, which is no member of it"
            ));
        }
    }
    found
}
