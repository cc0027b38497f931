//! How long it takes to compile: the clusters of this repository for every target, a growing cluster for one target,
//! and the loss analysis of a thousand hosts.
//!
//! `cargo bench --bench compile`
//!
//! README.md has the bounds. What an author waits for, the first `gen` and the way from an edit to its diff, is measured by
//! `tests/benches/build.sh`.

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use lurus_spec::check::check;
use lurus_spec::check::loss::survival_table;
use lurus_spec::component::{
    Component, Declaration, Endpoint, EndpointRef, Group, Lowering, Need, Reach, SecretDeclaration,
    Site, Survival, place,
};
use lurus_spec::literal::{Duration, Ip, Port, Size};
use lurus_spec::model::{
    Cluster, Host, HostRef, ImagePin, Inventory, Loss, Meta, Network, NetworkRef, Setting,
};
use lurus_spec::plan::{
    Body, ConfigDir, ConfigFile, Cost, Health, Resources, Stop, Symbol, Volume, Workload, checked,
};
use lurus_spec::target::Target;
use lurus_spec::target::hosts::Hosts;
use lurus_spec::yaml::map;
use lurus_spec::{cidr, compile, image, ip, lower, name, plan};

/// A program that runs on every host and talks to the next one beside it.
#[derive(Component, Clone, Debug)]
#[component(kind = "agent")]
struct Agent {
    meta: Meta,
    /// Port for clients.
    #[option(required, cost = "recreate", plain)]
    port: Setting<Port>,
    /// The agent that it cannot work without.
    #[option(default = "none", cost = "restart", plain)]
    next: Option<Setting<AgentRef>>,
}

const CLIENT: &str = "client";

impl Agent {
    fn next_client(&self) -> Option<EndpointRef> {
        Some(EndpointRef::new(&self.next.as_ref()?.value, CLIENT))
    }
}

impl Component for Agent {
    fn declare(&self, site: &Site<'_>) -> Declaration {
        let meta = &self.meta;
        let name = &meta.name.value;
        let port = (CLIENT.into(), self.port.value, self.port.origin.clone());
        let agents = Group::new(name.clone(), place(meta, site, Size::mib(256), &[port]));
        Declaration {
            image: Some("agent"),
            endpoints: vec![Endpoint::new(
                CLIENT,
                "http",
                name.clone(),
                CLIENT,
                Reach::Any,
            )],
            needs: self
                .next_client()
                .map(|endpoint| Need {
                    group: name.clone(),
                    endpoint,
                    origin: meta.name.origin.clone(),
                })
                .into_iter()
                .collect(),
            secrets: vec![SecretDeclaration {
                name: meta.secret("token"),
                purpose: "clients".into(),
                origin: meta.name.origin.clone(),
            }],
            survival: vec![Survival::majority(
                "a majority of agents",
                agents.member_names(),
            )],
            groups: vec![agents],
            ..Declaration::default()
        }
    }

    fn lower(&self, lowering: &Lowering<'_>) -> Vec<Workload> {
        let meta = &self.meta;
        let name = &meta.name.value;
        let next = self
            .next_client()
            .map(|endpoint| lowering.addresses(name, &endpoint).join(","));
        let own = |symbol: Symbol| symbol.token();
        let config = map([
            ("name", own(Symbol::OwnName)),
            (
                "listen",
                format!("{}:{}", Symbol::OwnBind, Symbol::OwnPort(CLIENT.into())),
            ),
            ("host", own(Symbol::OwnHost)),
            ("next", next.unwrap_or_default()),
        ]);
        vec![Workload {
            command: vec!["agent".into()],
            env: BTreeMap::from([(
                checked("TOKEN"),
                Symbol::Secret(meta.secret("token")).into(),
            )]),
            config: vec![ConfigDir {
                mount: checked("/etc/agent"),
                files: vec![ConfigFile::new(
                    "agent.yml",
                    Body::yaml(config),
                    Cost::Restart,
                )],
            }],
            volumes: vec![Volume {
                name: "data",
                mount: checked("/data"),
                size: Size::gib(1),
            }],
            health: Some(Health {
                command: vec!["agent".into(), "health".into()],
                interval: Duration::secs(5),
                timeout: Duration::secs(3),
                retries: 3,
                start_period: Duration::secs(30),
            }),
            stop: Stop {
                signal: None,
                grace: Duration::secs(30),
                needed: Duration::secs(10),
            },
            ..lowering.workload(
                meta,
                name,
                "agent",
                Resources::memory(Size::mib(256), meta.name.origin.clone()),
            )
        }]
    }
}

/// Eight agents on each of so many hosts, which claim to survive the loss of any two.
fn agents(hosts: usize) -> Cluster {
    let names: Vec<HostRef> = (1..=hosts)
        // A handle is made of a constant; the process ends with the benchmark.
        .map(|number| HostRef::new(format!("host-{number}").leak()))
        .collect();
    let rows = (10_u32..).zip(&names).map(|(number, host)| {
        let [.., high, low] = number.to_be_bytes();
        Host::new(host.host_name(), 8, Size::gib(32), Size::gib(500))
            .at(name!("data"), Ip::new(10, 1, high, low))
    });
    let inventory = Inventory::new(
        vec![Network::new(
            name!("data"),
            cidr!("10.1.0.0/16"),
            ip!("10.1.0.1"),
        )],
        rows.collect(),
        vec![ImagePin::new(
            name!("agent"),
            image!("registry.example.com/agent:1.0.0"),
        )],
    );
    let mut cluster = Cluster::new("agents", inventory)
        .network(NetworkRef::new("data"))
        .survives(Loss::of(2).hosts());
    let mut next: Option<AgentRef> = None;
    for (number, port) in (1..=8).zip(7000_u16..) {
        let mut agent = Agent::new(format!("agent-{number}").as_str(), Port::constant(port))
            .on(names.iter().copied());
        if let Some(next) = next {
            agent = agent.next(next);
        }
        next = Some(cluster.add(agent));
    }
    cluster
}

fn clusters_of_the_repository(c: &mut Criterion) {
    let mut group = c.benchmark_group("every target");
    for cluster in lurus::clusters() {
        group.bench_function(cluster.name.value.as_str(), |b| {
            // What was made is used by whoever compiles: how long it takes to be freed is not counted, and it is freed before
            // the next one is made, as the system's memory is not what is measured.
            let made = || compile(black_box(&cluster)).expect("it passes the checks");
            b.iter_batched(|| (), |()| made(), BatchSize::PerIteration);
        });
    }
    group.finish();
}

fn growing(c: &mut Criterion) {
    let mut group = c.benchmark_group("8 workloads on each host, all checks, one target");
    group.sample_size(10);
    for hosts in [10, 100, 1000] {
        let cluster = agents(hosts);
        group.throughput(Throughput::Elements(hosts as u64));
        group.bench_with_input(
            BenchmarkId::from_parameter(hosts),
            &cluster,
            |b, cluster| {
                b.iter(|| {
                    let checked = check(black_box(cluster)).expect("it passes the checks");
                    let plan = lower(&checked, &Hosts);
                    let findings = [plan::check::check(&plan), Hosts.check(&plan)];
                    assert!(findings.iter().all(|report| !report.has_errors()));
                    Hosts.render(&plan)
                });
            },
        );
    }
    group.finish();
}

fn losses(c: &mut Criterion) {
    let cluster = agents(1000);
    let checked = check(&cluster).expect("it survives the loss of any two hosts");
    c.bench_function("what each of 8 components on 1,000 hosts survives", |b| {
        b.iter(|| survival_table(black_box(&checked)));
    });
}

criterion_group!(benches, clusters_of_the_repository, growing, losses);
criterion_main!(benches);
