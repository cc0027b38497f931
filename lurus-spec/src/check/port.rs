//! Ports: who listens where.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Check, Rule, View, listed};
use crate::literal::{Name, Port};
use crate::model::{HostRef, NetworkRef};
use crate::plan::PortName;
use crate::report::{Code, Diagnostic, Origin, Report};

const ONE_LISTENER_CODE: Code = Code::new("L0301");
const RESERVED_CODE: Code = Code::new("L0303");

pub(super) const ONE_LISTENER: Rule = Rule {
    code: ONE_LISTENER_CODE.as_str(),
    ensures: "Ensure one member listens on a port of a host's address, derived ports included.",
    explain: r"Of two programs that bind one port of one address, the second does not start (`Address already in use`), and which one that
is changes with the order in which the host boots. Ports that a product derives count as well: the bus of a Redis node
is its port and 10000.

Set another port on one of the two components, or place it on other hosts or another network. The finding names both
settings; a place that only names the component means that the port is the product's default.",
    source: "POSIX, bind(): EADDRINUSE; the Redis Cluster specification for the bus",
    check: Check::Described(one_listener),
};

pub(super) const RESERVED: Rule = Rule {
    code: RESERVED_CODE.as_str(),
    ensures: "Ensure no port is one that the system gives away by itself.",
    explain: r"Linux gives outgoing connections a local port of 32768 to 60999 (`net.ipv4.ip_local_port_range`). A connection that
happens to have a server's port keeps that server from starting after a restart, until the connection ends: rare, and
then inexplicable. Kubernetes gives 30000 to 32767 to services of type NodePort, on every host.

Choose a port below 30000, or list it in `net.ipv4.ip_local_reserved_ports` on every host of the component.",
    source: "Linux, Documentation/networking/ip-sysctl; Kubernetes, --service-node-port-range",
    check: Check::Described(reserved),
};

/// A port as its finding names it: the place that set it, the group, the port's name.
type Listener<'v> = (&'v Origin, &'v Name, &'v PortName);

fn one_listener(view: &View<'_>, report: &mut Report) {
    let mut listeners: BTreeMap<(HostRef, Option<NetworkRef>, Port), Vec<Listener<'_>>> =
        BTreeMap::new();
    for (_, group, member) in view.members() {
        for port in &member.ports {
            // What cannot be derived is the product's finding.
            if let Ok(number) = port.port {
                listeners
                    .entry((member.host, member.network, number))
                    .or_default()
                    .push((&port.origin, &group.name, &port.name));
            }
        }
    }
    // Components that share hosts clash on each of them; that is one mistake.
    let mut clashes: BTreeMap<(Port, Vec<Listener<'_>>), BTreeSet<HostRef>> = BTreeMap::new();
    for ((host, _, port), mut listeners) in listeners {
        if listeners.len() > 1 {
            listeners.sort();
            clashes.entry((port, listeners)).or_default().insert(host);
        }
    }
    for ((port, listeners), hosts) in clashes {
        let mut finding = Diagnostic::error(
            ONE_LISTENER_CODE,
            format!(
                "port {port} is wanted {} times on {}",
                listeners.len(),
                listed(hosts)
            ),
        );
        let mut labels: BTreeMap<Listener<'_>, usize> = BTreeMap::new();
        for listener in listeners {
            *labels.entry(listener).or_default() += 1;
        }
        for ((origin, group, name), times) in labels {
            let text = match times {
                1 => format!("`{name}` of {group}"),
                _ => format!("`{name}` of {times} members of {group}"),
            };
            finding = finding.primary(origin.clone(), text);
        }
        report.push(finding.help("set another port on one of them, or place it on other hosts"));
    }
}

/// Ports of one setting, each with its name and who gives it away.
type Reserved<'v> = BTreeMap<Port, (&'v PortName, &'static str)>;

fn reserved(view: &View<'_>, report: &mut Report) {
    // Ports that were derived from one setting are one finding.
    let mut settings: BTreeMap<(&Origin, &Name), Reserved<'_>> = BTreeMap::new();
    for (_, group, member) in view.members() {
        for port in &member.ports {
            let Ok(number) = port.port else { continue };
            let whose = match number.get() {
                30_000..=32_767 => "Kubernetes gives such ports to services of type NodePort",
                32_768..=60_999 => "Linux gives such ports to outgoing connections",
                _ => continue,
            };
            settings
                .entry((&port.origin, &group.name))
                .or_default()
                .insert(number, (&port.name, whose));
        }
    }
    for ((origin, group), ports) in settings {
        let plural = if ports.len() == 1 { "" } else { "s" };
        let names: BTreeSet<String> = ports
            .values()
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        let whose: BTreeSet<&str> = ports.values().map(|(_, whose)| *whose).collect();
        let title = format!(
            "the system may give away port{plural} {} of {group}",
            listed(ports.keys())
        );
        let mut finding = Diagnostic::warning(RESERVED_CODE, title)
            .primary(origin.clone(), format!("{} of {group}", listed(names)));
        for whose in whose {
            finding = finding.note(whose);
        }
        report.push(finding.help("choose a port below 30000"));
    }
}
