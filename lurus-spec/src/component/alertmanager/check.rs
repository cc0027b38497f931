//! Rules of Alertmanager.

use std::collections::BTreeMap;

use crate::check::{Check, Rule, View};
use crate::component::alertmanager::{Alertmanager, NOBODY};
use crate::report::{Code, Diagnostic, Origin, Report};

const RECEIVERS_CODE: Code = Code::new("L1131");

/// The rules of this product, by code.
pub const RULES: &[Rule] = &[Rule {
    code: RECEIVERS_CODE.as_str(),
    ensures: "Ensure every receiver of alerts has a name of its own.",
    explain: r"Routes find receivers by their names: Alertmanager refuses a configuration with two of one name, and does not start with it.
A member that runs goes on with its old one, so that nobody hears of what was added since.

`nobody` is the receiver of what no other one wants to hear of: give yours another name.",
    source: "Alertmanager 0.26, configuration: `notification config name … is not unique`",
    check: Check::Described(receivers),
}];

fn receivers(view: &View<'_>, report: &mut Report) {
    for (alertmanager, _) in view.all::<Alertmanager>() {
        let mut seen: BTreeMap<&str, &Origin> = BTreeMap::new();
        for receiver in &alertmanager.receivers {
            let name = receiver.value.name.as_str();
            let finding = |title: String| {
                Diagnostic::error(RECEIVERS_CODE, title)
                    .primary(receiver.origin.clone(), "")
                    .help("give it another name")
            };
            if name == NOBODY {
                report.push(finding(format!("a receiver is called `{NOBODY}`")));
            } else if let Some(first) = seen.insert(name, &receiver.origin) {
                report.push(
                    finding(format!("there are two receivers `{name}`"))
                        .secondary(first.clone(), "this is the other one"),
                );
            }
        }
    }
}
