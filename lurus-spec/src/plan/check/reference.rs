//! What a plan's texts and tasks refer to.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Check, Rule, listed};
use crate::literal::{HostName, Name, SecretName};
use crate::plan::check::{by_name, origin};
use crate::plan::{Contract, Kind, Member, Plan, Symbol, Text, Whose, Workload, holes_of_tree};
use crate::report::{Code, Diagnostic, Report};

const SECRETS_CODE: Code = Code::new("L0406");
const SYMBOLS_CODE: Code = Code::new("L1002");
const ORDER_CODE: Code = Code::new("L1003");

pub(super) const SECRETS: Rule = Rule {
    code: SECRETS_CODE.as_str(),
    ensures: "Ensure every secret that is used is declared, and warn of those that nothing uses.",
    explain: r"`cargo xtask secrets` makes a value for each declared secret. One that is used and not declared has no value: the program that
asks for it does not start. One that is declared and not used is made, kept and rotated for nothing, and mostly means
that a setting is missing which was to use it.

Declare the secret, on its component or with `cluster.secret(…)`, or leave the declaration out.",
    source: "the meaning of a secret in a plan",
    check: Check::Planned(secrets),
};

pub(super) const SYMBOLS: Rule = Rule {
    code: SYMBOLS_CODE.as_str(),
    ensures: "Ensure every hole of a text can be filled for every member, and secrets stand in variables only.",
    explain: r"A text may have holes that only a target can fill: the member's own address, one of its ports, the member of another workload
that lives beside it, a secret. A hole for a port that a member does not have, or for a neighbour on a host that carries
none, has nothing to be filled with. A secret in a file would be written to disk and into the repository, and one in a
command is seen by everyone who lists processes.

This is a mistake in the code of a component: compare the names of ports, ask for a stable address where the own IP is
used, and read secrets from variables.",
    source: "the meaning of a plan: a secret appears in variables only",
    check: Check::Planned(symbols),
};

pub(super) const ORDER: Rule = Rule {
    code: ORDER_CODE.as_str(),
    ensures: "Ensure every task follows workloads that exist, and no two tasks wait for each other.",
    explain: r"A task, such as one that creates streams, names the workloads that it works on. Where one of them does not exist, the task is
never started; where tasks follow each other in a circle, none of them is.

This is a mistake in the code of a component: compare the names in `Kind::Task`.",
    source: "the meaning of a plan: nothing waits for a service, and a task runs to its end",
    check: Check::Planned(order),
};

fn secrets(plan: &Plan, report: &mut Report) {
    let declared: BTreeSet<&SecretName> = plan.secrets.iter().map(|secret| &secret.name).collect();
    let mut used: BTreeSet<SecretName> = BTreeSet::new();
    for workload in &plan.workloads {
        for name in workload.secrets() {
            if !declared.contains(name) {
                report.push(
                    Diagnostic::error(
                        SECRETS_CODE,
                        format!("secret {name} is used and not declared"),
                    )
                    .primary(
                        origin(workload),
                        format!("a variable of {} refers to it", workload.name),
                    )
                    .help(format!("declare it: `cluster.secret(\"{name}\")`")),
                );
            }
            used.insert(name.clone());
        }
    }
    for contract in &plan.contracts {
        for symbol in holes_of_tree(&contract.entry) {
            if let Symbol::Secret(name) = symbol {
                if !declared.contains(&name) {
                    report.push(at_component(
                        plan,
                        contract,
                        Diagnostic::error(
                            SECRETS_CODE,
                            format!(
                                "secret {name} is told to clients of {}, and not declared",
                                contract.component
                            ),
                        ),
                    ));
                }
                used.insert(name);
            }
        }
    }
    for secret in plan
        .secrets
        .iter()
        .filter(|secret| !used.contains(&secret.name))
    {
        report.push(
            Diagnostic::warning(SECRETS_CODE, format!("nothing uses secret {}", secret.name))
                .primary(
                    secret.origin.clone(),
                    format!("declared by {}", secret.owner),
                )
                .help("leave it out, or refer to it"),
        );
    }
}

/// What a plan can fill holes with.
struct Known<'p> {
    workloads: BTreeMap<&'p Name, &'p Workload>,
    members: BTreeMap<&'p Name, &'p Member>,
}

fn symbols(plan: &Plan, report: &mut Report) {
    let known = Known {
        workloads: by_name(plan),
        members: plan
            .workloads
            .iter()
            .flat_map(|workload| &workload.members)
            // Of two members of one name, the first, as in `Plan::member`.
            .rev()
            .map(|member| (&member.name, member))
            .collect(),
    };
    for workload in &plan.workloads {
        let health = workload.health.iter().flat_map(|health| &health.command);
        let words = workload.command.iter().chain(health);
        let mut open: BTreeSet<Symbol> = words.flat_map(Text::holes).cloned().collect();
        for file in workload.all_config().flat_map(|dir| &dir.files) {
            open.extend(file.body.holes());
        }
        let in_variables: BTreeSet<&Symbol> = workload.env.values().flat_map(Text::holes).collect();
        let mut why: BTreeSet<String> = open
            .iter()
            .chain(in_variables)
            .filter_map(|symbol| known.unfilled(workload, symbol))
            .collect();
        why.extend(open.iter().filter_map(|symbol| match symbol.whose() {
            Whose::Secret(name) => Some(format!("secret {name} stands in a file or a command")),
            Whose::Own | Whose::Named(..) => None,
        }));
        for port in &workload.published {
            if workload
                .members
                .iter()
                .any(|member| member.port(port).is_none())
            {
                why.insert(format!("no port `{port}` to publish"));
            }
        }
        for why in why {
            report.push(
                Diagnostic::error(
                    SYMBOLS_CODE,
                    format!("{} cannot be written: {why}", workload.name),
                )
                .primary(
                    origin(workload),
                    format!("a part of {}", workload.component),
                ),
            );
        }
    }
    for contract in &plan.contracts {
        for symbol in holes_of_tree(&contract.entry) {
            let why = match symbol.whose() {
                Whose::Secret(_) => None,
                Whose::Named(member, port) => known.outside(member, port),
                Whose::Own => Some("they are no member, and have nothing of their own".to_owned()),
            };
            if let Some(why) = why {
                report.push(at_component(
                    plan,
                    contract,
                    Diagnostic::error(
                        SYMBOLS_CODE,
                        format!(
                            "clients of {} cannot be told how to reach it: {why}",
                            contract.component
                        ),
                    ),
                ));
            }
        }
    }
}

/// Points a finding about a contract at the component that offers it.
fn at_component(plan: &Plan, contract: &Contract, finding: Diagnostic) -> Diagnostic {
    let offering = plan
        .workloads
        .iter()
        .find(|workload| workload.component == contract.component);
    match offering {
        Some(workload) => finding.primary(
            origin(workload),
            format!("a part of {}", contract.component),
        ),
        None => finding,
    }
}

impl Known<'_> {
    /// Why a hole in a text of a workload cannot be filled for all of its members.
    fn unfilled(&self, workload: &Workload, symbol: &Symbol) -> Option<String> {
        match symbol {
            Symbol::OwnName
            | Symbol::OwnIndex
            | Symbol::OwnHost
            | Symbol::OwnAddress
            | Symbol::OwnBind
            | Symbol::FirstElse(..)
            | Symbol::Secret(_) => None,
            Symbol::OwnIp => (!workload.stable_address)
                .then(|| "it uses its own IP address, and asks for none that is stable".to_owned()),
            Symbol::OwnPort(port) => workload
                .members
                .iter()
                .any(|member| member.port(port).is_none())
                .then(|| format!("it has no port `{port}`")),
            Symbol::Beside(other, port)
            | Symbol::BesideAddress(other, port)
            | Symbol::BesidePort(other, port)
            | Symbol::EachBeside(other, port) => self.beside(workload, other, port),
            Symbol::Lasting(member, port) => self.lasting(member, port),
            Symbol::Outside(member, port) | Symbol::Inside(member, port) => {
                self.outside(member, port)
            }
        }
    }

    fn beside(&self, workload: &Workload, other: &Name, port: &str) -> Option<String> {
        let Some(other) = self.workloads.get(other) else {
            return Some(format!("there is no {other} beside it"));
        };
        let serving: BTreeSet<&HostName> = other
            .members
            .iter()
            .filter(|member| member.port(port).is_some())
            .map(|member| &member.host)
            .collect();
        let alone: BTreeSet<&HostName> = workload
            .members
            .iter()
            .map(|member| &member.host)
            .filter(|host| !serving.contains(host))
            .collect();
        (!alone.is_empty()).then(|| {
            format!(
                "there is no `{port}` of {} on {}",
                other.name,
                listed(alone)
            )
        })
    }

    fn lasting(&self, member: &Name, port: &str) -> Option<String> {
        self.outside(member, port).or_else(|| {
            let owner = self
                .workloads
                .values()
                .find(|workload| workload.members.iter().any(|known| &known.name == member))?;
            (!owner.stable_address).then(|| {
                format!(
                    "it writes down the address of {member}, which asks for none that is stable"
                )
            })
        })
    }

    fn outside(&self, member: &Name, port: &str) -> Option<String> {
        match self.members.get(member) {
            None => Some(format!("there is no member {member}")),
            Some(found) => found
                .port(port)
                .is_none()
                .then(|| format!("{member} has no port `{port}`")),
        }
    }
}

fn order(plan: &Plan, report: &mut Report) {
    let workloads = by_name(plan);
    let mut waits: BTreeMap<&Name, BTreeSet<&Name>> = BTreeMap::new();
    for workload in &plan.workloads {
        let Kind::Task { after } = &workload.kind else {
            continue;
        };
        for name in after {
            match workloads.get(name) {
                None => report.push(
                    Diagnostic::error(
                        ORDER_CODE,
                        format!(
                            "{} follows {name}, which the plan does not have",
                            workload.name
                        ),
                    )
                    .primary(
                        origin(workload),
                        format!("a part of {}", workload.component),
                    ),
                ),
                Some(other) => match &other.kind {
                    Kind::Task { .. } => {
                        waits.entry(&workload.name).or_default().insert(name);
                    }
                    // A service waits for nothing, so it is in no circle.
                    Kind::Service => {}
                },
            }
        }
    }
    // Tasks that wait for no task that is left are in no circle.
    loop {
        let left: BTreeSet<&Name> = waits.keys().copied().collect();
        waits.retain(|_, others| others.iter().any(|other| left.contains(other)));
        if waits.len() == left.len() {
            break;
        }
    }
    if waits.is_empty() {
        return;
    }
    let mut finding = Diagnostic::error(
        ORDER_CODE,
        format!("{} can never start", listed(waits.keys())),
    );
    for (name, others) in &waits {
        finding = finding.primary(
            origin(workloads[*name]),
            format!("{name} follows {}", listed(others)),
        );
    }
    report.push(finding);
}
