//! Time servers among the hosts.
//!
//! In: a plan. Out: what chrony reads on each host, and who may ask a host for the time. The servers of the distribution's own file
//! stay; these lines come beside them. Leases, elections and alerts compare clocks of different hosts.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::file_tree::header;
use crate::literal::{HostName, Ip, Port};
use crate::plan::Plan;
use crate::target::hosts::baseline;

/// The port of NTP (RFC 5905).
pub(super) const TIME: Port = Port::constant(123);

/// How many hosts are time servers, so that what is written grows with the hosts and not with their square. Four can tell which
/// one of them is wrong, and one more may be away (RFC 8633, section 3.2).
const SERVERS: usize = 5;

/// The hosts that carry members, and those of them that are time servers.
#[derive(Debug)]
pub(super) struct TimeServers<'a> {
    plan: &'a Plan,
    used: BTreeSet<&'a HostName>,
    servers: BTreeSet<&'a HostName>,
}

impl<'a> TimeServers<'a> {
    /// Of a plan: hosts of different zones first.
    pub(super) fn of(plan: &'a Plan) -> Self {
        let used = baseline::used(plan);
        let zone = |host: &HostName| plan.inventory.host_named(host)?.zone.as_ref();
        let mut zones = BTreeSet::new();
        let firsts = used
            .iter()
            .filter(|host| zone(host).is_some_and(|zone| zones.insert(zone)));
        let firsts: Vec<&HostName> = firsts.copied().take(SERVERS).collect();
        let mut servers: BTreeSet<&HostName> = firsts.into_iter().collect();
        for host in &used {
            if servers.len() < SERVERS {
                servers.insert(host);
            }
        }
        Self {
            plan,
            used,
            servers,
        }
    }

    /// Who may ask this host.
    pub(super) fn callers(&self, host: &HostName) -> BTreeSet<Ip> {
        match self.servers.contains(host) {
            true => self.reached(&self.used, host),
            false => BTreeSet::new(),
        }
    }

    /// What chrony reads on this host.
    pub(super) fn settings(&self, host: &HostName) -> String {
        let mut out = format!(
            "# {}\n\
             # A clock that is wrong at boot is set once; later it is only made slower or faster.\n\
             makestep 1.0 3\n\
             rtcsync\n",
            header(&self.plan.cluster)
        );
        let servers = self.reached(&self.servers, host);
        if !self.servers.contains(host) {
            out += "# When no server outside is reached, these agree among themselves, and this host goes by them.\n";
            for server in servers {
                let _ = writeln!(out, "server {server}");
            }
            return out;
        }
        let callers = self.callers(host);
        if !callers.is_empty() {
            out += "# When no server outside is reached, the hosts agree among themselves.\nlocal stratum 10 orphan\n";
        }
        for caller in callers {
            if servers.contains(&caller) {
                let _ = writeln!(out, "peer {caller}");
            }
            let _ = writeln!(out, "allow {caller}");
        }
        out
    }

    /// The others of these hosts, each by the address at which `host` and it reach each other.
    fn reached(&self, hosts: &BTreeSet<&HostName>, host: &HostName) -> BTreeSet<Ip> {
        let inventory = &self.plan.inventory;
        let Some(own) = inventory.host_named(host) else {
            return BTreeSet::new();
        };
        let shared = |other: &HostName| {
            let other = inventory.host_named(other)?;
            let networks = inventory.networks().iter();
            let mut both = networks.filter(|network| own.address_on(&network.name).is_some());
            both.find_map(|network| other.address_on(&network.name))
        };
        let others = hosts.iter().filter(|other| **other != host);
        others
            .filter_map(|other| shared(other).map(|address| address.ip))
            .collect()
    }
}
