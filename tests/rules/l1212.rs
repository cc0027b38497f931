//! A variable that is set twice, and one that is a setting and a secret.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(
        Service::new("web", ImageRef::new("app"))
            .on(NODES)
            .env("MODE", "release")
            .env("MODE", "debug")
            .env("SESSION", "none")
            .secret("SESSION", "session-secret"),
    );
    cluster
}
