//! The manifests of a whole system, and of every cluster of the repository, held against each other as a cluster of Kubernetes
//! would hold them, by a reader that shares nothing with the writer but YAML.

mod edge;
mod election;
mod folder;
mod judges;
mod monitoring;
mod objects;
mod pods;
mod policies;
mod routes;
mod services;
mod storage;
mod typed;

use lurus_spec::prelude::*;

pub(crate) const NODES: [HostRef; 3] = [
    HostRef::new("node-1"),
    HostRef::new("node-2"),
    HostRef::new("node-3"),
];

/// A data layer, an application, an edge and the monitoring, on the hosts of `minimal`.
pub(crate) fn system() -> Cluster {
    let mut cluster = whole().survives(Loss::of(1).hosts());
    for target in ["hosts", "local"] {
        cluster.omit(Ability::Liveness, target);
    }
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    let pg = cluster.add(
        Patroni::new("pg")
            .on(NODES)
            .etcd(&etcd)
            .database("lurus_provider"),
    );
    cluster.add(HaProxy::new("haproxy").on(NODES).postgres(&pg));
    let pool = cluster.add(PgBouncer::new("pgbouncer").on(NODES).postgres(&pg));
    let redis = cluster.add(RedisCluster::new("redis").on(NODES).shards(3).replicas(1));
    let nats = cluster.add(
        Nats::new("nats")
            .on(NODES)
            .stream(Stream::new("USAGE").subject("usage.>").max_bytes("64MiB")),
    );
    let gateway = cluster.add(
        Service::new("gateway", ImageRef::new("gateway"))
            .on(NODES)
            .user(10001)
            .replicas(2)
            .port("http", 18100)
            .env("PORT", Own::port("http"))
            .env("PG_DSN", pool.primary().dsn("lurus_provider"))
            .env("REDIS_ADDRS", redis.addresses())
            .env("REDIS_PASSWORD", redis.password())
            .env("NATS_URL", nats.url())
            .readiness(Check::http("/readyz"))
            .liveness(Check::http("/livez"))
            .probe_with(ProbeTool::Wget)
            .metrics("/metrics"),
    );
    let led = cluster.add(
        Service::new("led", ImageRef::new("new-api"))
            .on(NODES)
            .user(1000)
            .port("http", 3000)
            .env("ROLE", Own::first_else("master", "slave"))
            .env("NAME", Own::Name)
            .readiness(Check::http("/api/status"))
            .probe_with(ProbeTool::Wget),
    );
    let nginx = cluster.add(
        Nginx::new("nginx")
            .on(NODES)
            .certificate(Certificate::new("lurus-cn").covers("*.lurus.cn"))
            .serves(
                VirtualHost::new("api.lurus.cn")
                    .route("/", gateway.http())
                    .route("/led/", led.http()),
            )
            .serves(
                VirtualHost::new("ai.lurus.cn")
                    .route("/", led.http())
                    .with(Route::new("/v1/", gateway.http()).streaming()),
            )
            .hsts("180d"),
    );
    let vip = cluster.add(
        Vip::new("vip", ip!("10.0.1.100"))
            .on(NODES)
            .leads_to(&nginx)
            .interface("eth0"),
    );
    cluster.omit(&vip, "local");
    cluster.omit(&vip, "k3s");
    cluster.add(Consul::new("consul").on(NODES));
    let alertmanager = cluster.add(Alertmanager::new("alertmanager").on(NODES));
    cluster.add(
        Prometheus::new("prometheus")
            .on([NODES[0], NODES[1]])
            .alertmanager(&alertmanager)
            .disk("10GiB"),
    );
    cluster.add(NodeExporter::new("node-exporter").on(NODES));
    cluster
}

/// A cluster without components on the hosts of `minimal`, for this target too.
pub(crate) fn whole() -> Cluster {
    let minimal = lurus::clusters()
        .into_iter()
        .find(|cluster| cluster.name.value.as_str() == "minimal")
        .expect("there is a cluster `minimal`");
    assert!(
        minimal.inventory.image("k3s").is_some(),
        "a release is pinned"
    );
    let mut cluster = Cluster::new("whole", minimal.inventory)
        .network(NetworkRef::new("data"))
        .trusts(NetworkRef::new("data"))
        .target("k3s");
    cluster.omit(Ability::Hosts, "local");
    cluster.omit(Ability::Networks, "k3s");
    cluster.omit(Ability::Placement, "k3s");
    cluster
}
