//! Tests of a single Redis.

use crate::component::prometheus::Prometheus;
use crate::component::redis_single::Redis;
use crate::component::redis_single::lower::configuration;
use crate::component::service::{RedisClient, Service};
use crate::fixture::{NODES, cluster, codes, file, plan};
use crate::model::{Cluster, Described as _, ImageRef, Loss};
use crate::template::check_against;

fn cache() -> Redis {
    Redis::new("cache").on([NODES[0]])
}

fn of(redis: Redis) -> Cluster {
    let mut cluster = cluster();
    cluster.add(redis);
    cluster
}

/// A program that speaks to one server, on all hosts.
fn used(redis: Redis, change: impl FnOnce(Service) -> Service) -> Cluster {
    let mut cluster = cluster();
    let cache = cluster.add(redis);
    let web = Service::new("web", ImageRef::new("app"))
        .on(NODES)
        .speaks(RedisClient::Single)
        .env("REDIS_CONN_STRING", cache.url());
    cluster.add(change(web));
    cluster
}

#[test]
fn the_template_reads_what_it_is_given() {
    let mistakes = check_against(include_str!("redis.conf.hbs"), &configuration(&cache()));
    assert!(mistakes.is_empty(), "{mistakes:?}");
}

#[test]
fn its_file_says_what_was_described() {
    let cluster = of(cache().max_memory("1GiB").port(6400));
    insta::assert_snapshot!(
        "on a host",
        file(&cluster, "hosts/node-1/config/cache-1/redis/redis.conf")
    );
}

#[test]
fn a_program_is_given_one_url_with_the_password() {
    let cluster = used(cache(), |web| web);
    let read = |folder: &str| file(&cluster, &format!("{folder}/connections/web.env"));
    let url = |address: &str| {
        format!("REDIS_CONN_STRING=\"redis://default:${{CACHE_PASSWORD}}@{address}/0\"\n")
    };
    assert!(read("hosts/node-3").ends_with(&url("10.0.1.11:6379")));
    assert!(read("local").ends_with(&url("cache-1:6379")));
}

#[test]
fn a_client_for_clusters_cannot_use_it() {
    let web = |web: Service| web.speaks(RedisClient::Cluster);
    assert_eq!(codes(&used(cache(), web)), ["error L1211"]);
}

#[test]
fn it_does_not_outlive_its_host() {
    let claimed = |except: bool| {
        let redis = cache();
        let loss = Loss::of(1).hosts();
        let loss = if except {
            loss.except(&redis.reference())
        } else {
            loss
        };
        let mut cluster = cluster().survives(loss);
        cluster.add(redis);
        codes(&cluster)
    };
    assert_eq!(claimed(false), ["error L0204"]);
    assert!(claimed(true).is_empty());
}

#[test]
fn it_stands_on_one_host_with_enough_memory() {
    assert_eq!(codes(&of(cache().on(NODES))), ["error L0211"]);
    assert_eq!(codes(&of(cache().memory("831MiB"))), ["error L0512"]);
    assert!(codes(&of(cache().memory("832MiB"))).is_empty());
}

#[test]
fn pools_leave_it_a_connection_for_everyone() {
    let pool = |each: u32| {
        let mut cluster = cluster();
        let cache = cluster.add(cache());
        cluster.add(
            Service::new("web", ImageRef::new("app"))
                .on(NODES)
                .env("REDIS_CONN_STRING", cache.url())
                .pool(cache.address(), each),
        );
        codes(&cluster)
    };
    // 10,000 without 32 for others.
    assert!(pool(3322).is_empty());
    assert_eq!(pool(3323), ["error L1217"]);
}

#[test]
fn it_is_watched_where_somebody_collects_metrics() {
    let mut cluster = used(cache(), |web| web).development();
    let runs = |cluster: &Cluster| {
        let plan = plan(cluster, "hosts");
        let mut workloads = plan.workloads.iter();
        workloads.any(|workload| workload.name.as_str() == "cache-exporter")
    };
    assert!(!runs(&cluster));
    cluster.add(Prometheus::new("prometheus").on([NODES[1]]));
    assert!(runs(&cluster));
    let read = |path: &str| file(&cluster, path);
    let jobs = read("hosts/node-2/config/prometheus-1/prometheus/prometheus.yml");
    assert!(jobs.contains("instance: cache-1\n"), "{jobs}");
    assert!(jobs.contains("\"redis://10.0.1.11:6379\""), "{jobs}");
    assert!(jobs.contains("\"10.0.1.11:9122\""), "{jobs}");
    let rules = read("hosts/node-2/config/prometheus-1/prometheus-rules/cache.yml");
    for alert in ["RedisDown", "RedisExporterDown", "RedisMemoryHigh"] {
        assert!(rules.contains(&format!("alert: {alert}\n")), "{rules}");
    }
    assert!(!rules.contains("redis_cluster"), "{rules}");
}
