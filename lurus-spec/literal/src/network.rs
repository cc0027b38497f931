//! Comes in: a text. Goes out: an IPv4 address or network, with the arithmetic that a plan of addresses needs.
//! Must not know: which hosts, components or targets use it.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::net::{AddrParseError, Ipv4Addr};
use core::str::FromStr;

use ipnet::Ipv4Net;

use crate::{Literal, LiteralError};

/// The longest prefix of an IPv4 network, in bits.
const PREFIX_MAX: u8 = 32;

/// An IPv4 network, written with its prefix.
///
/// Good: `10.0.1.0/24`, `0.0.0.0/0`, `10.0.1.7/32`.
/// Bad: `10.0.1.0/33`, `10.0.1.7/24` (that is an address in `10.0.1.0/24`), `10.0.1.0`, `fd00::/8`.
///
/// Exists because firewalls, `pg_hba` and networks read host bits each in their own way: the text of a network here has
/// none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr(Ipv4Net);

impl Cidr {
    /// The network of this prefix that holds this address: its host bits are dropped.
    ///
    /// # Panics
    /// When the prefix is over 32. In a constant that is an error while rustc runs.
    #[must_use]
    pub const fn containing(ip: Ip, prefix: u8) -> Self {
        assert!(
            prefix <= PREFIX_MAX,
            "the prefix of an IPv4 network is at most 32"
        );
        // Ipv4Net::trunc is not const, and a shift by all 32 bits overflows.
        let mask = if prefix == 0 {
            0
        } else {
            u32::MAX << (PREFIX_MAX - prefix)
        };
        let first = Ipv4Addr::from_bits(ip.0.to_bits() & mask);
        Self(Ipv4Net::new_assert(first, prefix))
    }

    /// The first address, which names the network.
    #[must_use]
    pub fn network(&self) -> Ip {
        Ip(self.0.network())
    }

    /// The last address, which reaches every host of the network.
    #[must_use]
    pub fn broadcast(&self) -> Ip {
        Ip(self.0.broadcast())
    }

    /// The length of the prefix in bits, 0 to 32.
    #[must_use]
    pub const fn prefix(&self) -> u8 {
        self.0.prefix_len()
    }

    /// Whether the address is one of the network's, its first and last included.
    #[must_use]
    pub fn contains(&self, ip: Ip) -> bool {
        self.0.contains(&ip.0)
    }

    /// Whether there is an address in both: for networks, whether one holds the other.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.0.contains(&other.0) || other.0.contains(&self.0)
    }

    /// The same addresses in as few networks as they fit in exactly, in order.
    #[must_use]
    pub fn aggregated(networks: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let networks: Vec<Ipv4Net> = networks.into_iter().map(|network| network.0).collect();
        Ipv4Net::aggregate(&networks)
            .into_iter()
            .map(Self)
            .collect()
    }

    /// The addresses that hosts may have, in order: all but the first and the last, or all when there are at most two.
    pub fn hosts(&self) -> impl Iterator<Item = Ip> + use<> {
        self.0.hosts().map(Ip)
    }

    /// The address that is `n` after the first: of `10.0.1.0/24`, 10 gives `10.0.1.10`. None outside the network.
    #[must_use]
    pub fn nth(&self, n: u32) -> Option<Ip> {
        let ip = Ip(Ipv4Addr::from_bits(
            u32::from(self.0.network()).checked_add(n)?,
        ));
        self.contains(ip).then_some(ip)
    }

    /// The lower half: of `10.0.0.0/16`, `10.0.0.0/17`. None for a `/31` or a `/32`, whose halves are no networks.
    #[must_use]
    pub fn first_half(&self) -> Option<Self> {
        let prefix = self.half_prefix()?;
        Some(Self::containing(self.network(), prefix))
    }

    /// The upper half: of `10.0.0.0/16`, `10.0.128.0/17`. None for a `/31` or a `/32`, whose halves are no networks.
    #[must_use]
    pub fn second_half(&self) -> Option<Self> {
        let prefix = self.half_prefix()?;
        Some(Self::containing(self.broadcast(), prefix))
    }

    fn half_prefix(&self) -> Option<u8> {
        (self.prefix() < PREFIX_MAX - 1).then_some(self.prefix() + 1)
    }
}

impl FromStr for Cidr {
    type Err = LiteralError;

    fn from_str(text: &str) -> Result<Self, LiteralError> {
        parse_network(text).map_err(|why| LiteralError::not_a("a network", text, why))
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}", self.0))
    }
}

impl Literal for Cidr {}

/// An IPv4 address.
///
/// Good: `10.0.1.10`, `0.0.0.0`. Bad: `10.0.1`, `10.0.1.256`, `010.0.1.10`, `10.0.1.10:80`, `fd00::1`.
///
/// Exists because the products read short and zero-led forms each in their own way (`010` is 8 in C), and because a plan
/// compares and counts addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ip(Ipv4Addr);

impl Ip {
    /// The address with these four parts.
    #[must_use]
    pub const fn new(a: u8, b: u8, c: u8, d: u8) -> Self {
        Self(Ipv4Addr::new(a, b, c, d))
    }

    /// The same address for the standard library.
    #[must_use]
    pub const fn addr(self) -> Ipv4Addr {
        self.0
    }
}

impl FromStr for Ip {
    type Err = LiteralError;

    fn from_str(text: &str) -> Result<Self, LiteralError> {
        parse_address(text, "10.0.1.10").map_err(|why| LiteralError::not_a("an address", text, why))
    }
}

impl From<Ipv4Addr> for Ip {
    fn from(addr: Ipv4Addr) -> Self {
        Self(addr)
    }
}

impl fmt::Display for Ip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Literal for Ip {}

/// Says why a text is no IPv4 address; `example` is what its author may have meant to write.
fn parse_address(text: &str, example: &str) -> Result<Ip, String> {
    text.parse().map(Ip).map_err(|_: AddrParseError| {
        if text.matches(':').count() > 1 {
            return format!("only IPv4 plans are supported; write one such as `{example}`");
        }
        if text.contains(':') {
            return format!("it has a port; leave that out, as in `{example}`");
        }
        if text.contains('/') {
            return format!("it has a prefix, as a network has; write one such as `{example}`");
        }
        format!(
            "an IPv4 address is four numbers from 0 to 255 without leading zeros, as in `{example}`"
        )
    })
}

/// Says why a text is no network.
fn parse_network(text: &str) -> Result<Cidr, String> {
    let Some((address, prefix)) = text.split_once('/') else {
        return Err("it has no prefix; write one such as `10.0.1.0/24`".to_string());
    };
    let ip = parse_address(address, "10.0.1.0/24")?;
    let is_number = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || (prefix.len() > 1 && prefix.starts_with('0')) {
        return Err(format!(
            "`{}` is not a prefix; write a number from 0 to {PREFIX_MAX}, as in `10.0.1.0/24`",
            prefix.escape_debug(),
        ));
    }
    let Some(length) = prefix.parse().ok().filter(|&length| length <= PREFIX_MAX) else {
        return Err(format!(
            "the prefix of an IPv4 network is at most {PREFIX_MAX}, not {prefix}"
        ));
    };
    let network = Cidr::containing(ip, length);
    if network.network() != ip {
        return Err(format!(
            "it is an address in the network `{network}`; write that"
        ));
    }
    Ok(network)
}
