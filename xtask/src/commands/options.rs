//! `options`: the option tables of the built-in components in, the manual out.

use clap::{Args, ValueEnum};
use lurus_spec::component::{BUILT_IN, BuiltIn};
use lurus_spec::model::{COMMON_OPTIONS, OptionCost, OptionDoc};
use lurus_spec::report::nearest;

use crate::outcome::{Failure, Verdict};
use crate::terminal::{GOOD, HEADING, WIDTH, print, wrap};

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

pub(crate) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let chosen = match &arguments.component {
        None => None,
        Some(kind) => Some(find(kind)?),
    };
    let text = match (arguments.format, chosen) {
        (Format::Text, None) => list(),
        (Format::Text, Some(built_in)) => page(built_in),
        (Format::Markdown, None) => {
            let chapters: Vec<String> = BUILT_IN.iter().map(chapter).collect();
            chapters.join("\n")
        }
        (Format::Markdown, Some(built_in)) => chapter(built_in),
    };
    print(&text)?;
    Ok(Verdict::Fine)
}

fn find(kind: &str) -> Result<&'static BuiltIn, Failure> {
    let kinds = || BUILT_IN.iter().map(|built_in| built_in.kind);
    BUILT_IN
        .iter()
        .find(|built_in| built_in.kind == kind)
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
fn options(built_in: &BuiltIn) -> impl Iterator<Item = &OptionDoc> {
    let is_replaced =
        |common: &&OptionDoc| built_in.options.iter().any(|own| own.name == common.name);
    built_in.options.iter().chain(
        COMMON_OPTIONS
            .iter()
            .filter(move |common| !is_replaced(common)),
    )
}

fn list() -> String {
    let mut out: String = BUILT_IN
        .iter()
        .map(|built_in| {
            format!(
                "{HEADING}{}{HEADING:#}\n{}",
                built_in.kind,
                wrap(built_in.doc, "  ", WIDTH)
            )
        })
        .collect();
    out += "\n`cargo xtask options KIND` shows what can be set on one.\n";
    out
}

fn page(built_in: &BuiltIn) -> String {
    let mut out = format!(
        "{HEADING}{}{HEADING:#}\n{}",
        built_in.kind,
        wrap(built_in.doc, "  ", WIDTH)
    );
    for option in options(built_in) {
        out += &format!(
            "\n{GOOD}.{}({}){GOOD:#}\n{}    default: {}\n    a change costs: {}\n",
            option.name,
            option.ty,
            wrap(option.doc, "    ", WIDTH),
            default(option),
            cost(option.cost)
        );
    }
    out
}

fn chapter(built_in: &BuiltIn) -> String {
    let mut out = format!(
        "## {}\n\n{}\n\n| option | type | default | a change costs | |\n|---|---|---|---|---|\n",
        built_in.kind, built_in.doc
    );
    for option in options(built_in) {
        let cells = [
            format!("`{}`", option.name),
            format!("`{}`", option.ty),
            default(option).to_owned(),
            cost(option.cost).to_owned(),
            option.doc.split_whitespace().collect::<Vec<_>>().join(" "),
        ];
        let cells = cells.map(|cell| cell.replace('|', "\\|"));
        out += &format!("| {} |\n", cells.join(" | "));
    }
    out
}

fn default(option: &OptionDoc) -> &str {
    option.default.unwrap_or("none: it must be given")
}

fn cost(cost: OptionCost) -> &'static str {
    match cost {
        OptionCost::Nothing => "nothing",
        OptionCost::Reload => "a reload",
        OptionCost::Restart => "a restart",
        OptionCost::Recreate => "a new container",
        OptionCost::Procedure => "steps over the whole cluster, in an order",
        OptionCost::DataDanger => "danger to data",
    }
}
