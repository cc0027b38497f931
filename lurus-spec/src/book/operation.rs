//! The chapters for whoever is paged: the order of a deployment, and what components say of checks, failures, switching
//! over and failing back.
//!
//! In: facts and phrases. Out: blocks. What is done, components say; how it is typed, targets.

use std::collections::BTreeMap;

use crate::book::Facts;
use crate::book::chapters::names;
use crate::book::page::{Block, Markdown};
use crate::book::phrases::{OrderStep, Phrases};
use crate::literal::Name;
use crate::plan::{Index, Instruction, Kind, Plan, Procedure, ProcedureKind, Turn};
use crate::target::Target;

pub(super) fn chapters(facts: &Facts<'_>, phrases: &Phrases) -> Vec<Block> {
    let order = &facts.plan.order;
    let mut blocks = vec![
        Block::Anchor("order".to_owned()),
        Block::Heading(2, Markdown::text(phrases.order)),
        Block::Paragraph(Markdown::written(phrases.order_says)),
        Block::Tasks(
            order
                .iter()
                .map(|turn| order_step(facts, phrases, turn))
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
        for turn in order {
            let component = section(facts, phrases, kind, &turn.component);
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

fn order_step(facts: &Facts<'_>, phrases: &Phrases, turn: &Turn) -> Markdown {
    let own = || {
        let workloads = facts.plan.workloads.iter();
        workloads.filter(|workload| workload.component == turn.component)
    };
    let placed = facts.plan.placed(&turn.component);
    let placed = placed.iter().map(|(host, members)| {
        let members: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
        let members = Markdown::code(members.join(" "));
        Markdown::written(format!("{} ({members})", Markdown::text(host)))
    });
    let services = facts.plan.host_services.iter();
    let of_hosts = services
        .filter(|service| service.component == turn.component)
        .map(|service| Markdown::text(&service.member.host));
    let hosts = Markdown::joined(placed.chain(of_hosts), phrases.comma);
    let tasks: Vec<&Name> = own()
        .filter(|workload| matches!(workload.kind, Kind::Task { .. }))
        .map(|workload| &workload.name)
        .collect();
    let some = |names: Markdown| Some(names.to_string()).filter(|names| !names.is_empty());
    let check = procedures(facts, ProcedureKind::Check, &turn.component)
        .next()
        .map(|_| format!("{}-{}", anchor(ProcedureKind::Check), turn.component));
    Markdown::written((phrases.order_one)(&OrderStep {
        component: &Markdown::text(&turn.component).to_string(),
        hosts: some(hosts).as_deref(),
        needs: some(names(phrases, &turn.after)).as_deref(),
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
            if let Some(commands) = facts.commands.get(&(component, index, step)) {
                blocks.push(Block::Commands(commands.clone()));
            }
            if let Some(expect) = instruction.expect.as_deref() {
                if expect.is_empty() {
                    blocks.push(Block::Paragraph(Markdown::text(phrases.expect_nothing)));
                } else {
                    blocks.push(Block::Paragraph(Markdown::text(phrases.expect)));
                    blocks.push(Block::Output(expect.to_owned()));
                }
            }
        }
    }
    blocks
}

/// The commands of each step, by component, procedure and step.
pub(super) type Commands<'a> = BTreeMap<(&'a Name, usize, usize), String>;

/// Adds what is typed for each step on a target: each has a plan of its own, in which the same procedure speaks of the
/// target's addresses.
pub(super) fn commands<'a>(commands: &mut Commands<'a>, target: &dyn Target, plan: &'a Plan) {
    let index = Index::of(plan);
    for (component, procedures) in &plan.operations {
        for (number, procedure) in procedures.iter().enumerate() {
            for (step, instruction) in procedure.steps.iter().enumerate() {
                let typed = typed(target, plan, &index, instruction);
                if typed.is_empty() {
                    continue;
                }
                let text: &mut String = commands.entry((component, number, step)).or_default();
                if !text.is_empty() {
                    text.push('\n');
                }
                *text += &format!("# {}\n{}", target.name(), typed.join("\n"));
            }
        }
    }
}

fn typed(
    target: &dyn Target,
    plan: &Plan,
    index: &Index<'_>,
    instruction: &Instruction,
) -> Vec<String> {
    let acts = instruction.acts.iter();
    acts.filter_map(|(member, act)| {
        let member = index
            .placed(member)
            .expect("a component speaks of its own members");
        target.command(plan, member, act)
    })
    .collect()
}
