//! Two alerts of one name, and those of a team that nobody can tell apart.

use super::collected::prometheus;
use super::site::{NODES, empty};
use super::sketch::Sketch;
use lurus_spec::component::observe::Alert;
use lurus_spec::model::RuleFile;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let file = RuleFile::new("tests/rules/l1105.yml", include_str!("l1105.yml"));
    let prometheus = prometheus(&mut cluster).rule_files([file]);
    cluster.add(prometheus);
    cluster.add(
        Sketch::new("app")
            .on(NODES)
            .watched("app_seconds\tgauge\t", |rules| {
                let down = || Alert::down("AppDown", Severity::Critical, "app is down", "start it");
                rules.alert(down()).alert(down())
            }),
    );
    cluster
}
