//! Whether what a target does not honour is known to whoever describes the cluster.

use crate::check::{Check, Rule, listed};
use crate::model::Omitted;
use crate::plan::{Plan, Unmet};
use crate::report::{Code, Diagnostic, Report};

const UNMET_CODE: Code = Code::new("L0920");
const OMITTED_CODE: Code = Code::new("L0921");

pub(super) const UNMET: Rule = Rule {
    code: UNMET_CODE.as_str(),
    ensures: "Ensure a target honours what is said, or the description says that it does without.",
    explain: r#"One description is written for several targets, and not each of them can do everything that is said: one engine has no
hosts of which one could be lost, a host has no parts that start alone, and pods are not on the networks of a site. A
setting that needs what a target does not have does nothing there. That must not happen without a word: whoever reads
the setting takes it for true, and whoever tries the cluster on such a target takes that for a proof of it.

Look at what the setting would do, and whether that may be missing there. If so, say it in the description:

    cluster.omit(Ability::Hosts, "local");

A component of which the target can write nothing, such as a program of the hosts themselves, is left out as a whole, and
so is one whose settings are lost because the platform does in its own way what the component is for:

    cluster.omit(&vip, "local");

The book of the cluster lists what each target does not honour. `cargo xtask options` says of each option on which targets
it does nothing."#,
    source: "each target's own answer to what it has (`Target::has`), and what each option needs (`needs = …`)",
    check: Check::Planned(unmet),
};

pub(super) const OMITTED: Rule = Rule {
    code: OMITTED_CODE.as_str(),
    ensures: "Ensure what a target is said to do without is something that it does not honour.",
    explain: r#"`cluster.omit(Ability::Stacks, "hosts")` says that a target does without something that settings need. Where no setting needs
it, or the target has it, the line says what is not so: readers believe that something is lost, and when a setting comes
that does need it, nobody is asked whether it may be.

Leave the line out."#,
    source: "the meaning of `Cluster::omit`",
    check: Check::Planned(omitted),
};

fn unmet(plan: &Plan, report: &mut Report) {
    for Unmet {
        on,
        what,
        said,
        accepted,
    } in &plan.unmet
    {
        if accepted.is_some() {
            continue;
        }
        let mut finding = match (said.as_slice(), what) {
            ([one], _) => Diagnostic::error(UNMET_CODE, format!("`{on}` cannot honour {one}")),
            (several, _) => {
                let options = several.iter().filter_map(|said| said.option);
                let options = listed(options.map(|option| format!("`{option}`")));
                Diagnostic::error(UNMET_CODE, format!("`{on}` cannot honour {options}"))
            }
        };
        for said in said {
            let text = match said.option {
                Some(_) => said.to_string(),
                None => "a program of the hosts themselves, which are not set up there".to_owned(),
            };
            finding = finding.primary(said.origin.clone(), text);
        }
        let without = format!("say `cluster.omit({what}, \"{on}\")` if `{on}` may do without");
        let left = match what {
            Omitted::Component(name) => plan.left_to_platform.get(name),
            Omitted::Ability(ability) => {
                finding = finding.note(format!("on `{on}`, {}", ability.without()));
                None
            }
        };
        report.push(match left {
            Some(duty) => finding
                .note(format!("the platform {}, in its own way", duty.says()))
                .help(format!(
                    "{without}, or `cluster.keep({what}, \"{on}\")` if it may not"
                )),
            None => finding.help(without),
        });
    }
}

fn omitted(plan: &Plan, report: &mut Report) {
    for Unmet {
        on,
        what,
        said,
        accepted,
    } in &plan.unmet
    {
        if let (Some(origin), [], Omitted::Ability(_)) = (accepted, said.as_slice(), what) {
            report.push(
                Diagnostic::error(
                    OMITTED_CODE,
                    format!("`{on}` honours whatever is said of `{what}`"),
                )
                .primary(origin.clone(), "nothing is lost by it")
                .help("leave it out"),
            );
        }
    }
}
