//! A component whose declaration names parts that it does not have.

use super::site::{NODE_1, empty};
use super::sketch::Sketch;
use lurus_spec::component::{Reach, Served, Survival};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let web = Sketch::new("web")
        .on([NODE_1])
        .port("http", 8080)
        .endpoint("http", Reach::Any)
        .endpoint("admin", Reach::Any)
        .needs("web", "http");
    cluster.add(web.declaring(|declaration| {
        declaration.endpoints[0].served = Served::ByGroup {
            group: name!("wbe"),
            port: "http".into(),
        };
        declaration.needs[0].group = name!("task");
        declaration.groups[0].peer_ports.push("gossip".into());
        declaration
            .survival
            .push(Survival::any("one server", [name!("web-2")]));
    }));
    cluster
}
