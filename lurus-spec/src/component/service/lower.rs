//! Instances, and the tree of what they connect to.

use std::collections::{BTreeMap, BTreeSet};

use crate::component::service::Service;
use crate::component::{EndpointRef, Lowering, Part, Value};
use crate::literal::{AbsPath, EnvName, Name};
use crate::plan::{Resources, Stop, Symbol, Text, Workload, checked};
use crate::words::Words;
use crate::yaml::{Node, map, seq};

/// Files and sockets that an instance may have open: those of a few thousand requests at a time, each with connections of
/// its own. More than most engines may give (20,000 and less were seen) would keep the instance from starting.
const OPEN_FILES: u32 = 16_384;

pub(super) fn lower(service: &Service, lowering: &Lowering<'_>) -> Vec<Workload> {
    let meta = &service.meta;
    let name = &meta.name.value;
    let env: BTreeMap<EnvName, Text> = service
        .environment()
        .map(|(variable, value, _)| (variable.clone(), value.resolve(name, lowering)))
        .collect();
    let summary = if service.is_singleton() {
        Words::new("an application of which one instance runs", "单实例应用")
    } else {
        Words::new(
            "an application, any instance of which serves",
            "应用服务，任一实例均可提供服务",
        )
    };
    let first = service.first_port();
    let live = service.liveness.as_ref();
    let workload = lowering.workload(
        meta,
        name,
        summary,
        Resources {
            open_files: OPEN_FILES,
            ..Resources::memory(service.instance_memory(), meta.blame(meta.memory.as_ref()))
        },
    );
    let words = service.command.as_ref().map(|set| &set.value.0);
    let scratch: BTreeSet<AbsPath> = service
        .scratch
        .iter()
        .map(|set| set.value.clone())
        .chain([checked("/tmp")])
        .collect();
    let user = service.user.as_ref().map(|set| set.value);
    vec![Workload {
        user: user.map(|number| format!("{number}:{number}")),
        command: words
            .into_iter()
            .flatten()
            .map(|word| Text::literal(word))
            .collect(),
        connections: Some(connections(service, &env, lowering)),
        env,
        health: service
            .health(|port| format!("{}:{}", Symbol::OwnAddress, Symbol::OwnPort(port.clone()))),
        live: live.and_then(|set| set.value.probe(first)),
        stop: Stop {
            signal: None,
            grace: service.grace(),
            needed: service.drain_time(),
        },
        // A program that was not written to be the first process of a machine ignores the signal to stop.
        init: true,
        scratch: scratch.into_iter().collect(),
        ..workload
    }]
}

/// The variables by subject: those that speak of another component under its protocol, all others under `settings`.
///
/// It has the very texts of the environment, so that the two cannot disagree. What another instance is told differently
/// is left out.
fn connections(service: &Service, env: &BTreeMap<EnvName, Text>, lowering: &Lowering<'_>) -> Node {
    let mut sections: BTreeMap<String, BTreeMap<String, Node>> = BTreeMap::new();
    for (variable, value, _) in service.environment() {
        let Some(text) = env.get(variable).filter(|text| !text.is_of_one_member()) else {
            continue;
        };
        let plain = variable.as_str().to_ascii_lowercase();
        let (section, key) = subject(service, &value, lowering)
            .unwrap_or_else(|| ("settings".to_owned(), plain.clone()));
        let section = sections.entry(section).or_default();
        let key = if section.contains_key(&key) {
            plain
        } else {
            key
        };
        section.insert(key, node(&value, text));
    }
    map(sections
        .into_iter()
        .map(|(section, entries)| (section, map(entries))))
}

/// Addresses are a list, everything else is text.
fn node(value: &Value, text: &Text) -> Node {
    let tokens = text.tokens();
    match value.parts() {
        [Part::Addresses(_)] => seq(tokens.split(',').map(str::to_owned)),
        _ => Node::str(tokens),
    }
}

/// The section and the key of a value that speaks of one endpoint.
fn subject(service: &Service, value: &Value, lowering: &Lowering<'_>) -> Option<(String, String)> {
    let endpoint = value.endpoints().next()?;
    let inside = |part: &Part| matches!(part, Part::Inside { .. });
    let key = match value.parts() {
        [Part::Addresses(_)] => "addresses".to_owned(),
        [Part::User(_)] => "user".to_owned(),
        [Part::Password(_)] => "password".to_owned(),
        parts if parts.iter().any(inside) && goes_past(service, endpoint, lowering) => {
            "migration_dsn".to_owned()
        }
        parts if parts.iter().any(inside) => {
            format!("{}_dsn", endpoint.endpoint.replace('-', "_"))
        }
        _ => "url".to_owned(),
    };
    Some((section(endpoint, lowering)?, key))
}

/// Whether the service reaches the endpoint also by way of something that shares its connections, and this way goes past
/// that: the one for whoever needs a session of its own.
fn goes_past(service: &Service, endpoint: &EndpointRef, lowering: &Lowering<'_>) -> bool {
    service.environment().any(|(_, value, _)| {
        value.endpoints().any(|other| {
            lowering
                .endpoint(other)
                .is_some_and(|found| found.behind.as_ref() == Some(endpoint))
        })
    })
}

/// What applications call the thing behind an endpoint.
fn section(endpoint: &EndpointRef, lowering: &Lowering<'_>) -> Option<String> {
    let name: &Name = &endpoint.component;
    Some(match lowering.endpoint(endpoint)?.protocol {
        "postgresql" => "database".to_owned(),
        "redis" | "redis-cluster" => "redis".to_owned(),
        "nats" => "nats".to_owned(),
        _ => name.as_str().replace('-', "_"),
    })
}
