//! Ways to have PostgreSQL that no cluster of `spec/` shows: for each, the smallest cluster that lives on it, what has to stand
//! beside it on the engine, and what people do with it. And an edge in front of a server that speaks WebSocket.
//!
//! In: the inventory of `spec/`. Out: clusters as data, and a compose file that is laid over theirs. It starts nothing.
//!
//! The clusters' names begin with `e2e-`, so that the compose project that their files and their books name is one that the test
//! may delete.

use lurus::inventory::images;
use lurus::inventory::minimal::{hosts, inventory, networks};
use lurus_spec::prelude::*;
use xtask::scheme::{Outside, Scheme, Switch};

/// Every scheme.
pub(crate) const SCHEMES: [Scheme; 4] = [
    Scheme {
        cluster: || streaming(hosts::NODE_1),
        outside: None,
        switch: Some(Switch {
            component: PG,
            after: || streaming(hosts::NODE_2),
        }),
        upgrade: None,
    },
    Scheme {
        cluster: citus,
        outside: None,
        switch: None,
        upgrade: None,
    },
    Scheme {
        cluster: managed,
        outside: Some(server),
        switch: None,
        upgrade: None,
    },
    Scheme {
        cluster: websocket,
        outside: None,
        switch: None,
        upgrade: Some("ai.lurus.cn/live/"),
    },
];

const PG: &str = "pg";
const HOST: &str = "pg.example.com";
const ROLE: &str = "app";
const DATABASE: &str = "orders";

const NODES: [HostRef; 3] = [hosts::NODE_1, hosts::NODE_2, hosts::NODE_3];

/// A primary on this host, and standbys on the others.
fn streaming(primary: HostRef) -> Cluster {
    let mut cluster = on_one_engine("e2e-streaming");
    let pg = cluster.add(
        Streaming::new(PG)
            .on(NODES)
            .primary(primary)
            .role(ROLE)
            .database(DATABASE),
    );
    cluster.add(
        HaProxy::new("haproxy")
            .on([hosts::NODE_1, hosts::NODE_2])
            .postgres(&pg),
    );
    application(&mut cluster, pg.primary().dsn(DATABASE));
    cluster
}

/// A coordinator and two worker groups, each with a replica.
fn citus() -> Cluster {
    let mut cluster = on_one_engine("e2e-citus");
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    let pg = cluster.add(
        Citus::new(PG)
            .on(NODES)
            .etcd(&etcd)
            .role(ROLE)
            .database(DATABASE),
    );
    cluster.add(
        HaProxy::new("haproxy")
            .on([hosts::NODE_1, hosts::NODE_2])
            .postgres(&pg),
    );
    let pool = cluster.add(
        PgBouncer::new("pgbouncer")
            .on([hosts::NODE_1])
            .postgres(&pg),
    );
    application(&mut cluster, pool.primary().dsn(DATABASE));
    cluster
}

/// An empty cluster on the hosts of the minimal one, which are all one machine here.
#[track_caller]
fn on_one_engine(name: &'static str) -> Cluster {
    let mut cluster = Cluster::new(name, inventory()).network(networks::DATA);
    cluster.omit(Ability::Hosts, "local");
    cluster
}

fn managed() -> Cluster {
    let mut cluster = on_one_engine("e2e-managed");
    let pg = cluster.add(
        ManagedPostgres::new(PG)
            .host(HOST)
            .role(ROLE)
            .database(DATABASE)
            .verify(false),
    );
    application(&mut cluster, pg.primary().dsn(DATABASE));
    cluster
}

/// The edge of the guide, Nginx and on each host Caddy, in front of a server that speaks WebSocket: NATS, which has a listener for
/// browsers. It is set up by its command, since for the edge it is an application like any other.
fn websocket() -> Cluster {
    let mut cluster = on_one_engine("e2e-websocket");
    let hosts = [hosts::NODE_1, hosts::NODE_2];
    let listener = r#"echo "websocket { port: $PORT, no_tls: true }" >/tmp/nats.conf"#;
    let live = cluster.add(
        Service::new("live", images::NATS)
            .on(hosts)
            .port("http", 18100)
            .env("PORT", Own::port("http"))
            .command([
                "sh".to_owned(),
                "-ec".to_owned(),
                format!("{listener}; exec nats-server --config /tmp/nats.conf"),
            ])
            .readiness(Check::tcp()),
    );
    let page = cluster.add(
        Service::new("page", images::GATEWAY)
            .on(hosts)
            .port("http", 18110)
            .env("PORT", Own::port("http"))
            .readiness(Check::http("/readyz"))
            .probe_with(ProbeTool::Wget),
    );
    let caddy = cluster.add(
        Caddy::new("caddy")
            .on(hosts)
            .with(Route::new("/live/", live.http()))
            .with(Route::new("/", page.http())),
    );
    cluster.add(
        Nginx::new("nginx")
            .on(hosts)
            .certificate(Certificate::new("lurus-cn").covers("*.lurus.cn"))
            .serves(VirtualHost::new("ai.lurus.cn").route("/", caddy.http())),
    );
    cluster
}

/// Ready only while it reaches its database.
fn application(cluster: &mut Cluster, dsn: Value) {
    cluster.add(
        Service::new("orders", images::GATEWAY)
            .on([hosts::NODE_1])
            .port("http", 18100)
            .env("PORT", Own::port("http"))
            .env("PG_DSN", dsn)
            .readiness(Check::http("/readyz"))
            .probe_with(ProbeTool::Wget)
            .memory("256MiB"),
    );
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
        image: image.to_string(),
        compose,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scheme_passes_every_check() {
        for scheme in &SCHEMES {
            let after = scheme.switch.as_ref().map(|switch| (switch.after)());
            for cluster in [(scheme.cluster)()].into_iter().chain(after) {
                if let Err(report) = lurus_spec::compile(&cluster) {
                    panic!("{}: {report:?}", cluster.name.value);
                }
                assert!(cluster.name.value.as_str().starts_with("e2e-"));
            }
        }
    }
}
