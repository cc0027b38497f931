//! `graph`: a cluster in, a picture of who connects to whom out, as Mermaid text.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use lurus_spec::literal::Name;
use lurus_spec::model::Cluster;
use lurus_spec::plan::{Kind, Plan, Remote, Workload};

use crate::description::{self, Warnings};
use crate::outcome::{Failure, Verdict};
use crate::terminal::{count, print};
use crate::workspace::Workspace;

/// Draw who connects to whom, as Mermaid text
#[derive(Args)]
#[command(after_help = "\
Example:
  cargo xtask graph minimal > minimal.mmd

GitHub, GitLab and many editors draw it, in a code block of the language `mermaid`.")]
pub(crate) struct Arguments {
    /// The cluster's name
    cluster: String,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<Verdict, Failure> {
    let description = description::compiled(workspace, Some(&arguments.cluster), Warnings::Hidden)?;
    let clusters = description::clusters(workspace, Some(&arguments.cluster))?;
    for (cluster, compiled) in clusters.iter().zip(&description.compiled) {
        // Flows are the same in every target.
        if let Some(plan) = compiled.plans.values().next() {
            print(&mermaid(cluster, plan))?;
        }
    }
    Ok(Verdict::Fine)
}

/// A box for each component with its workloads in it, and an arrow for each pair of workloads that connect.
fn mermaid(cluster: &Cluster, plan: &Plan) -> String {
    let kinds: BTreeMap<&Name, &str> = cluster
        .components
        .iter()
        .map(|component| (&component.meta().name.value, component.kind()))
        .collect();
    let mut components: BTreeMap<&Name, Vec<&Workload>> = BTreeMap::new();
    for workload in &plan.workloads {
        components
            .entry(&workload.component)
            .or_default()
            .push(workload);
    }
    let mut out = "flowchart LR\n".to_owned();
    for (component, workloads) in &components {
        let kind = kinds.get(component).copied().unwrap_or_default();
        let title = if kind == component.as_str() {
            kind.to_owned()
        } else {
            format!("{component} ({kind})")
        };
        out += &format!("  subgraph {}[\"{title}\"]\n", id("c", component));
        for workload in workloads {
            let text = format!(
                "{}<br/>{}",
                workload.name,
                count(workload.members.len(), "member")
            );
            out += &match workload.kind {
                Kind::Service => format!("    {}[\"{text}\"]\n", id("w", &workload.name)),
                Kind::Task { .. } => format!("    {}([\"{text}\"])\n", id("w", &workload.name)),
            };
        }
        out += "  end\n";
    }
    let mut arrows: BTreeMap<(&Name, &Name), BTreeSet<String>> = BTreeMap::new();
    for flow in &plan.flows {
        arrows
            .entry((&flow.from, &flow.to))
            .or_default()
            .insert(flow.port.to_string());
    }
    for ((from, to), ports) in arrows {
        let ports: Vec<String> = ports.into_iter().collect();
        out += &format!(
            "  {} -->|\"{}\"| {}\n",
            id("w", from),
            ports.join(", "),
            id("w", to)
        );
    }
    let outside: BTreeSet<&Remote> = plan.departures.iter().map(|way| &way.to).collect();
    for (index, remote) in (1..).zip(&outside) {
        out += &format!("  outside_{index}{{{{\"{remote}\"}}}}\n");
        let from = plan.departures.iter().filter(|way| way.to == **remote);
        for departure in from {
            out += &format!("  {} --> outside_{index}\n", id("w", &departure.from));
        }
    }
    out
}

/// A name as Mermaid takes it, where `end` and a dash mean something: names differ only in letters, digits and dashes.
fn id(prefix: &str, name: &Name) -> String {
    format!("{prefix}_{}", name.as_str().replace('-', "_"))
}
