//! The guide's system, on whatever hosts a site has for it: the same parts in every layout.

use lurus_spec::component::clickhouse::ClickHouseRef;
use lurus_spec::component::grafana::GrafanaRef;
use lurus_spec::component::nats::NatsRef;
use lurus_spec::component::pgbouncer::PgBouncerRef;
use lurus_spec::component::postgres::SqlEndpoint;
use lurus_spec::component::prometheus::PrometheusRef;
use lurus_spec::component::redis::RedisClusterRef;
use lurus_spec::component::service::ServiceRef;
use lurus_spec::prelude::*;

use crate::inventory::{alert_rules, images};

/// Which hosts of a site carry what.
pub(crate) struct Layout<'a> {
    /// Applications, and what stands before and behind them.
    pub(crate) app: &'a [HostRef],
    /// PostgreSQL, and the store in which it elects its primary.
    pub(crate) database: &'a [HostRef],
    /// Redis.
    pub(crate) redis: &'a [HostRef],
    /// Memory for the data of one Redis member.
    pub(crate) redis_memory: Size,
    /// NATS.
    pub(crate) nats: &'a [HostRef],
    /// Prometheus and what goes with it: two or more.
    pub(crate) monitoring: &'a [HostRef],
    /// Disk for the logs of applications.
    pub(crate) log_disk: Size,
    /// Memory of the store of logs.
    pub(crate) log_memory: Size,
    /// The network of the data: that of whatever names no other.
    pub(crate) data_network: NetworkRef,
    /// The network of the applications.
    pub(crate) app_network: NetworkRef,
    /// The network of the monitoring.
    pub(crate) monitoring_network: NetworkRef,
}

/// The data layer, as applications refer to it.
struct Data {
    /// For the connections of applications.
    pool: PgBouncerRef,
    /// For migrations, which a pool would take the session from.
    primary: SqlEndpoint,
    redis: RedisClusterRef,
    nats: NatsRef,
    logs: ClickHouseRef,
}

/// The applications, as the edge refers to them.
struct Applications {
    gateway: ServiceRef,
    new_api: ServiceRef,
    log: ServiceRef,
    sync: ServiceRef,
}

impl Layout<'_> {
    /// Every host, each once.
    fn hosts(&self) -> Vec<HostRef> {
        let mut hosts = Vec::new();
        let groups = [
            self.app,
            self.database,
            self.redis,
            self.nats,
            self.monitoring,
        ];
        for host in groups.concat() {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        hosts
    }

    /// Every host but these.
    fn besides(&self, these: &[HostRef]) -> Vec<HostRef> {
        let mut hosts = self.hosts();
        hosts.retain(|host| !these.contains(host));
        hosts
    }
}

/// The whole system, and what it claims: any host may be lost, and any zone, except for what is there once on purpose.
pub(crate) fn describe(mut cluster: Cluster, layout: &Layout<'_>) -> Cluster {
    let data = data(&mut cluster, layout);
    let applications = applications(&mut cluster, layout, &data);
    edge(&mut cluster, layout, &applications);
    discovery(&mut cluster, layout);
    let monitoring = monitoring(&mut cluster, layout);
    done_without(&mut cluster);

    let claim = |loss: Loss| {
        loss.except(&applications.sync)
            .except(&data.logs)
            .except(&applications.log)
            .except(&monitoring.federation)
            .except(&monitoring.grafana)
    };
    cluster
        // Only hosts of the site and those who run it are on these: inside, members speak in clear.
        .trusts(layout.app_network)
        .trusts(layout.data_network)
        .trusts(layout.monitoring_network)
        .survives(claim(Loss::of(1).hosts()))
        .survives(claim(Loss::of(1).zones()))
}

/// What each target does not honour of all this, and need not.
fn done_without(cluster: &mut Cluster) {
    // One engine is for development: no host of it is lost, and nobody waits at night for what hangs there.
    cluster.omit(Ability::Hosts, "local");
    cluster.omit(Ability::Liveness, "local");
    // All of a host starts together. Whoever hangs gets no requests, and alerts say so, until somebody starts it again.
    cluster.omit(Ability::Stacks, "hosts");
    cluster.omit(Ability::Liveness, "hosts");
    // Pods have a network of their own, whose policies say who talks to whom, and those without data move where there is room.
    cluster.omit(Ability::Networks, "k3s");
    cluster.omit(Ability::Placement, "k3s");
    cluster.omit(Ability::Stacks, "k3s");
}

/// PostgreSQL, Redis, NATS, and the store of logs.
fn data(cluster: &mut Cluster, layout: &Layout<'_>) -> Data {
    let (pool, primary) = postgres(cluster, layout);
    let redis = cluster.add(
        RedisCluster::new("redis")
            .stack("redis-cluster")
            .on(layout.redis.iter().copied())
            .shards(3)
            .replicas(1)
            .max_memory(layout.redis_memory),
    );
    let nats = cluster.add(
        Nats::new("nats")
            .stack("nats-cluster")
            .on(layout.nats.iter().copied())
            .stream(Stream::new("USAGE").subject("usage.>").max_bytes("512MiB"))
            .stream(
                Stream::new("EVENTS")
                    .subject("events.>")
                    .max_bytes("512MiB"),
            ),
    );
    let logs = cluster.add(
        ClickHouse::new("clickhouse")
            .stack("monitoring")
            .network(layout.monitoring_network)
            .on(layout.monitoring.last().copied())
            .retention("30d")
            .disk(layout.log_disk)
            .memory(layout.log_memory),
    );
    Data {
        pool,
        primary,
        redis,
        nats,
        logs,
    }
}

/// PostgreSQL under Patroni, and on each application host the way to its primary and a pool of connections.
fn postgres(cluster: &mut Cluster, layout: &Layout<'_>) -> (PgBouncerRef, SqlEndpoint) {
    let etcd = cluster.add(
        Etcd::new("etcd")
            .stack("pg-ha")
            .on(layout.database.iter().copied()),
    );
    let pg = cluster.add(
        Patroni::new("pg")
            .stack("pg-ha")
            .on(layout.database.iter().copied())
            .etcd(&etcd)
            .role("lurus")
            .database("lurus_billing")
            .database("lurus_provider"),
    );
    cluster.add(
        HaProxy::new("haproxy")
            .stack("pg-ha")
            .on(layout.app.iter().copied())
            .postgres(&pg),
    );
    let pool = cluster.add(
        PgBouncer::new("pgbouncer")
            .stack("pg-ha")
            .on(layout.app.iter().copied())
            .postgres(&pg),
    );
    (pool, pg.primary())
}

/// The services of the guide, each on every application host.
fn applications(cluster: &mut Cluster, layout: &Layout<'_>, data: &Data) -> Applications {
    let service = |name: &'static str, image, port: u16, database: &'static str| {
        Service::new(name, image)
            .stack("app-cluster")
            .network(layout.app_network)
            .on(layout.app.iter().copied())
            // Their images name nobody, so that they would run as root, which no pod may.
            .user(10001)
            .port("http", port)
            .env("PORT", Own::port("http"))
            .env("PG_DSN", data.pool.primary().dsn(database))
            .env("PG_REPLICA_DSN", data.pool.replica().dsn(database))
            .env("REDIS_ADDRS", data.redis.addresses())
            .env("REDIS_PASSWORD", data.redis.password())
            .env("NATS_URL", data.nats.url())
            .readiness(Check::http("/readyz"))
            .liveness(Check::http("/livez"))
            .probe_with(ProbeTool::Wget)
            .metrics("/metrics")
            .memory("256MiB")
    };
    let gateway = cluster.add(
        service("gateway", images::GATEWAY, 18100, "lurus_provider")
            .replicas(2)
            // A model may take long to answer, and is listened to until it is done.
            .timeout("300s"),
    );
    // Each of these two keeps the tables of its database up to date.
    let migrates = |service: Service, database: &'static str| {
        service.env("PG_MIGRATION_DSN", data.primary.dsn(database))
    };
    cluster.add(migrates(
        service("provider", images::PROVIDER, 18110, "lurus_provider"),
        "lurus_provider",
    ));
    cluster.add(migrates(
        service("billing", images::BILLING, 18120, "lurus_billing"),
        "lurus_billing",
    ));
    let log = cluster.add(
        service("log", images::LOG, 18130, "lurus_provider").env("CLICKHOUSE_DSN", data.logs.dsn()),
    );
    let sync = cluster.add(service("sync", images::SYNC, 18140, "lurus_provider").singleton());
    // It speaks to no Redis Cluster. With a single Redis it would stop with that Redis' host: it keeps its cache in memory.
    let new_api = cluster.add(
        Service::new("new-api", images::NEW_API)
            .stack("app-cluster")
            .network(layout.app_network)
            .on(layout.app.iter().copied())
            // Else it makes a folder for its log below `/data`, where nothing can be written, and ends. The image runs it as root.
            .command(["--log-dir="])
            .user(1000)
            .port("http", 3000)
            .env("PORT", Own::port("http"))
            .env("SQL_DSN", data.pool.primary().dsn("lurus_provider"))
            .env("NODE_TYPE", Own::first_else("master", "slave"))
            .env("SYNC_FREQUENCY", "60")
            .secret("SESSION_SECRET", "session-secret")
            .secret("CRYPTO_SECRET", "crypto-secret")
            .speaks(RedisClient::Single)
            .readiness(Check::http("/api/status"))
            .probe_with(ProbeTool::Wget)
            .timeout("300s")
            .memory("512MiB"),
    );
    Applications {
        gateway,
        new_api,
        log,
        sync,
    }
}

/// What users reach: both names of the guide, on every application host, and an address that leads to one that is alive.
fn edge(cluster: &mut Cluster, layout: &Layout<'_>, applications: &Applications) {
    let caddy = cluster.add(
        Caddy::new("caddy")
            .stack("edge")
            .network(layout.app_network)
            .on(layout.app.iter().copied())
            .with(Route::new("/v1/", applications.gateway.http()).streaming()),
    );
    let nginx = cluster.add(
        Nginx::new("nginx")
            .stack("edge")
            .network(layout.app_network)
            .on(layout.app.iter().copied())
            .certificate(Certificate::new("lurus-cn").covers("*.lurus.cn"))
            .serves(VirtualHost::new("api.lurus.cn").route("/", applications.new_api.http()))
            .serves(
                VirtualHost::new("ai.lurus.cn").with(Route::new("/v1/", caddy.http()).streaming()),
            ),
    );
    let vip = cluster.add(
        Vip::new("vip", ip!("10.0.0.100"))
            .network(layout.app_network)
            .on(layout.app.iter().copied())
            .leads_to(&nginx)
            .interface("eth0"),
    );
    // One engine has no address that moves, and pods are found on every host.
    cluster.omit(&vip, "local").omit(&vip, "k3s");
}

/// The catalogue of all instances and of whether they serve. Nothing needs it: without this line the rest is the same.
fn discovery(cluster: &mut Cluster, layout: &Layout<'_>) {
    cluster.add(
        Consul::new("consul")
            .on(layout.nats.iter().copied())
            .agents(layout.besides(layout.nats)),
    );
}

/// What watches: without it, everything else goes on.
struct Monitoring {
    federation: PrometheusRef,
    grafana: GrafanaRef,
}

/// Two servers that see everything, one for the long view, Alertmanager and Grafana; exporters follow by themselves.
fn monitoring(cluster: &mut Cluster, layout: &Layout<'_>) -> Monitoring {
    let stack = "monitoring";
    cluster.add(
        NodeExporter::new("node-exporter")
            .stack(stack)
            .network(layout.monitoring_network)
            .on(layout.hosts()),
    );
    let alertmanager = cluster.add(
        Alertmanager::new("alertmanager")
            .stack(stack)
            .network(layout.monitoring_network)
            .on(layout.monitoring.iter().copied()),
    );
    let prometheus = cluster.add(
        Prometheus::new("prometheus")
            .stack(stack)
            .network(layout.monitoring_network)
            .on(layout.monitoring.iter().copied().take(2))
            .alertmanager(&alertmanager)
            .rule_files(alert_rules())
            .retention("15d")
            .disk("10GiB"),
    );
    let grafana = cluster.add(
        Grafana::new("grafana")
            .stack(stack)
            .network(layout.monitoring_network)
            .on(layout.monitoring.last().copied())
            // Port 3000 is new-api's.
            .port(3001)
            .datasource(&prometheus),
    );
    let federation = cluster.add(
        Prometheus::new("federation")
            .stack(stack)
            .network(layout.monitoring_network)
            .on(layout.monitoring.last().copied())
            .port(9091)
            .federating(&prometheus)
            .retention("180d")
            .disk("10GiB"),
    );
    Monitoring {
        federation,
        grafana,
    }
}
