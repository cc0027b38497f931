//! Whether the texts of a plan can be carried to the programs that read them.

use crate::check::{Check, Rule};
use crate::plan::check::origin;
use crate::plan::{Piece, Plan, Text};
use crate::report::{Code, Diagnostic, Report};

const CARRIED_CODE: Code = Code::new("L1009");

pub(super) const CARRIED: Rule = Rule {
    code: CARRIED_CODE.as_str(),
    ensures: "Ensure commands and variables hold no control characters.",
    explain: r"Variables and arguments end at a zero byte, so that a text with one arrives cut. A line break ends a variable in a file of
variables, and what follows it is read as the next one; other control characters are dropped by some readers and kept by
others. A value that is not the same everywhere is refused instead of changed.

Leave the character out. A text of several lines belongs into a file that the program is given, not into a variable.",
    source: "POSIX, execve(): arguments and environment; YAML 1.2 section 5.1 (character set)",
    check: Check::Planned(carried),
};

fn carried(plan: &Plan, report: &mut Report) {
    for workload in &plan.workloads {
        let mut check = |place: String, text: &Text| {
            if let Some(bad) = control_character(text) {
                report.push(
                    Diagnostic::error(
                        CARRIED_CODE,
                        format!(
                            "{place} of {} has the control character `{}`",
                            workload.name,
                            bad.escape_default()
                        ),
                    )
                    .primary(
                        origin(workload),
                        format!("a part of {}", workload.component),
                    )
                    .help("leave it out, or write the text into a file"),
                );
            }
        };
        for text in &workload.command {
            check("the command".to_owned(), text);
        }
        for text in workload.health.iter().flat_map(|health| &health.command) {
            check("the health check".to_owned(), text);
        }
        for (name, text) in &workload.env {
            check(format!("the variable {name}"), text);
        }
    }
}

fn control_character(text: &Text) -> Option<char> {
    text.pieces().iter().find_map(|piece| match piece {
        Piece::Literal(text) => text.chars().find(|c| c.is_control()),
        Piece::Hole(_) => None,
    })
}
