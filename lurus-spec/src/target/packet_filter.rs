//! The packet filter of a host: one table that drops whatever it is not told to let in.
//!
//! In: what is let in, by subject. Out: the text of `nftables.conf`. Tables of others, such as those of a container engine, are
//! left alone: only what arrives for the host itself is looked at, nothing that it forwards. It knows no plan.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::sync::Arc;

use crate::file_tree::header;
use crate::literal::{Cidr, Ip, Name, Port};

/// What a host lets in besides answers, what it says to itself, and SSH.
#[derive(Debug)]
pub(super) struct PacketFilter<'a> {
    pub(super) cluster: &'a Name,
    /// Networks from which operators come; none where nothing is known of them.
    pub(super) operators: &'a [Cidr],
    /// Whose tables are left alone, in words: `the container engine`.
    pub(super) others: &'static str,
    /// What is let in, by what it is for.
    pub(super) sections: Vec<(String, Vec<Accept>)>,
}

/// One rule that lets something in.
#[derive(Clone, Debug)]
pub(super) struct Accept {
    /// Interfaces over which it comes; all of them where none is named.
    pub(super) over: &'static [&'static str],
    pub(super) from: Sources,
    /// The address of the host that is asked; any of them where none is named.
    pub(super) to: Option<Ip>,
    pub(super) what: Packets,
}

/// What is let in.
#[derive(Clone, Debug)]
pub(super) enum Packets {
    /// Connections to these ports.
    Tcp(BTreeSet<Port>),
    /// Datagrams for these ports.
    Udp(BTreeSet<Port>),
    /// A protocol without ports, by its number.
    Protocol(u8),
}

/// Who may connect.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Callers {
    Everyone,
    /// These addresses.
    From(BTreeSet<Cidr>),
}

/// Callers as a rule names them: written once for all rules, on any host, that let the same ones in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sources(Arc<str>);

impl From<&Callers> for Sources {
    fn from(callers: &Callers) -> Self {
        Self(callers.to_string().into())
    }
}

impl Callers {
    /// Hosts with these addresses.
    pub(super) fn hosts(addresses: impl IntoIterator<Item = Ip>) -> Self {
        let addresses = addresses.into_iter();
        Self::From(addresses.map(|ip| Cidr::containing(ip, 32)).collect())
    }

    /// Operators: everyone where nothing is known of them, so that nobody is locked out.
    pub(super) fn operators(networks: &[Cidr]) -> Self {
        match networks {
            [] => Self::Everyone,
            networks => Self::From(networks.iter().copied().collect()),
        }
    }

    /// These, and those.
    pub(super) fn and(self, others: Self) -> Self {
        match (self, others) {
            (Self::From(mut these), Self::From(those)) => {
                these.extend(those);
                Self::From(these)
            }
            (Self::Everyone, _) | (_, Self::Everyone) => Self::Everyone,
        }
    }
}

impl PacketFilter<'_> {
    /// The text of `nftables.conf`.
    pub(super) fn render(&self) -> String {
        let table = format!("lurus-{}", self.cluster);
        let mut out = format!(
            "#!/usr/sbin/nft -f\n\
             # {}\n\
             # Replaces this table and no other: those of {} stay. Try it with `nft -c -f` first.\n\
             table inet {table}\n\
             delete table inet {table}\n\
             table inet {table} {{\n\
             \x20   chain input {{\n\
             \x20       type filter hook input priority filter; policy drop;\n\
             \x20       ct state established,related accept\n\
             \x20       ct state invalid drop\n\
             \x20       iif lo accept\n\
             \x20       meta l4proto {{ icmp, ipv6-icmp }} accept\n\
             \x20       {}tcp dport 22 accept\n",
            header(self.cluster),
            self.others,
            Callers::operators(self.operators),
        );
        for (subject, accepted) in &self.sections {
            let _ = writeln!(out, "\n        # {subject}");
            for accept in accepted {
                let _ = writeln!(out, "        {accept}");
            }
        }
        out += "    }\n}\n";
        out
    }
}

impl fmt::Display for Accept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.over.is_empty() {
            let over: Vec<String> = self.over.iter().map(|name| format!("\"{name}\"")).collect();
            write!(f, "iifname {{ {} }} ", over.join(", "))?;
        }
        f.write_str(&self.from.0)?;
        if let Some(to) = self.to {
            write!(f, "ip daddr {to} ")?;
        }
        match &self.what {
            Packets::Tcp(ports) => write!(f, "tcp dport {{ {} }}", listed(ports))?,
            Packets::Udp(ports) => write!(f, "udp dport {{ {} }}", listed(ports))?,
            Packets::Protocol(number) => write!(f, "ip protocol {number}")?,
        }
        f.write_str(" accept")
    }
}

fn listed(ports: &BTreeSet<Port>) -> String {
    let ports: Vec<String> = ports.iter().map(ToString::to_string).collect();
    ports.join(", ")
}

/// More addresses than these are written as networks.
const SHOWN: usize = 16;

/// Single addresses, or of many the networks that they make.
fn shown(networks: &BTreeSet<Cidr>) -> Vec<Cidr> {
    match networks.len() {
        0..=SHOWN => networks.iter().copied().collect(),
        _ => Cidr::aggregated(networks.iter().copied()),
    }
}

/// `ip saddr { … } `, or nothing for everyone.
impl fmt::Display for Callers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::From(networks) = self else {
            return Ok(());
        };
        let addresses: Vec<String> = shown(networks)
            .iter()
            .map(|network| match network.prefix() {
                32 => network.network().to_string(),
                _ => network.to_string(),
            })
            .collect();
        write!(f, "ip saddr {{ {} }} ", addresses.join(", "))
    }
}
