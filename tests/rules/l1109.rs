//! An interval that is too long for the alerts of components, and alerts of a team that may fire after one evaluation.

use super::collected::prometheus;
use super::site::empty;
use lurus_spec::model::RuleFile;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let file = RuleFile::new("tests/rules/l1109.yml", include_str!("l1109.yml"));
    let prometheus = prometheus(&mut cluster)
        .scrape_interval("45s")
        .rule_files([file]);
    cluster.add(prometheus);
    cluster
}
