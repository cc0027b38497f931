//! Instances with one configuration file, which names what is beside each.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::component::caddy::{
    ANSWERS_WITHIN, ASKED_EVERY, CONNECTS_WITHIN, Caddy, HEALTHY, HTTP, LEFT_OUT, METRICS,
};
use crate::component::nginx::Route;
use crate::component::{Lowering, Reached};
use crate::literal::Duration;
use crate::plan::{
    Body, ConfigDir, ConfigFile, Cost, Health, Resources, Stop, Symbol, Text, Workload, checked,
};
use crate::template;
use crate::words::Words;

/// What `Caddyfile.hbs` reads.
#[derive(Debug, Serialize)]
pub(super) struct Configuration {
    /// The socket on which commands reach it.
    pub(super) admin: &'static str,
    pub(super) bind: String,
    pub(super) http_port: String,
    pub(super) metrics_port: String,
    pub(super) healthy: &'static str,
    pub(super) drain: String,
    /// The largest body of a request, in bytes.
    pub(super) max_body: u64,
    /// In seconds, as the next three.
    pub(super) asked_every: u64,
    pub(super) answers_within: u64,
    pub(super) connects_within: u64,
    pub(super) left_out: u64,
    /// Networks from which the edge comes, joined by spaces; empty where nobody routes to it.
    pub(super) edge: String,
    /// The longest path first.
    pub(super) routes: Vec<Handler>,
}

/// A route.
#[derive(Debug, Serialize)]
pub(super) struct Handler {
    pub(super) path: String,
    /// `address:port` of each server, joined by spaces.
    pub(super) servers: String,
    /// The path on which a server says whether it serves; empty where it is not asked.
    pub(super) health: String,
    pub(super) timeout: String,
    pub(super) streaming: bool,
}

/// Where the copy of the program is. The image has this directory, and everyone may write there.
const RUN: &str = "/tmp";
/// The socket for commands.
const ADMIN: &str = "/tmp/admin.sock";
/// How a changed file is read: only when the program accepts it.
const RELOAD: &str =
    "/tmp/caddy-copy reload --config /etc/caddy/Caddyfile --adapter caddyfile --force";
/// Nobody in particular: the image has no user of its own but root.
const USER: &str = "1000:1000";

/// Files and connections of an instance: one to the edge and one to a server for each of a few thousand requests. More
/// than most engines may give (20,000 and less were seen) would keep it from starting.
const OPEN_FILES: u32 = 16_384;

pub(super) fn lower(caddy: &Caddy, lowering: &Lowering<'_>) -> Vec<Workload> {
    let meta = &caddy.meta;
    let config = template::render(
        "Caddyfile",
        include_str!("Caddyfile.hbs"),
        &configuration(caddy, lowering),
    );
    let file =
        |name: &'static str, body: Text, cost| ConfigFile::new(name, Body::Lines(body), cost);
    vec![Workload {
        user: Some(USER.to_owned()),
        command: ["sh", "/etc/caddy/start.sh"].map(Text::from).to_vec(),
        // What it keeps for itself: certificates, of which it has none, and its last configuration, which nobody reads.
        env: BTreeMap::from(
            ["XDG_CONFIG_HOME", "XDG_DATA_HOME"].map(|home| (checked(home), RUN.into())),
        ),
        config: vec![ConfigDir {
            mount: checked("/etc/caddy"),
            files: vec![
                file("Caddyfile", config.into(), Cost::Reload(RELOAD.to_owned())),
                file("start.sh", include_str!("start.sh").into(), Cost::Restart),
            ],
        }],
        health: Some(Health::http(METRICS, HEALTHY, Duration::secs(10))),
        stop: Stop {
            signal: None,
            grace: Duration::millis(caddy.drain_time().as_millis() + 5000),
            needed: caddy.drain_time(),
        },
        scratch_programs: vec![checked(RUN)],
        ..lowering.workload(
            meta,
            &meta.name.value,
            Words::new(
                "Caddy, before the services of its host",
                "Caddy，位于本机服务之前的反向代理",
            ),
            Resources {
                open_files: OPEN_FILES,
                ..Resources::memory(caddy.instance_memory(), meta.blame(meta.memory.as_ref()))
            },
        )
    }]
}

fn configuration(caddy: &Caddy, lowering: &Lowering<'_>) -> Configuration {
    let name = &caddy.meta.name.value;
    let port = |port: &'static str| Symbol::OwnPort(port.into()).token();
    let edge: Vec<String> = lowering
        .client_sources(name, HTTP)
        .iter()
        .map(ToString::to_string)
        .collect();
    let mut routes: Vec<&Route> = caddy.routes().collect();
    routes.sort_by_key(|route| std::cmp::Reverse(route.path.as_str().len()));
    Configuration {
        admin: ADMIN,
        bind: Symbol::OwnBind.token(),
        http_port: port(HTTP),
        metrics_port: port(METRICS),
        healthy: HEALTHY,
        drain: time(caddy.drain_time()),
        max_body: caddy.largest_body().bytes(),
        asked_every: ASKED_EVERY,
        answers_within: ANSWERS_WITHIN,
        connects_within: CONNECTS_WITHIN,
        left_out: LEFT_OUT,
        edge: edge.join(" "),
        routes: routes
            .into_iter()
            .map(|route| handler(caddy, route, lowering))
            .collect(),
    }
}

fn handler(caddy: &Caddy, route: &Route, lowering: &Lowering<'_>) -> Handler {
    let servers = match lowering.reached(&caddy.meta.name.value, &route.to) {
        Some(Reached::Beside { group, port }) => {
            Symbol::EachBeside(group.clone(), port.clone()).token()
        }
        Some(Reached::Members(peers)) => {
            let peers: Vec<String> = peers.iter().map(ToString::to_string).collect();
            peers.join(" ")
        }
        Some(Reached::Role { address, port }) => format!("{address}:{port}"),
        Some(Reached::Outside(remote)) => remote.to_string(),
        None => unreachable!("a checked route leads to something"),
    };
    let health = lowering
        .entry(&route.to)
        .and_then(|(group, port)| lowering.readiness(group, port));
    Handler {
        path: route.path.to_string(),
        servers,
        health: health.unwrap_or_default().to_owned(),
        timeout: time(caddy.patience(route).0),
        streaming: route.streaming,
    }
}

/// A time as Caddy reads it.
fn time(duration: Duration) -> String {
    let millis = duration.as_millis();
    if millis.is_multiple_of(1000) {
        format!("{}s", millis / 1000)
    } else {
        format!("{millis}ms")
    }
}
