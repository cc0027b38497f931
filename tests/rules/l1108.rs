//! A Prometheus that waits longer for a target than until it asks again.

use super::collected::prometheus;
use super::site::empty;
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    let prometheus = prometheus(&mut cluster)
        .scrape_interval("20s")
        .scrape_timeout("30s");
    cluster.add(prometheus);
    cluster
}
