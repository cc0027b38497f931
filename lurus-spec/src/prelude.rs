//! What a description needs: `use lurus_spec::prelude::*;`.

pub use std::format;
pub use std::string::{String, ToString};
pub use std::vec;
pub use std::vec::Vec;

pub use crate::component::alertmanager::{Alertmanager, Receiver};
pub use crate::component::caddy::{Caddy, CaddyRef};
pub use crate::component::citus::Citus;
pub use crate::component::clickhouse::ClickHouse;
pub use crate::component::consul::Consul;
pub use crate::component::etcd::Etcd;
pub use crate::component::grafana::Grafana;
pub use crate::component::haproxy::HaProxy;
pub use crate::component::managed::ManagedPostgres;
pub use crate::component::nats::{Nats, Stream};
pub use crate::component::nginx::{Nginx, NginxRef, Route, VirtualHost};
pub use crate::component::node_exporter::NodeExporter;
pub use crate::component::observe::Severity;
pub use crate::component::patroni::Patroni;
pub use crate::component::pgbouncer::PgBouncer;
pub use crate::component::postgres::Postgres;
pub use crate::component::prometheus::Prometheus;
pub use crate::component::redis::{AppendSync, Eviction, RedisCluster};
pub use crate::component::redis_single::Redis;
pub use crate::component::service::{Check, ProbeTool, RedisClient, Service};
pub use crate::component::streaming::Streaming;
pub use crate::component::vip::Vip;
pub use crate::component::{Own, Value};
pub use crate::literal::{
    AbsPath, Cidr, DomainName, Duration, EnvName, HostName, Image, Ip, Name, Port, SecretName,
    Size, Url,
};
pub use crate::model::{
    Ability, Certificate, Cluster, ComponentRef, HostRef, ImageRef, Inventory, Loss, NetworkRef,
};
pub use lurus_macros::{
    cidr, domain, duration, env_name, host_name, image, ip, name, path, port, secret, size,
};
