//! Alerts of a team that nobody hears of, and one that says nothing.

use super::collected::prometheus;
use super::site::empty;
use lurus_spec::model::RuleFile;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let file = RuleFile::new("tests/rules/l1107.yml", include_str!("l1107.yml"));
    let prometheus = prometheus(&mut cluster).rule_files([file]);
    cluster.add(prometheus);
    cluster
}
