//! What components refer to: endpoints of others, images, secrets, and parts of themselves.

mod cycle;
mod image;
mod own;

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Check, Rule, View, listed, name_of};
use crate::component::{Component, EndpointRef, Need, Reach, Value};
use crate::literal::{Name, SecretName};
use crate::plan::Duty;
use crate::report::{Code, Diagnostic, Origin, Report, nearest};

pub(super) use cycle::NO_CYCLE;
pub(super) use image::IMAGES;
pub(super) use own::DECLARED;

const NEEDS_CODE: Code = Code::new("L0401");
const FRONTED_CODE: Code = Code::new("L0402");
const SECRETS_CODE: Code = Code::new("L0405");
const INSIDE_CODE: Code = Code::new("L0410");

pub(super) const NEEDS: Rule = Rule {
    code: NEEDS_CODE.as_str(),
    ensures: "Ensure every endpoint that a component needs or stands in front of exists in the cluster.",
    explain: r"`redis.addresses()` is a reference to an endpoint of the component `redis`. It is a value, so that it can be kept, and
given to a component of another cluster, or to one of a cluster to which `redis` was never added. Then there is nothing
to connect to: the program would start with an empty list of addresses.

Add the component with `cluster.add(…)` and use the reference that this returns.",
    source: "the meaning of a need: a component cannot work without it",
    check: Check::Described(needs),
};

pub(super) const INSIDE: Rule = Rule {
    code: INSIDE_CODE.as_str(),
    ensures: "Ensure what a value asks for by name, such as a database, is there.",
    explain: r#"`pg.primary().dsn("orders")` names a database. Roles and databases are created when the cluster is first made, from what the
description says; a name that it does not say is created by nobody. The program starts, connects, and is refused with
`database "orders" does not exist`, on every instance at once.

Create it where the others are created, with `.database("orders")`, or ask for one that is there."#,
    source: "PostgreSQL, libpq connection strings: the database must exist; domain invariant I17",
    check: Check::Described(inside),
};

pub(super) const FRONTED: Rule = Rule {
    code: FRONTED_CODE.as_str(),
    ensures: "Ensure something stands in front of every endpoint that is reached by role and that is needed.",
    explain: r"An endpoint such as the primary of a replicated database moves from member to member. A client that knows the members does
not know which one has the role now, so that half of its writes fail after a failover. Something that asks the members
which of them has the role has to stand in front, and clients connect to that.

Add a balancer that stands in front of the endpoint to the cluster.",
    source: "Patroni, REST API: health checks by role are meant for a load balancer",
    check: Check::Described(fronted),
};

pub(super) const SECRETS: Rule = Rule {
    code: SECRETS_CODE.as_str(),
    ensures: "Ensure every secret is declared once.",
    explain: r"A secret is a name; whoever declares it says what it is for. Two declarations of one name would share a value without
knowing of each other: whoever may read the one may read the other, and a new value for one breaks the other.

Give the cluster's secret, or one of the two components, another name.",
    source: "OWASP, Secrets Management Cheat Sheet: one secret for one purpose",
    check: Check::Described(secrets),
};

/// A component's wish to reach an endpoint, or to stand in front of it.
pub(super) fn wishes<'v>(
    view: &'v View<'_>,
) -> impl Iterator<Item = (&'v dyn Component, &'v EndpointRef, &'v Origin)> {
    view.declared.iter().flat_map(|(component, declaration)| {
        let needs = declaration
            .needs
            .iter()
            .map(move |need| (*component, &need.endpoint, &need.origin));
        let fronts = declaration
            .fronts
            .iter()
            .map(move |front| (*component, &front.endpoint, &component.meta().name.origin));
        needs.chain(fronts)
    })
}

fn inside(view: &View<'_>, report: &mut Report) {
    let by_name = view.by_name();
    let offered = |endpoint: &EndpointRef| {
        by_name
            .get(&endpoint.component)
            .and_then(|declaration| declaration.endpoint(&endpoint.endpoint))
    };
    for (component, _) in &view.declared {
        for (endpoint, wanted, origin) in component.values().into_iter().flat_map(Value::inside) {
            let offered = offered(endpoint).and_then(|found| match &found.behind {
                None => Some(found),
                Some(behind) => offered(behind),
            });
            // An endpoint that does not exist is the finding of another rule.
            let Some(offered) =
                offered.filter(|offered| !offered.inside.iter().any(|name| name == wanted))
            else {
                continue;
            };
            let title = format!(
                "{} asks {} for `{wanted}`, which it does not have",
                name_of(*component),
                endpoint.component
            );
            let has = match listed(offered.inside.iter().map(String::as_str)).as_str() {
                "" => "nothing".to_owned(),
                names => names.to_owned(),
            };
            let finding = Diagnostic::error(INSIDE_CODE, title)
                .primary(origin.clone(), format!("{} has {has}", endpoint.component));
            let known = offered.inside.iter().map(String::as_str);
            report.push(match nearest(wanted, known) {
                Some(meant) => finding.help(format!("ask for `{meant}`")),
                None => finding.help(format!(
                    "say it where {} is described, or ask for what it has",
                    endpoint.component
                )),
            });
        }
    }
}

fn needs(view: &View<'_>, report: &mut Report) {
    let by_name = view.by_name();
    for (component, wanted, origin) in wishes(view) {
        let name = name_of(component);
        let finding = |title: String, label: String| {
            Diagnostic::error(NEEDS_CODE, title).primary(origin.clone(), label)
        };
        match by_name.get(&wanted.component) {
            // What a platform does in place of a component is asked for by another rule.
            None if view.site.left_to_platform(&wanted.component).is_some() => {}
            None => {
                let finding = finding(
                    format!(
                        "{name} needs {}, which is not in cluster {}",
                        wanted.component, view.site.cluster
                    ),
                    format!("needs `{}` of {}", wanted.endpoint, wanted.component),
                );
                let known = by_name.keys().map(|known| known.as_str());
                report.push(match nearest(wanted.component.as_str(), known) {
                    Some(meant) => {
                        finding.help(format!("use the reference that adding {meant} returned"))
                    }
                    None => finding.help(format!(
                        "add {} to this cluster with `cluster.add(…)`",
                        wanted.component
                    )),
                });
            }
            Some(declaration) if declaration.endpoint(&wanted.endpoint).is_none() => {
                let offered = declaration.endpoints.iter().map(|endpoint| &*endpoint.name);
                let offered = match listed(offered).as_str() {
                    "" => "nothing".to_owned(),
                    offered => offered.to_owned(),
                };
                report.push(
                    finding(
                        format!(
                            "{name} needs `{}` of {}, which has no such endpoint",
                            wanted.endpoint, wanted.component
                        ),
                        format!("{} offers {offered}", wanted.component),
                    )
                    .help("take an endpoint that the component's reference has a method for"),
                );
            }
            Some(_) => {}
        }
    }
}

fn fronted(view: &View<'_>, report: &mut Report) {
    let by_name = view.by_name();
    let fronts = view.fronts();
    for (component, declaration) in &view.declared {
        for Need {
            endpoint, origin, ..
        } in &declaration.needs
        {
            let by_role = by_name
                .get(&endpoint.component)
                .and_then(|declaration| declaration.endpoint(&endpoint.endpoint))
                .is_some_and(|endpoint| match endpoint.reach {
                    Reach::Role => true,
                    Reach::Each | Reach::Any => false,
                });
            // Whom a platform leads to a role, another rule asks how.
            if by_role && !fronts.contains(endpoint) && !view.site.does(Duty::Balancing) {
                report.push(
                    Diagnostic::error(
                        FRONTED_CODE,
                        format!(
                            "nothing stands in front of `{}` of {}",
                            endpoint.endpoint, endpoint.component
                        ),
                    )
                    .primary(origin.clone(), format!("{} needs it", name_of(*component)))
                    .note("one member at a time has this role, and only the members know which")
                    .help(format!(
                        "add a balancer in front of {}, such as `HaProxy`",
                        endpoint.component
                    )),
                );
            }
        }
    }
}

fn secrets(view: &View<'_>, report: &mut Report) {
    let mut owners: BTreeMap<&SecretName, Vec<(&Origin, String)>> = BTreeMap::new();
    for secret in &view.cluster.secrets {
        owners
            .entry(&secret.value)
            .or_default()
            .push((&secret.origin, "declared by the cluster".to_owned()));
    }
    for (component, declaration) in &view.declared {
        for secret in &declaration.secrets {
            owners.entry(&secret.name).or_default().push((
                &secret.origin,
                format!(
                    "declared by {}, for {}",
                    name_of(*component),
                    secret.purpose
                ),
            ));
        }
    }
    // Two components of one name declare every secret twice; that is the finding about names.
    let names: BTreeSet<&Name> = view
        .declared
        .iter()
        .map(|(component, _)| name_of(*component))
        .collect();
    if names.len() < view.declared.len() {
        return;
    }
    for (name, owners) in owners.into_iter().filter(|(_, owners)| owners.len() > 1) {
        let mut finding = Diagnostic::error(
            SECRETS_CODE,
            format!("secret {name} is declared {} times", owners.len()),
        );
        for (origin, text) in owners {
            finding = finding.primary(origin.clone(), text);
        }
        report.push(finding.help("give one of them another name"));
    }
}
