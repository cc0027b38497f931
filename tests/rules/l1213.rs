//! Secrets in the text of variables: in a URL, and under a name that says so.

use super::site::{NODES, empty};
use lurus_spec::prelude::*;

pub(crate) fn cluster() -> Cluster {
    let mut cluster = empty();
    cluster.add(
        Service::new("web", ImageRef::new("app"))
            .on(NODES)
            .env("PG_DSN", "postgresql://web:hunter2@db.example.com/web")
            .env("SESSION_SECRET", "correct horse")
            .env("MAX_TOKEN", "4096")
            .env("DOCS", "https://example.com/a:b@c"),
    );
    cluster
}
