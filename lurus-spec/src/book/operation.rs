//! The chapters for whoever is paged: the order of a deployment, and what components say of checks, failures, switching
//! over and failing back.
//!
//! In: facts and phrases. Out: blocks. What is done, components say; how it is typed, targets.

use crate::book::Facts;
use crate::book::chapters::names;
use crate::book::order::order;
use crate::book::page::{Block, Markdown};
use crate::book::phrases::{OrderStep, Phrases};
use crate::check::loss::SurvivalRow;
use crate::literal::Name;
use crate::plan::{Act, Instruction, Kind, Procedure, ProcedureKind};
use crate::target::TARGETS;

pub(super) fn chapters(facts: &Facts<'_>, phrases: &Phrases) -> Vec<Block> {
    let order: Vec<&SurvivalRow> = order(&facts.survival);
    let mut blocks = vec![
        Block::Heading(2, Markdown::text(phrases.order)),
        Block::Paragraph(Markdown::written(phrases.order_says)),
        Block::Tasks(
            order
                .iter()
                .map(|row| order_step(facts, phrases, row))
                .collect(),
        ),
    ];
    for kind in ProcedureKind::ALL {
        let (title, says) = match kind {
            ProcedureKind::Check => phrases.check,
            ProcedureKind::Failure => phrases.failure,
            ProcedureKind::Switchover => phrases.switchover,
            ProcedureKind::FailBack => phrases.fail_back,
        };
        blocks.push(Block::Anchor(anchor(kind).to_owned()));
        blocks.push(Block::Heading(2, Markdown::text(title)));
        blocks.push(Block::Paragraph(Markdown::written(says)));
        let mut any = false;
        for row in &order {
            let component = section(facts, phrases, kind, &row.component);
            any |= !component.is_empty();
            blocks.extend(component);
        }
        if !any {
            blocks.push(Block::Paragraph(Markdown::text(phrases.none)));
        }
    }
    blocks
}

/// Where links to a chapter lead: the same in every language.
fn anchor(kind: ProcedureKind) -> &'static str {
    match kind {
        ProcedureKind::Check => "check",
        ProcedureKind::Failure => "failure",
        ProcedureKind::Switchover => "switchover",
        ProcedureKind::FailBack => "fail-back",
    }
}

fn procedures<'a>(
    facts: &'a Facts<'_>,
    kind: ProcedureKind,
    component: &Name,
) -> impl Iterator<Item = (usize, &'a Procedure)> {
    facts
        .plan
        .operations
        .get(component)
        .into_iter()
        .flatten()
        .enumerate()
        .filter(move |(_, procedure)| procedure.kind == kind)
}

fn order_step(facts: &Facts<'_>, phrases: &Phrases, row: &SurvivalRow) -> Markdown {
    let own = || {
        let workloads = facts.plan.workloads.iter();
        workloads.filter(|workload| workload.component == row.component)
    };
    let mut hosts = Vec::new();
    for member in own().flat_map(|workload| &workload.members) {
        if !hosts.contains(&&member.host) {
            hosts.push(&member.host);
        }
    }
    let hosts = names(phrases, &hosts);
    let tasks: Vec<&Name> = own()
        .filter(|workload| matches!(workload.kind, Kind::Task { .. }))
        .map(|workload| &workload.name)
        .collect();
    let some = |names: Markdown| Some(names.to_string()).filter(|names| !names.is_empty());
    let check = procedures(facts, ProcedureKind::Check, &row.component)
        .next()
        .map(|_| format!("{}-{}", anchor(ProcedureKind::Check), row.component));
    Markdown::written((phrases.order_one)(&OrderStep {
        component: &Markdown::text(&row.component).to_string(),
        hosts: &hosts.to_string(),
        needs: some(names(phrases, &row.needs)).as_deref(),
        tasks: some(names(phrases, &tasks)).as_deref(),
        check: check.as_deref(),
    }))
}

/// What a component says of one kind.
fn section(
    facts: &Facts<'_>,
    phrases: &Phrases,
    kind: ProcedureKind,
    component: &Name,
) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (index, procedure) in procedures(facts, kind, component) {
        if blocks.is_empty() {
            blocks.push(Block::Anchor(format!("{}-{component}", anchor(kind))));
            blocks.push(Block::Heading(3, Markdown::text(component)));
        }
        let Procedure {
            title,
            explains,
            steps,
            kind: _,
        } = procedure;
        blocks.push(Block::Heading(4, Markdown::written(phrases.say(title))));
        blocks.push(Block::Paragraph(Markdown::written(phrases.say(explains))));
        for (step, instruction) in steps.iter().enumerate() {
            blocks.push(Block::Paragraph(Markdown::written(
                phrases.say(&instruction.says),
            )));
            let commands = commands(facts, component, index, step, instruction);
            if !commands.is_empty() {
                blocks.push(Block::Commands(commands));
            }
            if let Some(expect) = &instruction.expect {
                blocks.push(Block::Paragraph(Markdown::text(phrases.expect)));
                blocks.push(Block::Output(expect.clone()));
            }
        }
    }
    blocks
}

/// The commands of a step, for each target: each has a plan of its own, in which the same procedure speaks of the
/// target's addresses.
fn commands(
    facts: &Facts<'_>,
    component: &Name,
    procedure: usize,
    step: usize,
    instruction: &Instruction,
) -> String {
    let typed = TARGETS.iter().filter_map(|target| {
        let plan = facts.plans.get(target.name())?;
        let acts = &plan
            .operations
            .get(component)?
            .get(procedure)?
            .steps
            .get(step)?
            .acts;
        let lines: Vec<String> = acts
            .iter()
            .filter_map(|(member, act): &(Name, Act)| {
                let (_, member) = plan
                    .member(member)
                    .expect("a component speaks of its own members");
                target.command(plan, member, act)
            })
            .collect();
        (!lines.is_empty()).then(|| format!("# {}\n{}", target.name(), lines.join("\n")))
    });
    if instruction.acts.is_empty() {
        return String::new();
    }
    typed.collect::<Vec<_>>().join("\n")
}
