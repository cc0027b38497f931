//! `options`: the option tables of the built-in components and of those that the description brings in, the manual out.

use clap::{Args, ValueEnum};
use lurus_spec::component::BUILT_IN;
use lurus_spec::model::{COMMON_OPTIONS, Manual, OptionCost, OptionDoc};
use lurus_spec::report::nearest;
use lurus_spec::target::TARGETS;

use crate::outcome::{Failure, Verdict};
use crate::terminal::{GOOD, HEADING, WIDTH, print, wrap};
use crate::workspace::Workspace;

/// Show what can be set on components, with type, default and the cost of a change
#[derive(Args)]
#[command(after_help = "\
Examples:
  cargo xtask options                                 the components
  cargo xtask options redis-cluster                   what can be set on one
  cargo xtask options --format markdown > OPTIONS.md  all of them, as a document")]
pub(crate) struct Arguments {
    /// The kind of component
    component: Option<String>,
    /// How the manual is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal
    Text,
    /// For a document
    Markdown,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<Verdict, Failure> {
    let manuals = manuals(workspace);
    let chosen = match &arguments.component {
        None => None,
        Some(kind) => Some(find(&manuals, kind)?),
    };
    let text = match (arguments.format, chosen) {
        (Format::Text, None) => list(&manuals),
        (Format::Text, Some(manual)) => page(manual),
        (Format::Markdown, None) => {
            let chapters: Vec<String> = manuals.iter().map(chapter).collect();
            chapters.join("\n")
        }
        (Format::Markdown, Some(manual)) => chapter(manual),
    };
    print(&text)?;
    Ok(Verdict::Fine)
}

/// Built-in kinds, and after them those that only the clusters of `spec/` have.
fn manuals(workspace: &Workspace) -> Vec<Manual> {
    let mut manuals: Vec<Manual> = BUILT_IN.iter().map(|built_in| built_in.manual).collect();
    for cluster in (workspace.spec.clusters)() {
        for component in &cluster.components {
            let manual = component.manual();
            if manuals.iter().all(|known| known.kind != manual.kind) {
                manuals.push(manual);
            }
        }
    }
    manuals
}

fn find<'a>(manuals: &'a [Manual], kind: &str) -> Result<&'a Manual, Failure> {
    let kinds = || manuals.iter().map(|manual| manual.kind);
    manuals
        .iter()
        .find(|manual| manual.kind == kind)
        .ok_or_else(|| {
            let hint = nearest(kind, kinds())
                .map_or_else(String::new, |near| format!("did you mean `{near}`? "));
            let known: Vec<&str> = kinds().collect();
            Failure::Usage(format!(
                "there is no component `{kind}`; {hint}there are: {}",
                known.join(", ")
            ))
        })
}

/// Its own options, then the common ones that it does not replace.
fn options(manual: &Manual) -> impl Iterator<Item = &OptionDoc> {
    let is_replaced =
        |common: &&OptionDoc| manual.options.iter().any(|own| own.name == common.name);
    manual.options.iter().chain(
        COMMON_OPTIONS
            .iter()
            .filter(move |common| !is_replaced(common)),
    )
}

fn list(manuals: &[Manual]) -> String {
    let mut out: String = manuals
        .iter()
        .map(|manual| {
            format!(
                "{HEADING}{}{HEADING:#}\n{}",
                manual.kind,
                wrap(manual.doc, "  ", WIDTH)
            )
        })
        .collect();
    out += "\n`cargo xtask options KIND` shows what can be set on one.\n";
    out
}

fn page(manual: &Manual) -> String {
    let mut out = format!(
        "{HEADING}{}{HEADING:#}\n{}",
        manual.kind,
        wrap(manual.doc, "  ", WIDTH)
    );
    for option in options(manual) {
        out += &format!(
            "\n{GOOD}.{}({}){GOOD:#}\n{}    default: {}\n    a change costs: {}\n",
            option.name,
            option.ty,
            wrap(option.doc, "    ", WIDTH),
            default(option),
            cost(option.cost)
        );
        if let Some(targets) = idle_on(option) {
            out += &format!("    does nothing on: {targets}\n");
        }
    }
    out
}

fn chapter(manual: &Manual) -> String {
    let mut out = format!(
        "## {}\n\n{}\n\n| option | type | default | a change costs | |\n|---|---|---|---|---|\n",
        manual.kind, manual.doc
    );
    for option in options(manual) {
        let cells = [
            format!("`{}`", option.name),
            format!("`{}`", option.ty),
            default(option).to_owned(),
            cost(option.cost).to_owned(),
            option
                .doc
                .split_whitespace()
                .map(str::to_owned)
                .chain(idle_on(option).map(|targets| format!("It does nothing on {targets}.")))
                .collect::<Vec<_>>()
                .join(" "),
        ];
        let cells = cells.map(|cell| cell.replace('|', "\\|"));
        out += &format!("| {} |\n", cells.join(" | "));
    }
    out
}

fn default(option: &OptionDoc) -> &str {
    option.default.unwrap_or("none: it must be given")
}

/// The targets that cannot honour an option; none where each can.
fn idle_on(option: &OptionDoc) -> Option<String> {
    let ability = option.needs?;
    let lack = TARGETS.iter().filter(|target| !target.has(ability));
    let names: Vec<String> = lack.map(|target| format!("`{}`", target.name())).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// What a change costs, as the end of a sentence.
pub(crate) fn cost(cost: OptionCost) -> &'static str {
    match cost {
        OptionCost::Nothing => "nothing",
        OptionCost::Reload => "a reload",
        OptionCost::Restart => "a restart, in a new container",
        OptionCost::Recreate => "a new container",
        OptionCost::Procedure => "steps over the whole cluster, in an order",
        OptionCost::DataDanger => "danger to data",
    }
}
