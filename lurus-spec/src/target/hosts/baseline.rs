//! What the system of every host has, whatever runs on it: the engine's settings, the time, the names of the hosts, and the kernel.
//!
//! In: a plan and one of its hosts. Out: files for that host, and the settings that its kernel needs.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::file_tree::{File, Impact, header};
use crate::literal::{Cidr, HostName, Ip};
use crate::plan::{Cost, KernelSetting, MOST_OPEN_FILES, Outside, Plan};
use crate::target::hosts::time_servers::TimeServers;
use crate::words::Words;
use crate::yaml::{map, seq};

/// What the distribution brings it in.
pub(super) const PACKAGES: [&str; 2] = ["chrony", "nftables"];
/// What the system starts at boot for it, in the order in which it is reloaded: the packet filter last, so that what it lets
/// in is there.
pub(super) const UNITS: [&str; 2] = ["chrony", "nftables"];
/// Log files that the engine keeps of a container of which nothing else is said, and how large one becomes.
const LOG_FILES: &str = "5";
const LOG_SIZE: &str = "50m";

/// Networks that an engine may have for itself, the one that it would take by itself first.
const POOLS: [Cidr; 4] = [
    Cidr::containing(Ip::new(172, 17, 0, 0), 16),
    Cidr::containing(Ip::new(172, 28, 0, 0), 14),
    Cidr::containing(Ip::new(192, 168, 0, 0), 16),
    Cidr::containing(Ip::new(10, 255, 0, 0), 16),
];

/// Settings of every host's kernel.
const KERNEL: [(&str, &str, &str); 4] = [
    (
        "net.core.somaxconn",
        "4096",
        "Connections that wait to be accepted, when many clients come back at once.",
    ),
    (
        "net.ipv4.tcp_keepalive_time",
        "300",
        "A peer that vanished without a word is noticed after minutes and not after two hours.",
    ),
    (
        "vm.overcommit_memory",
        "1",
        "A store that forks to write its memory down needs no second time that memory.",
    ),
    (
        "vm.swappiness",
        "1",
        "Whoever answers in milliseconds has its memory in memory.",
    ),
];

/// The kernel's settings that every host has.
pub(super) fn kernel() -> impl Iterator<Item = KernelSetting> {
    KERNEL.into_iter().map(|(key, value, why)| KernelSetting {
        key,
        value: value.to_owned(),
        why,
    })
}

/// A network for the engines, which nobody whom the plan knows of has an address in; none when every one is taken.
pub(super) fn pool(plan: &Plan) -> Option<Cidr> {
    let networks = plan.inventory.networks().iter().map(|network| network.cidr);
    let outside = plan
        .openings
        .iter()
        .filter_map(|opening| match &opening.from {
            Outside::Network(network) => Some(*network),
            Outside::Anyone => None,
        });
    let operators = plan.operators.iter().copied();
    let taken: Vec<Cidr> = networks.chain(outside).chain(operators).collect();
    POOLS
        .into_iter()
        .find(|pool| !taken.iter().any(|network| network.overlaps(pool)))
}

/// The hosts that carry members.
pub(super) fn used(plan: &Plan) -> BTreeSet<&HostName> {
    let workloads = plan.workloads.iter();
    let members = workloads.flat_map(|workload| &workload.members);
    let services = plan.host_services.iter().map(|service| &service.member);
    members.chain(services).map(|member| &member.host).collect()
}

/// What reads the settings of the engine.
const ENGINE: &str = "the host's engine";

/// The files of one of the hosts that are used, by their paths below the root.
pub(super) fn files(
    plan: &Plan,
    time_servers: &TimeServers<'_>,
    host: &HostName,
) -> Vec<(String, File)> {
    let cluster = &plan.cluster;
    vec![
        (
            "etc/docker/daemon.json".to_owned(),
            file(
                ENGINE,
                engine(plan),
                Words::new(
                    "copy it to the host, `systemctl reload docker`, then `systemctl restart docker`: containers go on; log limits hold for new ones",
                    "复制到主机，先 `systemctl reload docker`，再 `systemctl restart docker`：容器继续运行；日志限制只对新容器生效",
                ),
            ),
        ),
        (
            format!("etc/systemd/system/docker.service.d/60-lurus-{cluster}.conf"),
            file(
                ENGINE,
                unit(plan),
                Words::new(
                    "copy it to the host, `systemctl daemon-reload`, then `systemctl restart docker`: containers go on",
                    "复制到主机，先 `systemctl daemon-reload`，再 `systemctl restart docker`：容器继续运行",
                ),
            ),
        ),
        (
            format!("etc/chrony/conf.d/60-lurus-{cluster}.conf"),
            file(
                "the host's clock",
                time_servers.settings(host),
                Words::new(
                    "copy it to the host and run `systemctl restart chrony`",
                    "复制到主机并运行 `systemctl restart chrony`",
                ),
            ),
        ),
    ]
}

/// A file of what reads it, and what a change of it asks for.
fn file(reader: &str, text: String, change: Words) -> File {
    File {
        text,
        executable: false,
        impact: Impact {
            workloads: BTreeSet::from([reader.to_owned()]),
            cost: Cost::Procedure(change),
            ..Impact::default()
        },
    }
}

/// The settings of the engine. JSON has no comments, and the engine refuses keys that it does not know, so there is no header.
fn engine(plan: &Plan) -> String {
    let pool = pool(plan).expect("a checked plan leaves a network to the engines");
    map([("log-driver", "json-file")])
        .with(
            "log-opts",
            map([("max-size", LOG_SIZE), ("max-file", LOG_FILES)]),
        )
        .with("live-restore", true)
        // Members are on the host's own network, so nothing is published that would need it.
        .with("userland-proxy", false)
        .with(
            "default-address-pools",
            seq([map([("base", pool.to_string())]).with("size", 24_u32)]),
        )
        .to_json()
}

/// When the engine starts, and how many files it may have open.
fn unit(plan: &Plan) -> String {
    format!(
        "# {}\n\
         [Unit]\n\
         # Nobody listens before the packet filter is loaded, and nobody starts before the service that sets the clock.\n\
         After=nftables.service systemd-sysctl.service time-sync.target\n\
         Wants=nftables.service time-sync.target\n\
         \n\
         [Service]\n\
         LimitNOFILE={MOST_OPEN_FILES}\n",
        header(&plan.cluster)
    )
}

/// The names of all hosts, for `/etc/hosts`.
pub(super) fn names(plan: &Plan) -> String {
    let mut out = String::new();
    for host in used(plan) {
        let Some(host) = plan.inventory.host_named(host) else {
            continue;
        };
        let networks = plan.inventory.networks().iter();
        let addresses = networks.filter_map(|network| host.address_on(&network.name));
        for (number, address) in addresses.enumerate() {
            let name = format!("{}-{}", host.name, address.network);
            let _ = match number {
                0 => writeln!(out, "{} {} {name}", address.ip, host.name),
                _ => writeln!(out, "{} {name}", address.ip),
            };
        }
    }
    out
}
