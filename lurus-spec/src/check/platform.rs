//! What is left to a platform, and what the rest of a cluster asks of it then.

use crate::check::reference::wishes;
use crate::check::{Check, Rule, View, name_of};
use crate::component::{Component, Platform, Reach};
use crate::literal::Name;
use crate::model::Omitted;
use crate::plan::Duty;
use crate::report::{Code, Diagnostic, Report};
use crate::target::TARGETS;

const ANSWERED_CODE: Code = Code::new("L0906");
const KEPT_CODE: Code = Code::new("L0907");
const LED_CODE: Code = Code::new("L0908");

pub(super) const ANSWERED: Rule = Rule {
    code: ANSWERED_CODE.as_str(),
    ensures: "Ensure nobody needs a component that a target leaves to its platform, where the platform has no answer of its own.",
    explain: r#"A target whose platform does by itself what a component is for leaves the component out: on `k3s` there is no Consul, since
Kubernetes knows what serves where. Whoever asks by way of the platform goes on working: clients of a role, and members
that elect one among themselves. But a program that was given the address of the component itself, to speak its protocol,
would find nobody there.

Keep the component on that target, or leave out there what needs it:

    cluster.keep(&consul, "k3s");"#,
    source: "the meaning of a need, and of `Duty`: `lurus-spec/src/plan/duty.rs`",
    check: Check::Described(answered),
};

pub(super) const KEPT: Rule = Rule {
    code: KEPT_CODE.as_str(),
    ensures: "Ensure what is kept on a target would be left to its platform without that.",
    explain: r#"`cluster.keep(&consul, "k3s")` keeps a component where the platform does by itself what it is for. Said of a target
whose platform does nothing of the kind, it changes nothing, and whoever reads the description believes otherwise. Said of a component that is also left out there, one of the two is a mistake.

Leave the line out."#,
    source: "what each platform does: `Target::duties` in `lurus-spec/src/target/mod.rs`",
    check: Check::Described(kept),
};

pub(super) const LED: Rule = Rule {
    code: LED_CODE.as_str(),
    ensures: "Ensure a platform that leads clients to roles by itself knows who holds those that are needed.",
    explain: r#"Where the platform leads clients to whoever holds a role, the balancer of the description is left out. That works for a
member that the description names, and for members that elect one in what the platform keeps, since the platform sees who
has the lock. Who holds any other role is known only to a program that asks the members: with a store of their own, the
platform learns nothing of their election.

Keep the balancer there, or let members elect by way of the platform:

    cluster.keep(&haproxy, "k3s");"#,
    source: "Kubernetes: a Service leads to what its selector or its Endpoints name; Patroni 3.2: only members that elect in \
             objects of Kubernetes write either",
    check: Check::Described(led),
};

fn led(view: &View<'_>, report: &mut Report) {
    let Some(Platform { target, .. }) = view.site.platform.get() else {
        return;
    };
    if !view.site.does(Duty::Balancing) {
        return;
    }
    let by_name = view.by_name();
    let fronts = view.fronts();
    for (component, declaration) in &view.declared {
        for need in &declaration.needs {
            let wanted = &need.endpoint;
            let endpoint = by_name
                .get(&wanted.component)
                .and_then(|declaration| declaration.endpoint(&wanted.endpoint));
            let known = endpoint.is_none_or(|endpoint| match endpoint.reach {
                Reach::Role => endpoint.held.is_some() || fronts.contains(wanted),
                Reach::Each | Reach::Any => true,
            });
            if known {
                continue;
            }
            let target = target.name();
            let mut all = view.cluster.components.iter();
            let balancer = all.find(|other| other.duty() == Some(Duty::Balancing));
            let finding = Diagnostic::error(
                LED_CODE,
                format!("`{target}` does not know who is `{}` of {}", wanted.endpoint, wanted.component),
            )
            .primary(need.origin.clone(), format!("{} needs it", name_of(*component)))
            .note("the balancer of the description is left out there, and members tell the platform nothing");
            report.push(match balancer {
                Some(balancer) => {
                    let name = name_of(balancer.as_ref());
                    finding.help(format!("say `{}`", keep(name, target)))
                }
                None => finding.help(format!("add a balancer in front of {}", wanted.component)),
            });
        }
    }
}

/// How a component is kept.
fn keep(component: &Name, target: &str) -> String {
    let variable = component.as_str().replace('-', "_");
    format!("cluster.keep(&{variable}, \"{target}\")")
}

fn answered(view: &View<'_>, report: &mut Report) {
    let Some(Platform { target, .. }) = view.site.platform.get() else {
        return;
    };
    for (component, wanted, origin) in wishes(view) {
        let left = &wanted.component;
        let Some(duty) = view.site.left_to_platform(left) else {
            continue;
        };
        let target = target.name();
        report.push(
            Diagnostic::error(
                ANSWERED_CODE,
                format!(
                    "{} needs `{}` of {left}, which `{target}` leaves to its platform",
                    name_of(component),
                    wanted.endpoint
                ),
            )
            .primary(origin.clone(), "nobody answers there")
            .note(format!(
                "the platform {}, and answers no client of {left}",
                duty.says()
            ))
            .help(format!("say `{}`", keep(left, target))),
        );
    }
}

fn kept(view: &View<'_>, report: &mut Report) {
    // It is about the description, which every target has.
    if view.site.platform.get().is_some() {
        return;
    }
    let cluster = view.cluster;
    for (name, target) in &cluster.kept {
        let on = &target.value;
        let finding = |title: String, why: String| {
            Diagnostic::error(KEPT_CODE, title).primary(target.origin.clone(), why)
        };
        let mut all = cluster.components.iter().map(AsRef::as_ref);
        let component: Option<&dyn Component> = all.find(|other| name_of(*other) == name);
        // A target that does not exist is the finding of another rule.
        let Some(place) = TARGETS.iter().find(|place| place.name() == on.as_str()) else {
            continue;
        };
        let duty = component.and_then(Component::duty);
        let does = duty.is_some_and(|duty| place.duties().contains(&duty));
        let mut omitted = cluster.omitted.iter();
        let omitted = omitted.find(|(of, other)| {
            matches!(of, Omitted::Component(of) if of == name) && &other.value == on
        });
        if !does {
            report.push(
                finding(
                    format!("{name} is on `{on}` without being kept"),
                    "changes nothing".to_owned(),
                )
                .help("leave `keep` out"),
            );
        } else if let Some((_, left_out)) = omitted {
            report.push(
                finding(
                    format!("{name} is kept on `{on}` and left out there"),
                    "is kept".to_owned(),
                )
                .primary(left_out.origin.clone(), "is left out")
                .help("leave one of the two out"),
            );
        }
    }
}
