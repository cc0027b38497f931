//! What the book of a cluster says, for the test that does it.
//!
//! In: a compiled cluster. Out: a procedure, step by step, as `lurus-e2e --follow` reads it. Commands are those that the target
//! writes into the book; nothing is added to them.

use camino::Utf8Path;
use lurus_spec::Compiled;
use lurus_spec::plan::{Index, Instruction, Plan, ProcedureKind};
use lurus_spec::target::Target as _;
use lurus_spec::target::hosts::Hosts;
use lurus_spec::target::local::Local;
use serde_json::{Value, json};

/// Giving a role of `component` to another member. `root` has the generated files in the folder `generated`, and in the folder
/// `new` those of the description that the procedure asks for.
pub(super) fn switchover(compiled: &Compiled, component: &str, root: &Utf8Path) -> Value {
    let plan = &compiled.plans[Local.name()];
    let procedures = plan
        .operations
        .iter()
        .find(|(name, _)| name.as_str() == component);
    let procedure = procedures
        .into_iter()
        .flat_map(|(_, procedures)| procedures)
        .find(|procedure| procedure.kind == ProcedureKind::Switchover)
        .expect("the component says how to switch over");
    let steps = procedure.steps.iter();
    let steps: Vec<Value> = steps.map(|step| typed(plan, compiled, step)).collect();
    json!({"title": procedure.title.to_string(), "directory": root.as_str(), "steps": steps})
}

/// The steps of a component's procedures of a kind, as the book has them for hosts: each line with the member that it is about.
pub(super) fn steps(plan: &Plan, component: &str, kind: ProcedureKind) -> Vec<Value> {
    let index = Index::of(plan);
    let own = plan.operations.iter();
    let own = own.filter(|(name, _)| name.as_str() == component);
    let procedures = own.flat_map(|(_, procedures)| procedures);
    let steps = procedures
        .filter(|procedure| procedure.kind == kind)
        .flat_map(|procedure| &procedure.steps);
    let steps = steps.map(|step| {
        let lines = step.acts.iter().filter_map(|(name, act)| {
            let types = Hosts.command(plan, index.placed(name)?, act)?;
            Some(json!({"member": name.as_str(), "types": types}))
        });
        let lines: Vec<Value> = lines.collect();
        json!({"says": step.says.to_string(), "lines": lines, "expect": step.expect})
    });
    steps.collect()
}

/// What is typed for one step. A step without a command asks for another description: its files replace the old ones, and the
/// cluster is brought up with them as it was the first time.
fn typed(plan: &Plan, compiled: &Compiled, step: &Instruction) -> Value {
    let mut commands: Vec<String> = step
        .acts
        .iter()
        .filter_map(|(name, act)| {
            let (_, member) = plan.member(name)?;
            Local.command(plan, member, act)
        })
        .collect();
    if commands.is_empty() {
        let name = &compiled.name;
        commands.push(format!(
            "cp --recursive --remove-destination new/generated/{name}/. generated/{name}"
        ));
        let up = Local.start(plan).into_iter().map(|step| step.command);
        commands.extend(
            up.filter(|command| command.starts_with("docker compose"))
                .take(1),
        );
    }
    json!({"says": step.says.to_string(), "commands": commands, "expect": step.expect})
}
