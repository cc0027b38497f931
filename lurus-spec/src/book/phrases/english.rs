//! The book in English.

use super::{OrderStep, Phrases, lost};
use crate::model::OptionCost;
use crate::words::Language;

pub(in crate::book) const ENGLISH: Phrases = Phrases {
    language: Language::English,
    comma: ", ",
    semicolon: "; ",
    none: "None.",
    other: "[中文](README.zh.md)",
    file: "README.md",
    size: |components, members, hosts| {
        format!(
            "{}, {} on {}. Everything here is computed from the description; commands run in the root of the repository.",
            counted(components, "component"),
            counted(members, "member"),
            counted(hosts, "host")
        )
    },
    at_night: "In trouble: [is it well?](#check) · [something has failed](#failure) · [switch over](#switchover) · [fail back](#fail-back)",
    picture: |cluster| format!("The topology of {cluster}"),
    picture_says: "Above: who connects to whom; each colour is a component, and `→ n` one that watches n others. Below: what lives on which host.",

    components: "What runs",
    components_head: ["component", "kind", "what runs", "hosts"],
    service: |count, summary| format!("{count} × {summary}"),
    task: |summary| format!("a task that {summary}"),

    start: "Start",
    platform_says: "From hosts with nothing on them to a system that serves, step by step. Everything is typed in the root of the repository. How to see that it works, and what to do when it does not, is in [the book of the cluster](../README.md).",
    left_to_platform: "What the platform does by itself is left to it. Not there are:",
    left_one: |component, does| format!("{component}: the platform {does}."),

    unmet: "What each target does not honour",
    unmet_says: "There is one description, and not every target can do all of it. These settings do nothing on the target beside them, and the description accepts that with `cluster.omit(…)`. A trial there proves nothing of them.",
    unmet_head: ["Target", "What is so there", "Settings that do nothing"],
    left_out: |component| format!("there is no {component}: it is not written for this target"),
    whole: "all of it",
    setting_of: |option, of| format!("{option} of {of}"),

    plan: "IP and port plan",
    networks: "Networks",
    networks_head: ["network", "range", "gateway"],
    hosts: "Hosts",
    hosts_head: ["host", "zone", "size", "members"],
    members: "Members",
    members_head: ["member", "host", "address", "ports", "image"],

    flows: "Who may talk to whom",
    flows_says: "Nothing else opens a connection inside the cluster, and what filters packets is computed from this table.",
    flows_head: ["from", "to", "port"],
    peers: "its peers",
    anyone: "anyone outside",
    by_platform: |target| format!("on {target}: anyone outside, by way of the platform"),
    network: |network| format!("the network {network}"),

    survival: "What survives what",
    claims: "The cluster claims to survive the following, and the compiler has tried every such loss:",
    no_claim: "The cluster claims nothing; this is what its layout gives.",
    claim: lost,
    survival_says: "It is a statement about where members are: lag, disks and bugs are not in it.",
    survival_head: [
        "component",
        "serves with",
        "hosts that may be lost",
        "zones that may be lost",
        "what stops it first",
        "what stops with it",
    ],
    serves_with: |what, at_least, of| format!("{what}: {at_least} of {of}"),
    stopped_by: |hosts, cause, what, [left, of, at_least]| {
        let plural = if hosts.len() == 1 { "" } else { "s" };
        let stops = cause.map_or_else(String::new, |cause| format!(", which stops {cause}"));
        let left = match left {
            0 => "none".to_owned(),
            some => some.to_string(),
        };
        format!(
            "host{plural} {}{stops} ({what}: {left} of {of} left, {at_least} needed)",
            listed(hosts)
        )
    },
    no_loss: "no loss",
    nothing_else: "nothing else",
    accepted: "Accepted single points of failure",
    accepted_one: |component, claim, stopped_by, needed_by| {
        let with = needed_by.map_or_else(String::new, |names| format!(" With it stop {names}."));
        format!(
            "**{component}** is left out of the claim about {claim}. It is stopped by {stopped_by}.{with}"
        )
    },

    order: "Order of a deployment",
    order_says: "Hosts may boot in any order: whatever needs something tries until it is there. A first start goes in this order: all members of a component together, for some are healthy only with their peers, and each component once those that it comes after are healthy and their checks are complete. Components that do not come after each other may start together. A change goes in the same order, but one host at a time, and removals go the other way. What watches others comes last: its check is complete once they are all there. Before users are led to it for the first time, load it as they will, and see that no alert fires.",
    order_one: |step| {
        let OrderStep {
            component,
            hosts,
            needs,
            tasks,
            check,
        } = step;
        let place = hosts.map_or_else(
            || "outside of the cluster".to_owned(),
            |hosts| format!("on {hosts}"),
        );
        let needs = needs.map_or_else(String::new, |needs| format!(", after {needs}"));
        let tasks = tasks.map_or_else(String::new, |tasks| {
            format!("; then {tasks} has to end without an error")
        });
        let check = check.map_or_else(String::new, |check| format!(" — [check](#{check})"));
        format!("**{component}** {place}{needs}{tasks}{check}")
    },

    check: (
        "Check each step",
        "A command stands here once for each place where the cluster can run. Words in capitals, such as `MEMBER_ID`, are for you to replace; `…` in an output is left out here.",
    ),
    failure: (
        "When something fails",
        "A member whose process ends is started again by the engine within seconds, and after a reboot of its host as well; one that was stopped by hand stays stopped. What is described here is what goes beyond that. One member stands for its kind.",
    ),
    switchover: (
        "Switch over by hand",
        "Before a host is taken down: give away what its members lead, stop, work, start, and go on with the next host only when every check has held for a minute.",
    ),
    fail_back: (
        "Fail back",
        "After a failure everything may work and still not be where it belongs: the next loss would then cost more than the first.",
    ),
    expect: "It prints:",
    expect_nothing: "It prints nothing.",

    secrets: "Secrets",
    secrets_says: |cluster| {
        format!(
            "Values are in no generated file. `cargo xtask secrets {cluster}` makes the missing ones and never changes one. Commands of this book need none on the command line: members have them in their environment."
        )
    },
    secrets_head: ["secret", "variable", "belongs to", "what for"],

    costs: "What a change costs",
    settings: "Options that the description sets:",
    settings_head: ["component", "option", "value", "a change costs"],
    setting_cost: |cost| match cost {
        OptionCost::Nothing => "nothing",
        OptionCost::Reload => "a reload",
        OptionCost::Restart => "a restart",
        OptionCost::Recreate => "new containers",
        OptionCost::Procedure => "a procedure over the whole component",
        OptionCost::DataDanger => "**danger to data**",
    },
    files: "Files that programs read. A file in a folder that is written anew reaches only a new container; where a changed file can be taken without a stop, the command for the first member that reads it is beside it.",
    files_head: ["read by", "file", "a change costs", "without a stop"],
    nothing: "nothing",
    reload: "a reload",
    restart: "a restart",
    recreate: "a new container",
    procedure: |steps| format!("a procedure: {steps}"),
    danger: |what| format!("**danger to data**: {what}"),
    not_live: "no",
};

fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// `a`, `a and b`, `a, b and c`
fn listed(names: &[String]) -> String {
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some(_) | None => names.concat(),
    }
}
