//! The chapters about what there is and what it survives and costs.
//!
//! In: facts and phrases. Out: blocks. Whatever comes from the description is escaped here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use crate::book::page::{Block, Markdown};
use crate::book::phrases::Phrases;
use crate::book::{Facts, PICTURE};
use crate::check::loss::{ServesWith, StoppedBy, SurvivalRow};
use crate::file_tree::header;
use crate::literal::Name;
use crate::plan::{ConfigDir, Cost, Edge, Kind, Member, Outside, Plan, PortName, Workload};
use crate::target::{TARGETS, Target};

/// Names in a sentence or a cell.
pub(super) fn names<T: Display>(phrases: &Phrases, names: &[T]) -> Markdown {
    Markdown::joined(names.iter().map(Markdown::text), phrases.comma)
}

pub(super) fn head<const N: usize>(texts: [&str; N]) -> Vec<Markdown> {
    texts.iter().map(Markdown::text).collect()
}

pub(super) fn heading(level: usize, text: &str) -> Block {
    Block::Heading(level, Markdown::text(text))
}

pub(super) fn sentence(text: impl Display) -> Block {
    Block::Paragraph(Markdown::written(text))
}

fn members(plan: &Plan) -> impl Iterator<Item = (&Workload, &Member)> {
    plan.workloads.iter().flat_map(|workload| {
        let members = workload.members.iter();
        members.map(move |member| (workload, member))
    })
}

/// The title, the picture, and where to look in trouble.
pub(super) fn front(facts: &Facts<'_>, phrases: &Phrases) -> Vec<Block> {
    let plan = facts.plan;
    let hosts: BTreeSet<&str> = members(plan)
        .map(|(_, member)| member.host.as_str())
        .collect();
    let serving = members(plan).filter(|(workload, _)| workload.kind == Kind::Service);
    let components = facts.checked.cluster.components.len();
    vec![
        Block::Comment(header(&plan.cluster)),
        heading(1, plan.cluster.as_str()),
        sentence(phrases.other),
        sentence((phrases.size)(components, serving.count(), hosts.len())),
        sentence(phrases.at_night),
        Block::Picture {
            says: Markdown::text((phrases.picture)(plan.cluster.as_str())),
            file: PICTURE,
        },
        sentence(phrases.picture_says),
    ]
}

/// Each component and what it consists of.
pub(super) fn components(facts: &Facts<'_>, phrases: &Phrases) -> Vec<Block> {
    let mut rows: Vec<(&Name, Vec<Markdown>)> = facts
        .checked
        .cluster
        .components
        .iter()
        .map(|component| {
            let name = &component.meta().name.value;
            let own = || {
                let workloads = facts.plan.workloads.iter();
                workloads.filter(|workload| &workload.component == name)
            };
            let what = own().map(|workload| {
                let summary = phrases.say(&workload.summary);
                Markdown::text(match workload.kind {
                    Kind::Service => (phrases.service)(workload.members.len(), summary),
                    Kind::Task { .. } => (phrases.task)(summary),
                })
            });
            let mut hosts: Vec<&str> = Vec::new();
            for member in own().flat_map(|workload| &workload.members) {
                if !hosts.contains(&member.host.as_str()) {
                    hosts.push(member.host.as_str());
                }
            }
            let row = vec![
                Markdown::text(name),
                Markdown::text(component.kind()),
                Markdown::joined(what, phrases.semicolon),
                names(phrases, &hosts),
            ];
            (name, row)
        })
        .collect();
    rows.sort_by_key(|(name, _)| *name);
    let rows = rows.into_iter().map(|(_, row)| row).collect();
    vec![
        heading(2, phrases.components),
        Block::Table(head(phrases.components_head), rows),
    ]
}

/// How the cluster is brought up on each target.
pub(super) fn start(facts: &Facts<'_>, phrases: &Phrases) -> Vec<Block> {
    let mut blocks = vec![heading(2, phrases.start)];
    for target in TARGETS {
        let Some(plan) = facts.plans.get(target.name()) else {
            continue;
        };
        blocks.push(heading(3, target.name()));
        blocks.push(sentence(phrases.say(&target.summary())));
        blocks.extend(left_to_platform(plan, phrases));
        blocks.extend(steps(*target, plan, phrases));
    }
    blocks
}

/// For each target with a platform that has to be there first, a page about that: it is brought up before anything of the
/// cluster is, and by people who look in its folder.
pub(super) fn platforms(
    facts: &Facts<'_>,
    phrases: &Phrases,
) -> Vec<(&'static dyn Target, Vec<Block>)> {
    let targets = TARGETS.iter().copied();
    let with_platform = targets.filter(|target| !target.duties().is_empty());
    let pages = with_platform.filter_map(|target| {
        let plan = facts.plans.get(target.name())?;
        let mut blocks = vec![
            Block::Comment(header(&plan.cluster)),
            heading(1, &format!("{}/{}", plan.cluster, target.name())),
            sentence(phrases.other),
            sentence(phrases.say(&target.summary())),
            sentence(phrases.platform_says),
        ];
        blocks.extend(steps(target, plan, phrases));
        Some((target, blocks))
    });
    pages.collect()
}

fn steps(target: &dyn Target, plan: &Plan, phrases: &Phrases) -> Vec<Block> {
    let steps = target.start(plan).into_iter();
    steps
        .flat_map(|step| {
            let says = sentence(phrases.say(&step.says));
            [says, Block::Commands(step.command)]
        })
        .collect()
}

/// Which components a target does without, because its platform does what they are for.
fn left_to_platform(plan: &Plan, phrases: &Phrases) -> Vec<Block> {
    if plan.left_to_platform.is_empty() {
        return Vec::new();
    }
    let left = plan.left_to_platform.iter().map(|(component, duty)| {
        let component = Markdown::text(component).to_string();
        Markdown::written((phrases.left_one)(&component, phrases.say(&duty.says())))
    });
    vec![
        sentence(phrases.left_to_platform),
        Block::List(left.collect()),
    ]
}

/// Networks, hosts and members with their addresses and ports.
pub(super) fn plan(facts: &Facts<'_>, phrases: &Phrases) -> Vec<Block> {
    let plan = facts.plan;
    let inventory = &plan.inventory;
    let networks = inventory.networks().iter().map(|network| {
        vec![
            Markdown::text(&network.name),
            Markdown::text(network.cidr),
            Markdown::text(network.gateway),
        ]
    });
    // An address on each network stands between a host and its members.
    let addresses = || inventory.networks().iter().map(|network| &network.name);
    let mut hosts_head = head(phrases.hosts_head);
    hosts_head.splice(3..3, addresses().map(Markdown::text));
    let mut carried: BTreeMap<&str, Vec<&Name>> = BTreeMap::new();
    for (_, member) in members(plan).filter(|(workload, _)| workload.kind == Kind::Service) {
        carried
            .entry(member.host.as_str())
            .or_default()
            .push(&member.name);
    }
    let hosts = inventory.hosts().iter().map(|host| {
        let mut row = vec![
            Markdown::text(&host.name),
            host.zone
                .as_ref()
                .map_or_else(Markdown::default, Markdown::text),
            Markdown::text(format!(
                "{} vCPU, {}, {}",
                host.cores, host.memory, host.disk
            )),
        ];
        row.extend(addresses().map(|network| {
            let address = host.address_on(network);
            address.map_or_else(Markdown::default, |address| Markdown::text(address.ip))
        }));
        let carried = carried.get(host.name.as_str());
        row.push(names(phrases, carried.map_or(&[][..], Vec::as_slice)));
        row
    });
    let placed = members(plan).map(|(workload, member)| {
        let ports = member
            .ports
            .iter()
            .map(|port| Markdown::text(format!("{} {}", port.name, port.port)));
        vec![
            Markdown::text(&member.name),
            Markdown::text(&member.host),
            Markdown::text(member.address),
            Markdown::joined(ports, phrases.comma),
            Markdown::code(&workload.image),
        ]
    });
    vec![
        heading(2, phrases.plan),
        heading(3, phrases.networks),
        Block::Table(head(phrases.networks_head), networks.collect()),
        heading(3, phrases.hosts),
        Block::Table(hosts_head, hosts.collect()),
        heading(3, phrases.members),
        Block::Table(head(phrases.members_head), placed.collect()),
    ]
}

/// Who may talk to whom.
pub(super) fn flows(facts: &Facts<'_>, phrases: &Phrases) -> Vec<Block> {
    let plan = facts.plan;
    let numbers_of = |plan: &Plan, group: &Name, port: &str| {
        let numbers: BTreeSet<u16> = plan
            .workload(group)
            .into_iter()
            .flat_map(|workload| &workload.members)
            .filter_map(|member| member.port(port))
            .map(|port| port.get())
            .collect();
        let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        Markdown::text(format!("{port} {}", numbers.join(phrases.comma)))
    };
    let numbered = |group: &Name, port: &str| numbers_of(plan, group, port);
    let openings = plan.openings.iter().map(|opening| {
        let from = match &opening.from {
            Outside::Anyone => phrases.anyone.to_owned(),
            Outside::Network(network) => (phrases.network)(&network.to_string()),
        };
        vec![
            Markdown::text(from),
            Markdown::text(&opening.group),
            numbered(&opening.group, &opening.port),
        ]
    });
    // Where the target does the edge, users reach what stands behind it by way of the platform.
    let led = facts.plans.iter().flat_map(|(target, plan)| {
        let groups: BTreeSet<(&Name, &PortName)> =
            plan.edges.iter().flat_map(Edge::groups).collect();
        let from = (phrases.by_platform)(&Markdown::code(target).to_string());
        groups.into_iter().map(move |(group, port)| {
            vec![
                Markdown::written(&from),
                Markdown::text(group),
                numbers_of(plan, group, port),
            ]
        })
    });
    let inside = plan.flows.iter().map(|flow| {
        let to = if flow.from == flow.to {
            Markdown::text(phrases.peers)
        } else {
            Markdown::text(&flow.to)
        };
        vec![
            Markdown::text(&flow.from),
            to,
            numbered(&flow.to, &flow.port),
        ]
    });
    let departures = plan.departures.iter().map(|departure| {
        vec![
            Markdown::text(&departure.from),
            Markdown::text(&departure.to.host),
            Markdown::text(departure.to.port),
        ]
    });
    vec![
        heading(2, phrases.flows),
        sentence(phrases.flows_says),
        Block::Table(
            head(phrases.flows_head),
            openings
                .chain(led)
                .chain(inside)
                .chain(departures)
                .collect(),
        ),
    ]
}

/// What each component survives.
pub(super) fn survival(facts: &Facts<'_>, phrases: &Phrases) -> Vec<Block> {
    let claims = &facts.checked.cluster.survives;
    let mut blocks = vec![heading(2, phrases.survival)];
    if claims.is_empty() {
        blocks.push(sentence(phrases.no_claim));
    } else {
        blocks.push(sentence(phrases.claims));
        let items = claims
            .iter()
            .map(|claim| Markdown::text((phrases.claim)(&claim.value)));
        blocks.push(Block::List(items.collect()));
    }
    blocks.push(sentence(phrases.survival_says));
    let zoned = facts.survival.iter().any(|row| row.zones.is_some());
    // Without zones in the inventory, their column says nothing.
    let columns = |mut cells: Vec<Markdown>| {
        if !zoned {
            cells.remove(3);
        }
        cells
    };
    let rows = facts.survival.iter().map(|row| {
        let conditions = row.conditions.iter().map(|condition| {
            let ServesWith { what, at_least, of } = condition;
            Markdown::text((phrases.serves_with)(phrases.say(what), *at_least, *of))
        });
        let with_it = if row.needed_by.is_empty() {
            Markdown::text(phrases.nothing_else)
        } else {
            names(phrases, &row.needed_by)
        };
        columns(vec![
            Markdown::text(&row.component),
            Markdown::joined(conditions, phrases.semicolon),
            Markdown::text(row.hosts),
            row.zones.map_or_else(Markdown::default, Markdown::text),
            stopped_by(phrases, row),
            with_it,
        ])
    });
    blocks.push(Block::Table(
        columns(head(phrases.survival_head)),
        rows.collect(),
    ));
    let accepted: Vec<Markdown> = claims
        .iter()
        .flat_map(|claim| {
            let left_out = |row: &&SurvivalRow| claim.value.except.contains(&row.component);
            let rows = facts.survival.iter().filter(left_out);
            rows.map(|row| {
                let with_it = names(phrases, &row.needed_by).to_string();
                Markdown::written((phrases.accepted_one)(
                    &Markdown::text(&row.component).to_string(),
                    &Markdown::text((phrases.claim)(&claim.value)).to_string(),
                    &stopped_by(phrases, row).to_string(),
                    (!row.needed_by.is_empty()).then_some(with_it.as_str()),
                ))
            })
        })
        .collect();
    if !accepted.is_empty() {
        blocks.push(heading(3, phrases.accepted));
        blocks.push(Block::List(accepted));
    }
    blocks
}

fn stopped_by(phrases: &Phrases, row: &SurvivalRow) -> Markdown {
    let Some(StoppedBy {
        hosts,
        cause,
        condition: ServesWith { what, at_least, of },
        left,
    }) = &row.stopped_by
    else {
        return Markdown::text(phrases.no_loss);
    };
    let cause = cause.as_ref().map(Name::as_str);
    Markdown::text((phrases.stopped_by)(
        hosts,
        cause,
        phrases.say(what),
        [*left, *of, *at_least],
    ))
}

/// Secrets, by name.
pub(super) fn secrets(facts: &Facts<'_>, phrases: &Phrases) -> Vec<Block> {
    let plan = facts.plan;
    let mut blocks = vec![heading(2, phrases.secrets)];
    if plan.secrets.is_empty() {
        blocks.push(sentence(phrases.none));
        return blocks;
    }
    blocks.push(sentence((phrases.secrets_says)(plan.cluster.as_str())));
    let rows = plan.secrets.iter().map(|secret| {
        vec![
            Markdown::text(&secret.name),
            Markdown::code(secret.name.env_name()),
            Markdown::text(&secret.owner),
            Markdown::text(phrases.say(&secret.purpose)),
        ]
    });
    blocks.push(Block::Table(head(phrases.secrets_head), rows.collect()));
    blocks
}

/// What a change of an option or of a file costs.
pub(super) fn costs(facts: &Facts<'_>, phrases: &Phrases) -> Vec<Block> {
    let plan = facts.plan;
    let mut blocks = vec![heading(2, phrases.costs)];
    let settings: Vec<Vec<Markdown>> = plan
        .settings
        .iter()
        .flat_map(|(component, settings)| {
            settings.iter().map(move |setting| {
                vec![
                    Markdown::text(component),
                    Markdown::code(setting.option),
                    Markdown::text(&setting.value),
                    Markdown::written((phrases.setting_cost)(setting.cost)),
                ]
            })
        })
        .collect();
    if !settings.is_empty() {
        blocks.push(sentence(phrases.settings));
        blocks.push(Block::Table(head(phrases.settings_head), settings));
    }
    let files: Vec<Vec<Markdown>> = plan
        .workloads
        .iter()
        .flat_map(|workload| {
            readers(workload).flat_map(move |(dir, member)| {
                dir.files.iter().map(move |file| {
                    vec![
                        Markdown::text(&workload.name),
                        Markdown::code(format!("{}/{}", dir.mount, file.name)),
                        file_cost(phrases, &file.cost),
                        live(facts, phrases, member, &file.cost),
                    ]
                })
            })
        })
        .collect();
    if !files.is_empty() {
        blocks.push(sentence(phrases.files));
        blocks.push(Block::Table(head(phrases.files_head), files));
    }
    blocks
}

fn file_cost(phrases: &Phrases, cost: &Cost) -> Markdown {
    match cost {
        Cost::Nothing => Markdown::text(phrases.nothing),
        Cost::Reload(_) => Markdown::text(phrases.reload),
        Cost::Restart => Markdown::text(phrases.restart),
        Cost::Recreate => Markdown::text(phrases.recreate),
        Cost::Procedure(steps) => Markdown::written((phrases.procedure)(phrases.say(steps))),
        Cost::DataDanger(what) => Markdown::written((phrases.danger)(phrases.say(what))),
    }
}

/// The directories of a workload's files, each with the first member that reads it.
fn readers(workload: &Workload) -> impl Iterator<Item = (&ConfigDir, Option<&Member>)> {
    let of_all = workload.config.iter();
    let of_all = of_all.map(|dir| (dir, workload.members.first()));
    let of_hosts = workload.host_config.iter().flat_map(|(host, dirs)| {
        let mut members = workload.members.iter();
        let reader = members.find(|member| &member.host == host);
        dirs.iter().map(move |dir| (dir, reader))
    });
    of_all.chain(of_hosts)
}

/// The commands that make a member take a changed file while it runs.
fn live(facts: &Facts<'_>, phrases: &Phrases, member: Option<&Member>, cost: &Cost) -> Markdown {
    let how = match cost {
        Cost::Reload(how) => how,
        Cost::Nothing
        | Cost::Restart
        | Cost::Recreate
        | Cost::Procedure(_)
        | Cost::DataDanger(_) => return Markdown::text(phrases.not_live),
    };
    let commands: Vec<Markdown> = TARGETS
        .iter()
        .filter_map(|target| target.reload(facts.plans.get(target.name())?, member?, how))
        .map(Markdown::code)
        .collect();
    if commands.is_empty() {
        Markdown::text(phrases.not_live)
    } else {
        Markdown::joined(commands, phrases.comma)
    }
}
