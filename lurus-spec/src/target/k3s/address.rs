//! Names and addresses in a cluster of K3S.
//!
//! In: a plan. Out: the name by which each member and each Service is found, and an address for each member that needs one
//! which outlives its pod. An address depends on nothing but the member and those it would collide with, so that another
//! component does not move it.

use std::collections::{BTreeMap, BTreeSet};

use crate::literal::{Cidr, Ip, Name};
use crate::plan::{Kind, Member, Plan, Workload};

/// The network of the pods.
pub(super) const PODS: Cidr = Cidr::containing(Ip::new(10, 42, 0, 0), 16);

/// The network of the addresses of Services.
pub(super) const SERVICES: Cidr = Cidr::containing(Ip::new(10, 43, 0, 0), 16);

/// The address of the cluster's name service.
pub(super) const NAME_SERVICE: Ip = Ip::new(10, 43, 0, 10);

/// `address:port` of the cluster's name service.
pub(super) const RESOLVER: &str = "10.43.0.10:53";

/// The domain of the cluster's names.
pub(super) const DOMAIN: &str = "cluster.local";

/// The part of [`SERVICES`] from which Kubernetes gives no address by itself while there are others: the first 256. The
/// first of them are its own.
const FIXED: std::ops::Range<u32> = 16..256;

/// The namespace of a cluster.
pub(super) fn namespace(cluster: &Name) -> String {
    format!("lurus-{cluster}")
}

/// The namespace of what belongs to the hosts of a cluster, whose pods see their hosts.
pub(super) fn host_namespace(cluster: &Name) -> String {
    format!("lurus-{cluster}-host")
}

/// The namespace of the objects of a workload.
pub(super) fn namespace_of(cluster: &Name, workload: &Workload) -> String {
    if workload.is_of_hosts() {
        host_namespace(cluster)
    } else {
        namespace(cluster)
    }
}

/// The name of a Service. Whole, because a program that asks the name service itself knows no shorter one.
pub(super) fn of_service(cluster: &Name, service: &str) -> String {
    format!("{service}.{}.svc.{DOMAIN}", namespace(cluster))
}

/// Where a member is found: its pod by the headless Service of its group, or its host.
pub(super) fn of_member(cluster: &Name, group: &Name, member: &Member) -> String {
    if member.of_host {
        return member.address.to_string();
    }
    of_service(cluster, &format!("{group}-{}.{group}", member.index))
}

/// The pod of a member of a group, and the Service of its own where it has one.
pub(super) fn pod(workload: &Workload, member: &Member) -> String {
    format!("{}-{}", workload.name, member.index)
}

/// The Service that leads to any member of a group that serves.
pub(super) fn any(group: &Name) -> String {
    format!("{group}-any")
}

/// The Service by which a group is reached from outside the cluster.
pub(super) fn outside(group: &Name) -> String {
    format!("{group}-outside")
}

/// Fixed addresses of members, and those for which there is none left.
#[derive(Debug, Default)]
pub(super) struct Fixed {
    pub(super) addresses: BTreeMap<Name, Ip>,
    pub(super) without: Vec<Name>,
}

/// Whether each member of a workload has a Service, and with it an address, of its own.
pub(super) fn has_fixed(workload: &Workload) -> bool {
    workload.kind == Kind::Service
        && workload.stable_address
        && !workload.is_of_hosts()
        && workload
            .members
            .iter()
            .any(|member| !member.ports.is_empty())
}

pub(super) fn fixed(plan: &Plan) -> Fixed {
    let mut out = Fixed::default();
    let mut taken = BTreeSet::new();
    for member in plan
        .workloads
        .iter()
        .filter(|workload| has_fixed(workload))
        .flat_map(|workload| &workload.members)
    {
        match candidates(&member.name).find(|ip| taken.insert(*ip)) {
            Some(ip) => {
                out.addresses.insert(member.name.clone(), ip);
            }
            None => out.without.push(member.name.clone()),
        }
    }
    out
}

/// Addresses of the fixed part, each once, beginning at one that the name decides.
fn candidates(name: &Name) -> impl Iterator<Item = Ip> {
    let size = u64::from(FIXED.end - FIXED.start);
    let start = fnv1a(name.as_str().as_bytes()) % size;
    (0..size).filter_map(move |step| {
        let nth = u32::try_from((start + step) % size).ok()?;
        SERVICES.nth(FIXED.start + nth)
    })
}

/// FNV-1a, 64 bits: the same on every machine and in every version, unlike the hasher of the standard library.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
