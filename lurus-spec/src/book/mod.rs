//! The book of a cluster: `generated/<cluster>/README.md`, for the people who run it.
//!
//! In: a checked cluster and its plans. Out: one Markdown file: what there is, how it starts, who talks to whom, what
//! survives what, and what a change costs. It knows no product, and of a target only what [`Target`] tells.

mod markdown;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::check::Checked;
use crate::check::loss::{ServesWith, StoppedBy, SurvivalRow, survival_table};
use crate::file_tree::{File, FileTree, TreePath, header};
use crate::literal::Name;
use crate::model::{FailureDomain, Loss, OptionCost};
use crate::plan::{Cost, Kind, Member, Plan, Workload};
use crate::target::{TARGETS, Target};
use crate::template;

use markdown::Markdown;

/// What `book.md.hbs` reads.
#[derive(Debug, Serialize)]
struct Book {
    header: String,
    cluster: Markdown,
    /// `2 components on 3 hosts`
    size: String,
    /// `the loss of 1 host`; none when the cluster claims nothing.
    claims: Vec<String>,
    accepted: Vec<Accepted>,
    targets: Vec<Chapter>,
    components: Vec<ComponentRow>,
    members: Vec<MemberRow>,
    flows: Vec<FlowRow>,
    /// Whether hosts are in zones.
    zoned: bool,
    survival: Vec<SurvivalLine>,
    secrets: Vec<SecretRow>,
    order: Vec<OrderStep>,
    settings: Vec<SettingRow>,
    files: Vec<FileRow>,
}

/// A component that a claim leaves out.
#[derive(Debug, Serialize)]
struct Accepted {
    component: Markdown,
    claim: String,
    stopped_by: Markdown,
    needed_by: Option<Markdown>,
}

/// How to start on one target.
#[derive(Debug, Serialize)]
struct Chapter {
    name: &'static str,
    summary: String,
    steps: Vec<ChapterStep>,
}

/// One thing to do.
#[derive(Debug, Serialize)]
struct ChapterStep {
    says: String,
    command: String,
}

/// A component and what it consists of.
#[derive(Debug, Serialize)]
struct ComponentRow {
    component: Markdown,
    kind: Markdown,
    what: Markdown,
}

/// One member.
#[derive(Debug, Serialize)]
struct MemberRow {
    member: Markdown,
    host: Markdown,
    address: Markdown,
    ports: Markdown,
    image: Markdown,
}

/// Who talks to whom.
#[derive(Debug, Serialize)]
struct FlowRow {
    from: Markdown,
    to: Markdown,
    port: Markdown,
}

/// What one component survives.
#[derive(Debug, Serialize)]
struct SurvivalLine {
    component: Markdown,
    conditions: Markdown,
    hosts: usize,
    zones: Option<usize>,
    stopped_by: Markdown,
    needed_by: Option<Markdown>,
}

/// A secret, by name.
#[derive(Debug, Serialize)]
struct SecretRow {
    name: Markdown,
    variable: Markdown,
    owner: Markdown,
    purpose: Markdown,
}

/// One step of a deployment.
#[derive(Debug, Serialize)]
struct OrderStep {
    component: Markdown,
    needs: Option<Markdown>,
    hosts: Markdown,
    tasks: Option<Markdown>,
}

/// An option that the author set.
#[derive(Debug, Serialize)]
struct SettingRow {
    component: Markdown,
    option: Markdown,
    value: Markdown,
    cost: &'static str,
}

/// A file that a program reads.
#[derive(Debug, Serialize)]
struct FileRow {
    workload: Markdown,
    file: Markdown,
    cost: Markdown,
    /// How to make a member take it while it runs, per target that can.
    reload: Option<Markdown>,
}

/// Writes the book.
pub fn render(checked: &Checked<'_>, plans: &BTreeMap<&'static str, Plan>) -> FileTree {
    let mut tree = FileTree::default();
    // What runs is the same in every plan; only addresses differ, and here they are those of the inventory.
    let Some(plan) = plans.values().next() else {
        return tree;
    };
    let text = template::render(
        "book.md",
        include_str!("book.md.hbs"),
        &book(checked, plan, plans),
    );
    let file = File {
        text,
        ..File::default()
    };
    TreePath::new("README.md")
        .and_then(|path| tree.insert(path, file))
        .expect("it is the first file of the tree");
    tree
}

fn book(checked: &Checked<'_>, plan: &Plan, plans: &BTreeMap<&'static str, Plan>) -> Book {
    let survival = survival_table(checked);
    let hosts: BTreeSet<&str> = members(plan)
        .map(|(_, member)| member.host.as_str())
        .collect();
    Book {
        header: header(&plan.cluster),
        cluster: Markdown::text(&plan.cluster),
        size: format!(
            "{} on {}",
            counted(checked.cluster.components.len(), "component"),
            counted(hosts.len(), "host")
        ),
        claims: checked
            .cluster
            .survives
            .iter()
            .map(|claim| claim_text(&claim.value))
            .collect(),
        accepted: accepted(checked, &survival),
        targets: TARGETS
            .iter()
            .filter_map(|target| Some(chapter(*target, plans.get(target.name())?)))
            .collect(),
        components: components(checked, plan),
        members: members(plan)
            .map(|(workload, member)| member_row(workload, member))
            .collect(),
        flows: flows(plan),
        zoned: survival.iter().any(|row| row.zones.is_some()),
        order: order(&survival)
            .into_iter()
            .map(|row| order_step(row, plan))
            .collect(),
        survival: survival.iter().map(survival_line).collect(),
        secrets: secrets(plan),
        settings: settings(plan),
        files: files(plan, plans),
    }
}

fn members(plan: &Plan) -> impl Iterator<Item = (&Workload, &Member)> {
    plan.workloads.iter().flat_map(|workload| {
        workload
            .members
            .iter()
            .map(move |member| (workload, member))
    })
}

fn claim_text(claim: &Loss) -> String {
    match claim.domain {
        FailureDomain::Host => format!("the loss of any {claim}"),
        FailureDomain::Zone => format!("the loss of any {claim}, with all hosts in it"),
    }
}

fn accepted(checked: &Checked<'_>, survival: &[SurvivalRow]) -> Vec<Accepted> {
    let mut accepted = Vec::new();
    for claim in &checked.cluster.survives {
        for row in survival {
            if claim.value.except.contains(&row.component) {
                accepted.push(Accepted {
                    component: Markdown::text(&row.component),
                    claim: claim_text(&claim.value),
                    stopped_by: stopped_by(row),
                    needed_by: names(&row.needed_by),
                });
            }
        }
    }
    accepted
}

fn chapter(target: &dyn Target, plan: &Plan) -> Chapter {
    Chapter {
        name: target.name(),
        summary: target.summary().to_string(),
        steps: target
            .start(plan)
            .into_iter()
            .map(|step| ChapterStep {
                says: step.says.to_string(),
                command: step.command,
            })
            .collect(),
    }
}

fn components(checked: &Checked<'_>, plan: &Plan) -> Vec<ComponentRow> {
    let mut rows: Vec<ComponentRow> = checked
        .cluster
        .components
        .iter()
        .map(|component| {
            let name = &component.meta().name.value;
            let workloads = plan
                .workloads
                .iter()
                .filter(|workload| &workload.component == name);
            let what = workloads.map(|workload| {
                Markdown::text(match workload.kind {
                    Kind::Service => format!("{} × {}", workload.members.len(), workload.summary),
                    Kind::Task { .. } => format!("a task that {}", workload.summary),
                })
            });
            ComponentRow {
                component: Markdown::text(name),
                kind: Markdown::text(component.kind()),
                what: Markdown::list(what),
            }
        })
        .collect();
    rows.sort_by(|a, b| a.component.cmp(&b.component));
    rows
}

fn member_row(workload: &Workload, member: &Member) -> MemberRow {
    let ports = member
        .ports
        .iter()
        .map(|port| Markdown::text(format!("{} {}", port.name, port.port)));
    MemberRow {
        member: Markdown::text(&member.name),
        host: Markdown::text(&member.host),
        address: Markdown::text(member.address),
        ports: Markdown::list(ports),
        image: Markdown::code(&workload.image),
    }
}

fn flows(plan: &Plan) -> Vec<FlowRow> {
    plan.flows
        .iter()
        .map(|flow| {
            let numbers: BTreeSet<u16> = plan
                .workload(&flow.to)
                .into_iter()
                .flat_map(|workload| &workload.members)
                .filter_map(|member| member.port(&flow.port))
                .map(|port| port.get())
                .collect();
            let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            FlowRow {
                from: Markdown::text(&flow.from),
                to: if flow.from == flow.to {
                    Markdown::text("its peers")
                } else {
                    Markdown::text(&flow.to)
                },
                port: Markdown::text(format!("{} {}", flow.port, numbers.join(", "))),
            }
        })
        .chain(plan.departures.iter().map(|departure| FlowRow {
            from: Markdown::text(&departure.from),
            to: Markdown::text(format!("{}, outside", departure.to.host)),
            port: Markdown::text(departure.to.port),
        }))
        .collect()
}

fn survival_line(row: &SurvivalRow) -> SurvivalLine {
    SurvivalLine {
        component: Markdown::text(&row.component),
        conditions: Markdown::list(row.conditions.iter().map(|condition| {
            let ServesWith { what, at_least, of } = condition;
            Markdown::text(format!("{what}: {at_least} of {of}"))
        })),
        hosts: row.hosts,
        zones: row.zones,
        stopped_by: stopped_by(row),
        needed_by: names(&row.needed_by),
    }
}

/// `hosts node-1 and node-2, which stops etcd (a majority of etcd members: 1 of 3 is left, 2 are needed)`
fn stopped_by(row: &SurvivalRow) -> Markdown {
    let Some(StoppedBy {
        hosts,
        cause,
        condition,
        left,
    }) = &row.stopped_by
    else {
        return Markdown::text("no loss");
    };
    let ServesWith { what, at_least, of } = condition;
    let stops = cause
        .as_ref()
        .map_or_else(String::new, |cause| format!(", which stops {cause}"));
    Markdown::text(format!(
        "the loss of {}{stops} ({what}: {left} of {of} left, {at_least} needed)",
        hosts.join(", ")
    ))
}

fn secrets(plan: &Plan) -> Vec<SecretRow> {
    plan.secrets
        .iter()
        .map(|secret| SecretRow {
            name: Markdown::text(&secret.name),
            variable: Markdown::code(secret.name.env_name()),
            owner: Markdown::text(&secret.owner),
            purpose: Markdown::text(&secret.purpose),
        })
        .collect()
}

/// What is needed before what needs it; of several that may go next, the first by name.
fn order(survival: &[SurvivalRow]) -> Vec<&SurvivalRow> {
    let mut waiting: BTreeMap<&Name, (usize, &SurvivalRow)> = survival
        .iter()
        .map(|row| (&row.component, (row.needs.len(), row)))
        .collect();
    let mut needed_by: BTreeMap<&Name, Vec<&Name>> = BTreeMap::new();
    for row in survival {
        for need in &row.needs {
            needed_by.entry(need).or_default().push(&row.component);
        }
    }
    let mut ready: BTreeSet<&Name> = survival
        .iter()
        .filter(|row| row.needs.is_empty())
        .map(|row| &row.component)
        .collect();
    let mut order = Vec::new();
    while let Some(next) = ready.pop_first() {
        let Some((_, row)) = waiting.remove(next) else {
            continue;
        };
        order.push(row);
        for dependent in needed_by.get(next).into_iter().flatten() {
            if let Some((missing, _)) = waiting.get_mut(dependent) {
                *missing -= 1;
                if *missing == 0 {
                    ready.insert(dependent);
                }
            }
        }
    }
    // Components that need each other in a circle have no order; they come last, and none is left out.
    order.extend(waiting.into_values().map(|(_, row)| row));
    order
}

fn order_step(row: &SurvivalRow, plan: &Plan) -> OrderStep {
    let own = || {
        plan.workloads
            .iter()
            .filter(|workload| workload.component == row.component)
    };
    let (mut hosts, mut seen) = (Vec::new(), BTreeSet::new());
    for member in own().flat_map(|workload| &workload.members) {
        if seen.insert(&member.host) {
            hosts.push(Markdown::text(&member.host));
        }
    }
    let tasks: Vec<Name> = own()
        .filter(|workload| matches!(workload.kind, Kind::Task { .. }))
        .map(|workload| workload.name.clone())
        .collect();
    OrderStep {
        component: Markdown::text(&row.component),
        needs: names(&row.needs),
        hosts: Markdown::list(hosts),
        tasks: names(&tasks),
    }
}

fn settings(plan: &Plan) -> Vec<SettingRow> {
    plan.settings
        .iter()
        .flat_map(|(component, settings)| {
            settings.iter().map(move |setting| SettingRow {
                component: Markdown::text(component),
                option: Markdown::code(setting.option),
                value: Markdown::text(&setting.value),
                cost: match setting.cost {
                    OptionCost::Nothing => "nothing",
                    OptionCost::Reload => "a reload",
                    OptionCost::Restart => "a restart",
                    OptionCost::Recreate => "new containers",
                    OptionCost::Procedure => "a procedure over the whole component",
                    OptionCost::DataDanger => "**danger to data**",
                },
            })
        })
        .collect()
}

fn files(plan: &Plan, plans: &BTreeMap<&'static str, Plan>) -> Vec<FileRow> {
    plan.workloads
        .iter()
        .flat_map(|workload| {
            workload.all_config().flat_map(move |dir| {
                dir.files.iter().map(move |file| FileRow {
                    workload: Markdown::text(&workload.name),
                    file: Markdown::code(format!("{}/{}", dir.mount, file.name)),
                    cost: Markdown::text(&file.cost),
                    reload: reload(workload, &file.cost, plans),
                })
            })
        })
        .collect()
}

/// The commands that make the first member of a workload take a changed file while it runs.
fn reload(
    workload: &Workload,
    cost: &Cost,
    plans: &BTreeMap<&'static str, Plan>,
) -> Option<Markdown> {
    let Cost::Reload(how) = cost else {
        return None;
    };
    let member = workload.members.first()?;
    let commands: Vec<Markdown> = TARGETS
        .iter()
        .filter_map(|target| target.reload(plans.get(target.name())?, member, how))
        .map(Markdown::code)
        .collect();
    (!commands.is_empty()).then(|| Markdown::list(commands))
}

fn names(names: &[Name]) -> Option<Markdown> {
    (!names.is_empty()).then(|| Markdown::list(names.iter().map(Markdown::text)))
}

fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

#[cfg(test)]
mod tests;
