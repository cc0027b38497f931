//! A file of rules with a mistyped key, a span of time that is none, and more.

use super::collected::prometheus;
use super::site::empty;
use lurus_spec::model::RuleFile;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let file = RuleFile::new("tests/rules/l1106.yml", include_str!("l1106.yml"));
    let prometheus = prometheus(&mut cluster).rule_files([file]);
    cluster.add(prometheus);
    cluster
}
