//! Rules that are given to a Prometheus which has aggregates only.

use super::collected::prometheus;
use super::site::{NODE_1, empty};
use lurus_spec::model::RuleFile;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let prometheus = prometheus(&mut cluster);
    let collecting = cluster.add(prometheus);
    let file = RuleFile::new("spec/rules/team.yml", "groups: []\n");
    cluster.add(
        Prometheus::new("overview")
            .on([NODE_1])
            .port(9091)
            .federating(&collecting)
            .rule_files([file]),
    );
    cluster
}
