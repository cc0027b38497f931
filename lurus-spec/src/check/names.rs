//! What is called how, and what setters were given that their types refuse.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Check, Rule, View, name_of};
use crate::literal::Name;
use crate::model::Setting;
use crate::report::{Code, Diagnostic, Origin, Report};

const NAMES_CODE: Code = Code::new("L0101");
const REFUSED_CODE: Code = Code::new("L0102");

/// The longest name of a cluster or a component, in characters: with the longest suffix that components add, and a
/// volume's or an ordinal's after that, it is still a label of 63.
const STEM_MAX: usize = 40;
/// The longest name of a group, in characters: a set of equal pods may be called no longer, because a hash is added.
const GROUP_MAX: usize = 52;

pub(super) const NAMES: Rule = Rule {
    code: NAMES_CODE.as_str(),
    ensures: "Ensure every name is given once, and stays a valid name with all that is derived from it.",
    explain: r"A component's name is an identity: its members, volumes, secrets, scopes and files are called after it. Two things of
one name would write the same volume or answer to the same address, and the second silently replaces the first.

Names of members are `<component>-<n>`, names of volumes `<member>-<volume>`, names of secrets `<component>-<what>`.
Each must be a label of RFC 1123 of at most 63 characters (a set of pods: 52, because a hash of eleven is added), and a
secret is a variable as well, which cannot begin with a digit. So the names of clusters and components begin with a
letter and have at most 40 characters.

To mend it, give one of the two another name, or a shorter one. Renaming a component that runs already makes a new,
empty one: its volumes are called after it.",
    source: "RFC 1123 section 2.1; Kubernetes, object names and StatefulSet's controller-revision-hash",
    check: Check::Described(names),
};

pub(super) const REFUSED: Rule = Rule {
    code: REFUSED_CODE.as_str(),
    ensures: "Ensure every setter was given a text that its type takes.",
    explain: r#"A setter such as `.memory("2GiB")` takes text too, since a description may compute it. What the type refuses is not set:
without this finding the default would be used, and nobody would know. The finding says what the type expects.

Literals are checked while rustc runs, with the place underlined: `.memory(size!("2GiB"))`."#,
    source: "the grammar of each type, in its documentation",
    check: Check::Described(refused),
};

fn names(view: &View<'_>, report: &mut Report) {
    let cluster = &view.cluster.name;
    if !view
        .cluster
        .refused
        .iter()
        .any(|refused| refused.option == "new")
    {
        stem(report, "the cluster", cluster);
    }
    inventory(view, report);

    // What was refused is called `unnamed` for now, which is nobody's mistake.
    let named = || {
        view.declared
            .iter()
            .map(|(component, _)| *component)
            .filter(|component| {
                !component
                    .meta()
                    .refused
                    .iter()
                    .any(|refused| refused.option == "new")
            })
    };
    let mut components: BTreeMap<&Name, Vec<&Origin>> = BTreeMap::new();
    for component in named() {
        let name = &component.meta().name;
        components
            .entry(&name.value)
            .or_default()
            .push(&name.origin);
    }
    for (name, origins) in &components {
        given_once(report, &format!("component {name}"), origins);
    }
    let mut bad: BTreeSet<&Name> = components
        .iter()
        .filter(|(_, origins)| origins.len() > 1)
        .map(|(name, _)| *name)
        .collect();
    for component in named() {
        let name = &component.meta().name;
        if stem(report, "the component", name) {
            bad.insert(&name.value);
        }
    }

    // Parts of a component whose own name is wrong would only say the same again.
    let sound = |name: &Name| components.contains_key(name) && !bad.contains(name);
    let groups = view
        .groups()
        .filter(|(component, _)| sound(name_of(*component)));
    let mut parts: BTreeMap<(&str, &Name), Vec<&Setting<Name>>> = BTreeMap::new();
    for (component, group) in groups {
        let owner = &component.meta().name;
        if group.name.as_str().len() > GROUP_MAX {
            report.push(
                Diagnostic::error(
                    NAMES_CODE,
                    format!(
                        "the name of the group {} has {} characters",
                        group.name,
                        group.name.as_str().len()
                    ),
                )
                .primary(
                    owner.origin.clone(),
                    format!("at most {GROUP_MAX} are allowed"),
                )
                .help("give the component a shorter name"),
            );
        }
        parts.entry(("group", &group.name)).or_default().push(owner);
        for member in &group.members {
            parts
                .entry(("member", &member.name))
                .or_default()
                .push(owner);
        }
    }
    // One component's parts may clash with another's a hundred times; the first clash says it all.
    let mut told: BTreeSet<Vec<&Name>> = BTreeSet::new();
    for ((what, name), owners) in &parts {
        if owners.len() < 2 || !told.insert(owners.iter().map(|owner| &owner.value).collect()) {
            continue;
        }
        let mut finding = Diagnostic::error(
            NAMES_CODE,
            format!("{} {what}s are called {name}", owners.len()),
        );
        for owner in distinct(owners.iter().copied()) {
            finding = finding.primary(
                owner.origin.clone(),
                format!("{} has a {what} of this name", owner.value),
            );
        }
        report.push(finding.help("give one of the components another name"));
    }
}

/// Hosts and networks that are written in code; those of a file are told apart when it is read.
fn inventory(view: &View<'_>, report: &mut Report) {
    let mut hosts: BTreeMap<&str, Vec<&Origin>> = BTreeMap::new();
    for host in view.cluster.inventory.hosts() {
        hosts
            .entry(host.name.as_str())
            .or_default()
            .push(&host.origin);
    }
    for (name, origins) in hosts {
        given_once(report, &format!("host {name}"), &origins);
    }
    let mut networks: BTreeMap<&Name, Vec<&Origin>> = BTreeMap::new();
    for network in view.cluster.inventory.networks() {
        networks
            .entry(&network.name)
            .or_default()
            .push(&network.origin);
    }
    for (name, origins) in networks {
        given_once(report, &format!("network {name}"), &origins);
    }
}

fn given_once(report: &mut Report, what: &str, origins: &[&Origin]) {
    let [first, others @ ..] = origins else {
        return;
    };
    if others.is_empty() {
        return;
    }
    let mut finding = Diagnostic::error(
        NAMES_CODE,
        format!("{what} is described {} times", origins.len()),
    )
    .primary((*first).clone(), "described here");
    for other in others {
        finding = finding.primary((*other).clone(), "and described here");
    }
    report.push(finding.help("give each a name of its own"));
}

/// Whether the name of a cluster or a component cannot begin the names that are derived from it.
fn stem(report: &mut Report, what: &str, name: &Setting<Name>) -> bool {
    let text = name.value.as_str();
    let why = if text.starts_with(|first: char| first.is_ascii_digit()) {
        "begins with a digit, which the variables of its secrets may not".to_owned()
    } else if text.len() > STEM_MAX {
        format!(
            "has {} characters, and at most {STEM_MAX} are allowed",
            text.len()
        )
    } else {
        return false;
    };
    report.push(
        Diagnostic::error(NAMES_CODE, format!("the name of {what} {text} cannot begin other names"))
            .primary(name.origin.clone(), why)
            .note("members, volumes and secrets are called after it, and must be labels of at most 63 characters")
            .help(format!("write a name of at most {STEM_MAX} characters that begins with a letter")),
    );
    true
}

fn distinct<'a>(owners: impl Iterator<Item = &'a Setting<Name>>) -> Vec<&'a Setting<Name>> {
    let mut seen = BTreeSet::new();
    owners.filter(|owner| seen.insert(&owner.value)).collect()
}

fn refused(view: &View<'_>, report: &mut Report) {
    let of_components = view
        .declared
        .iter()
        .flat_map(|(component, _)| component.refused());
    for refused in view.cluster.refused.iter().chain(of_components) {
        report.push(
            Diagnostic::error(
                REFUSED_CODE,
                format!(
                    "`{}` was given `{}`, which it does not take",
                    refused.option,
                    refused.text.escape_debug()
                ),
            )
            .primary(refused.origin.clone(), refused.why.clone()),
        );
    }
}
