//! An alert whose expression is never closed, and one of a team on a function that there is not.

use super::collected::prometheus;
use super::site::{NODES, empty};
use super::sketch::Sketch;
use lurus_spec::component::observe::Alert;
use lurus_spec::duration;
use lurus_spec::model::RuleFile;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let file = RuleFile::new("tests/rules/l1101.yml", include_str!("l1101.yml"));
    let prometheus = prometheus(&mut cluster).rule_files([file]);
    cluster.add(prometheus);
    cluster.add(
        Sketch::new("app")
            .on(NODES)
            .watched("app_seconds\tgauge\troute", |rules| {
                rules
                    .alert(Alert::down(
                        "AppDown",
                        Severity::Critical,
                        "app is down",
                        "start it",
                    ))
                    .alert(
                        Alert::new(
                            "AppSlow",
                            Severity::Warning,
                            duration!("5m"),
                            "sum(app_seconds{$job} > 1",
                        )
                        .says("app is slow", "look at it"),
                    )
            }),
    );
    cluster
}
