//! The guide's system, on whatever hosts a site has for it: the same parts in every layout.

use lurus_spec::component::patroni::PatroniRef;
use lurus_spec::prelude::*;

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
}

impl Layout<'_> {
    /// Every host, each once.
    pub(crate) fn hosts(&self) -> Vec<HostRef> {
        let mut hosts = Vec::new();
        for host in [self.app, self.database, self.redis, self.nats].concat() {
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

/// The data layer.
pub(crate) fn data(cluster: &mut Cluster, layout: &Layout<'_>) {
    postgres(cluster, layout);
    cluster.add(
        RedisCluster::new("redis")
            .stack("redis-cluster")
            .on(layout.redis.iter().copied())
            .shards(3)
            .replicas(1)
            .max_memory(layout.redis_memory),
    );
    cluster.add(
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
}

/// The catalogue of all instances and of whether they serve. Nothing needs it: without this line the rest is the same.
pub(crate) fn discovery(cluster: &mut Cluster, layout: &Layout<'_>) {
    cluster.add(
        Consul::new("consul")
            .on(layout.app.iter().copied())
            .agents(layout.besides(layout.app)),
    );
}

/// PostgreSQL under Patroni, and on each application host the way to its primary.
fn postgres(cluster: &mut Cluster, layout: &Layout<'_>) -> PatroniRef {
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
    pg
}
