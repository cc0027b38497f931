//! Ways to have PostgreSQL that no cluster of `spec/` shows: for each, the smallest cluster that lives on it, and what has to stand
//! beside it on the engine.
//!
//! In: the inventory of `spec/`. Out: clusters as data, and a compose file that is laid over theirs. It starts nothing.

use lurus::inventory::images;
use lurus::inventory::minimal::{hosts, inventory, networks};
use lurus_spec::prelude::*;

/// One way to have PostgreSQL.
pub(super) struct Scheme {
    /// The cluster, on one host of the smallest site, with an application that is ready only while it reaches its database.
    pub(super) cluster: fn() -> Cluster,
    /// What stands outside the cluster, for which a certificate lies in the folder `outside`.
    pub(super) outside: Option<fn() -> Outside>,
}

/// Something that a cluster reaches and does not hold.
pub(super) struct Outside {
    /// The name by which it is reached.
    pub(super) host: &'static str,
    /// The compose file that starts it.
    pub(super) compose: String,
}

/// Every scheme.
pub(super) const SCHEMES: [Scheme; 1] = [Scheme {
    cluster: managed,
    outside: Some(server),
}];

const HOST: &str = "pg.example.com";
const ROLE: &str = "app";
const DATABASE: &str = "orders";

fn managed() -> Cluster {
    let mut cluster = Cluster::new("managed", inventory()).network(networks::DATA);
    let pg = cluster.add(
        ManagedPostgres::new("pg")
            .host(HOST)
            .role(ROLE)
            .database(DATABASE)
            .verify(false),
    );
    cluster.add(
        Service::new("orders", images::GATEWAY)
            .on([hosts::NODE_1])
            .port("http", 18100)
            .env("PORT", Own::port("http"))
            .env("PG_DSN", pg.primary().dsn(DATABASE))
            .readiness(Check::http("/readyz"))
            .probe_with(ProbeTool::Wget)
            .memory("256MiB"),
    );
    cluster
}

/// A server that somebody runs, with the role and the database that the cluster was told of. It takes its key from a copy, since
/// it refuses one that others may read.
fn server() -> Outside {
    let inventory = inventory();
    let image = &inventory
        .image("postgres")
        .expect("spec/images.toml pins what Patroni is built on")
        .image;
    let data = networks::DATA.name();
    let compose = format!(
        r#"services:
  outside:
    image: "{image}"
    entrypoint: [/bin/sh, -ec]
    command:
      - |
        install -d -o postgres -m 700 /tmp/tls
        install -o postgres -m 600 /tls/tls.crt /tls/tls.key /tmp/tls
        exec docker-entrypoint.sh postgres -c ssl=on -c ssl_cert_file=/tmp/tls/tls.crt -c ssl_key_file=/tmp/tls/tls.key
    environment:
      POSTGRES_USER: {ROLE}
      POSTGRES_DB: {DATABASE}
      POSTGRES_PASSWORD: "${{PG_APP_PASSWORD:?}}"
    volumes: ["./outside:/tls:ro"]
    networks:
      {data}:
        aliases: [{HOST}]
    healthcheck:
      test: [CMD, pg_isready, --username={ROLE}, --dbname={DATABASE}, --host=127.0.0.1]
      interval: 2s
      retries: 30
    restart: unless-stopped
"#
    );
    Outside {
        host: HOST,
        compose,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scheme_passes_every_check() {
        for scheme in &SCHEMES {
            let cluster = (scheme.cluster)();
            if let Err(report) = lurus_spec::compile(&cluster) {
                panic!("{}: {report:?}", cluster.name.value);
            }
        }
    }
}
