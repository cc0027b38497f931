//! What components refer to: endpoints of others, images, secrets, and parts of themselves.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::check::{Check, Rule, View, listed, name_of};
use crate::component::{Component, Declaration, EndpointRef, Group, Need, Reach, Value};
use crate::literal::{Image, Name, SecretName};
use crate::model::Inventory;
use crate::report::{Code, Diagnostic, Origin, Report, nearest};

const NEEDS_CODE: Code = Code::new("L0401");
const FRONTED_CODE: Code = Code::new("L0402");
const NO_CYCLE_CODE: Code = Code::new("L0403");
const IMAGES_CODE: Code = Code::new("L0404");
const SECRETS_CODE: Code = Code::new("L0405");
const DECLARED_CODE: Code = Code::new("L0407");
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

pub(super) const NO_CYCLE: Rule = Rule {
    code: NO_CYCLE_CODE.as_str(),
    ensures: "Ensure needs do not run in a circle.",
    explain: r"A component that needs another one cannot work before that one does. In a circle each waits for the next: after a loss of
power none of them comes up, and no order of rollout keeps all of them working. The book of the cluster has no order
to write down either.

Leave out the need that is no need: something that is used when it is there, such as a metrics store, is not needed.",
    source: "the meaning of a need; Kahn (1962) for the order that only a graph without circles has",
    check: Check::Described(no_cycle),
};

pub(super) const IMAGES: Rule = Rule {
    code: IMAGES_CODE.as_str(),
    ensures: "Ensure the inventory pins the image of every component, and that the image is one that exists.",
    explain: r#"A component's image is the one of `.image(images::…)`, or the one that `spec/images.toml` has under its product's name. An
image is written with its version; `latest` is refused where it is read, since it is another program tomorrow.

Some names are known to be of no use: `patroni/patroni` was never published, the images of `bitnami` were moved away in
2025 and are updated no more, and `your-org` is a text that somebody was meant to replace.

Add a line to `spec/images.toml`, such as `redis = "redis:7.2.5-alpine"`, and pin it with a digest for production."#,
    source: "patroni/patroni issue 416; bitnami/containers issue 83267",
    check: Check::Described(images),
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

pub(super) const DECLARED: Rule = Rule {
    code: DECLARED_CODE.as_str(),
    ensures: "Ensure what a component declares of itself fits together: endpoints, needs, peers and survival rules name its own groups, ports and members.",
    explain: r"A declaration is what checks, flows, firewalls and the loss analysis are computed from. An endpoint of a group that does not
exist leads nowhere; a survival rule that counts a member which does not exist can never hold, or always does.

This is a mistake in the code of a component, not in a description. Compare the names in its `declare`.",
    source: "the meaning of a declaration",
    check: Check::Described(declared),
};

/// A component's wish to reach an endpoint, or to stand in front of it.
fn wishes<'v>(
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
    let fronts: BTreeSet<&EndpointRef> = view
        .declared
        .iter()
        .flat_map(|(_, declaration)| &declaration.fronts)
        .map(|front| &front.endpoint)
        .collect();
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
            if by_role && !fronts.contains(endpoint) {
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

/// From a component to what it needs, with the place that says so.
type Edges<'v> = BTreeMap<&'v Name, BTreeMap<&'v Name, &'v Origin>>;

fn no_cycle(view: &View<'_>, report: &mut Report) {
    let mut edges = needs_of(view);
    // Whoever needs nothing that is left over is in no circle; what remains is small, or empty.
    loop {
        let left: BTreeSet<&Name> = edges.keys().copied().collect();
        for targets in edges.values_mut() {
            targets.retain(|target, _| left.contains(target));
        }
        edges.retain(|_, targets| !targets.is_empty());
        if edges.len() == left.len() {
            break;
        }
    }
    let mut told: BTreeSet<&Name> = BTreeSet::new();
    for start in edges.keys() {
        if told.contains(start) {
            continue;
        }
        let Some(circle) = shortest_circle(&edges, start) else {
            continue;
        };
        told.extend(&circle);
        let next = circle.iter().cycle().skip(1);
        let steps: Vec<(&Name, &Name)> = circle
            .iter()
            .zip(next)
            .map(|(from, to)| (*from, *to))
            .collect();
        let way = steps.iter().map(|(_, to)| format!("needs {to}"));
        let title = format!("{start} {}", way.collect::<Vec<_>>().join(", which "));
        let mut finding = Diagnostic::error(NO_CYCLE_CODE, title);
        for (from, to) in steps {
            finding = finding.primary(edges[from][to].clone(), format!("{from} needs {to}"));
        }
        report.push(finding.help("leave out one of these needs"));
    }
}

/// Who needs whom. Who needs an endpoint that is reached by role also needs what stands in front of it. What a
/// component needs of itself is its own affair.
fn needs_of<'v>(view: &'v View<'_>) -> Edges<'v> {
    let mut fronts: BTreeMap<&EndpointRef, Vec<&Name>> = BTreeMap::new();
    for (component, declaration) in &view.declared {
        for front in &declaration.fronts {
            fronts
                .entry(&front.endpoint)
                .or_default()
                .push(name_of(*component));
        }
    }
    let mut edges = Edges::new();
    for (component, declaration) in &view.declared {
        let name = name_of(*component);
        for need in &declaration.needs {
            let in_front = fronts.get(&need.endpoint).into_iter().flatten().copied();
            let targets = std::iter::once(&need.endpoint.component).chain(in_front);
            for target in targets.filter(|target| *target != name) {
                edges
                    .entry(name)
                    .or_default()
                    .entry(target)
                    .or_insert(&need.origin);
            }
        }
    }
    edges
}

/// The shortest way from a component back to itself, without its return.
fn shortest_circle<'v>(edges: &Edges<'v>, start: &'v Name) -> Option<Vec<&'v Name>> {
    let mut came_from: BTreeMap<&Name, &'v Name> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for next in edges.get(at)?.keys() {
            if *next == start {
                let mut way = vec![at];
                while let Some(before) = came_from.get(way[way.len() - 1]) {
                    way.push(before);
                }
                way.reverse();
                return Some(way);
            }
            if !came_from.contains_key(next) {
                came_from.insert(next, at);
                queue.push_back(next);
            }
        }
    }
    None
}

/// Images that nobody can use, by what is wrong with them.
fn useless(image: &Image) -> Option<&'static str> {
    let repository = image.repository();
    let path = match image.registry() {
        Some(registry) => repository[registry.len()..].trim_start_matches('/'),
        None => repository,
    };
    if path == "patroni/patroni" {
        Some("no such image was ever published: build one")
    } else if path.starts_with("bitnami/") {
        Some("the images of bitnami are updated no more")
    } else if path.split('/').any(|part| part.contains("your-org")) {
        Some("`your-org` stands for an organisation that was never filled in")
    } else {
        None
    }
}

fn images(view: &View<'_>, report: &mut Report) {
    let inventory = &view.cluster.inventory;
    for (component, declaration) in &view.declared {
        let meta = component.meta();
        let name = &meta.name.value;
        // Where every group has an image of its own, the component's would run nothing.
        let runs_own = declaration
            .groups
            .iter()
            .any(|group| group.image.is_none() && !group.on_host);
        match (&meta.image, declaration.image) {
            (Some(set), _) => {
                pinned(inventory, set.value.name(), name, &set.origin, report);
            }
            (None, Some(product)) => {
                pinned(inventory, product, name, &meta.name.origin, report);
            }
            (None, None) if !runs_own => {}
            (None, None) => report.push(
                Diagnostic::error(IMAGES_CODE, format!("{name} names no image"))
                    .primary(
                        meta.name.origin.clone(),
                        "has no `.image(…)`, and its product has no image of its own",
                    )
                    .help("say `.image(images::…)`"),
            ),
        }
        for group in &declaration.groups {
            if let Some(own) = group.image {
                pinned(inventory, own, &group.name, &meta.name.origin, report);
            }
        }
    }
}

/// Reports an image that the inventory has not, or that is of no use.
fn pinned(
    inventory: &Inventory,
    wanted: &str,
    runner: &Name,
    origin: &Origin,
    report: &mut Report,
) {
    let finding = |title| Diagnostic::error(IMAGES_CODE, title);
    let Some(pin) = inventory.image(wanted) else {
        let finding = finding(format!("no image is pinned as `{wanted}`"))
            .primary(origin.clone(), format!("{runner} runs it"));
        let known = inventory.images().iter().map(|pin| pin.name.as_str());
        report.push(match nearest(wanted, known) {
            Some(meant) => finding.help(format!(
                "add `{wanted}` to `spec/images.toml`; it has `{meant}`"
            )),
            None => finding.help(format!("add `{wanted} = \"…\"` to `spec/images.toml`")),
        });
        return;
    };
    if let Some(why) = useless(&pin.written) {
        report.push(
            finding(format!("image {} cannot be used", pin.written))
                .primary(pin.origin.clone(), why)
                .secondary(origin.clone(), format!("{runner} runs it"))
                .help("write an image that is published and maintained, or one that you build"),
        );
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
