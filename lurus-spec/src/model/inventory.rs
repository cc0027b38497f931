//! What a cluster stands on: networks, hosts and pinned images.
//!
//! In: the values of `spec/*.toml`, each with its place, from the code that the build script writes. Out: an
//! [`Inventory`] to look things up in, and small handles that `spec/` names them by. Whether the values fit each other
//! (an address outside its network, a gateway that is a host) is not known here: checks say that.

use crate::literal::{Cidr, DiskKind, HostName, Image, InstanceType, Ip, Name, Size};
use crate::model::{Mirrors, Setting};
use crate::report::Origin;

/// The networks and hosts of one site, and the images of all sites.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    networks: Vec<Network>,
    hosts: Vec<Host>,
    images: Vec<ImagePin>,
    mirrors: Mirrors,
    /// Indices into `hosts` with how their names begin, sorted by name: every member of every component looks its host up.
    hosts_by_name: Vec<(u128, usize)>,
}

impl Inventory {
    /// An inventory of these values. Their order is kept.
    pub fn new(networks: Vec<Network>, hosts: Vec<Host>, images: Vec<ImagePin>) -> Self {
        let names = hosts.iter().map(|host| beginning(host.name.as_str()));
        let mut hosts_by_name: Vec<(u128, usize)> = names.zip(0..).collect();
        hosts_by_name.sort_by_key(|(_, index)| &hosts[*index].name);
        Self {
            networks,
            hosts,
            images,
            mirrors: Mirrors::default(),
            hosts_by_name,
        }
    }

    /// The same site, which fetches its images from mirrors. An image that has no name at its mirror keeps the one that
    /// was written; a check says so.
    #[must_use]
    pub fn behind(mut self, mirrors: Mirrors) -> Self {
        for pin in &mut self.images {
            pin.image = mirrors
                .image(&pin.written)
                .unwrap_or_else(|_| pin.written.clone());
        }
        self.mirrors = mirrors;
        self
    }

    /// Where images are fetched from in place of their own registries.
    pub fn mirrors(&self) -> &Mirrors {
        &self.mirrors
    }

    /// The networks, in the order in which they were written.
    pub fn networks(&self) -> &[Network] {
        &self.networks
    }

    /// The hosts, in the order in which they were written.
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// The images, in the order in which they were written.
    pub fn images(&self) -> &[ImagePin] {
        &self.images
    }

    /// The network behind a handle; none when the handle is of another site.
    pub fn network(&self, network: NetworkRef) -> Option<&Network> {
        self.find_network(network.name())
    }

    /// The network of this name.
    pub fn network_named(&self, name: &Name) -> Option<&Network> {
        self.find_network(name.as_str())
    }

    /// The host behind a handle; none when the handle is of another site.
    pub fn host(&self, host: HostRef) -> Option<&Host> {
        self.find_host(host.name())
    }

    /// The host of this name.
    pub fn host_named(&self, name: &HostName) -> Option<&Host> {
        self.find_host(name.as_str())
    }

    /// The image that is pinned under this name.
    pub fn image(&self, name: &str) -> Option<&ImagePin> {
        self.images.iter().find(|pin| pin.name.as_str() == name)
    }

    fn find_network(&self, name: &str) -> Option<&Network> {
        self.networks
            .iter()
            .find(|network| network.name.as_str() == name)
    }

    fn find_host(&self, name: &str) -> Option<&Host> {
        let own = beginning(name);
        let found = self.hosts_by_name.binary_search_by(|(other, index)| {
            let whole = || self.hosts[*index].name.as_str().cmp(name);
            other.cmp(&own).then_with(whole)
        });
        Some(&self.hosts[self.hosts_by_name[found.ok()?].1])
    }
}

/// The first bytes of a name, as a number: such numbers are ordered as the names are, where they differ.
fn beginning(name: &str) -> u128 {
    let mut bytes = [0; 16];
    for (byte, own) in bytes.iter_mut().zip(name.bytes()) {
        *byte = own;
    }
    u128::from_be_bytes(bytes)
}

/// A network of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Its name.
    pub name: Name,
    /// Its addresses.
    pub cidr: Cidr,
    /// The address of its router, which no host may have.
    pub gateway: Ip,
    /// Where it was declared.
    pub origin: Origin,
    /// Where its addresses were written.
    pub cidr_origin: Origin,
    /// Where its gateway was written.
    pub gateway_origin: Origin,
}

impl Network {
    /// A network that is written in code: every value has the place of the call.
    #[track_caller]
    pub fn new(name: Name, cidr: Cidr, gateway: Ip) -> Self {
        let origin = Origin::caller();
        Self {
            name,
            cidr,
            gateway,
            cidr_origin: origin.clone(),
            gateway_origin: origin.clone(),
            origin,
        }
    }
}

/// A machine of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its name.
    pub name: HostName,
    /// Its addresses, in the order in which they were written.
    pub addresses: Vec<Address>,
    /// Its processor cores, at least 1.
    pub cores: u32,
    /// Its memory.
    pub memory: Size,
    /// The instance type from which its cores and its memory are known, when it has one.
    pub instance: Option<InstanceType>,
    /// Its disk.
    pub disk: Size,
    /// What its disk is made of, when that was said.
    pub disk_kind: Option<Setting<DiskKind>>,
    /// What fails together with it, such as a rack or a power feed.
    pub zone: Option<Name>,
    /// Where it was declared.
    pub origin: Origin,
    /// Where its cores were written, or its instance type.
    pub cores_origin: Origin,
    /// Where its memory was written, or its instance type.
    pub memory_origin: Origin,
    /// Where its disk was written.
    pub disk_origin: Origin,
    /// Where its zone was written, or where it was declared when it has none.
    pub zone_origin: Origin,
}

impl Host {
    /// A host that is written in code: every value has the place of the call. It has no address and no zone yet.
    #[track_caller]
    pub fn new(name: HostName, cores: u32, memory: Size, disk: Size) -> Self {
        let origin = Origin::caller();
        Self {
            name,
            addresses: Vec::new(),
            cores,
            memory,
            instance: None,
            disk,
            disk_kind: None,
            zone: None,
            cores_origin: origin.clone(),
            memory_origin: origin.clone(),
            disk_origin: origin.clone(),
            zone_origin: origin.clone(),
            origin,
        }
    }

    /// Gives the host an address on a network.
    #[must_use]
    #[track_caller]
    pub fn at(mut self, network: Name, ip: Ip) -> Self {
        self.addresses.push(Address {
            network,
            ip,
            origin: Origin::caller(),
        });
        self
    }

    /// Says what the host's disk is made of.
    #[must_use]
    #[track_caller]
    pub fn disk_kind(mut self, kind: DiskKind) -> Self {
        self.disk_kind = Some(Setting::new(kind, Origin::caller()));
        self
    }

    /// Says what fails together with the host.
    #[must_use]
    #[track_caller]
    pub fn zone(mut self, zone: Name) -> Self {
        self.zone = Some(zone);
        self.zone_origin = Origin::caller();
        self
    }

    /// The host's address on a network.
    pub fn address_on(&self, network: &Name) -> Option<&Address> {
        self.addresses
            .iter()
            .find(|address| address.network == *network)
    }
}

/// An address of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The network that it is on.
    pub network: Name,
    /// The address.
    pub ip: Ip,
    /// Where the address was written.
    pub origin: Origin,
}

/// An image under the name that components ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImagePin {
    /// The name, such as `redis`.
    pub name: Name,
    /// The image, as members fetch it: at the site's mirror when it has one.
    pub image: Image,
    /// The image, as it was written.
    pub written: Image,
    /// Where the image was written.
    pub origin: Origin,
}

impl ImagePin {
    /// An image that is written in code.
    #[track_caller]
    pub fn new(name: Name, image: Image) -> Self {
        Self {
            name,
            image: image.clone(),
            written: image,
            origin: Origin::caller(),
        }
    }
}

/// Declares a handle: the name of something in the inventory, with a type of its own.
macro_rules! handle {
    ($(#[$meta:meta])* $handle:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $handle(&'static str);

        impl $handle {
            /// The handle of this name.
            ///
            /// # Panics
            /// When the text is no label of RFC 1123. In a constant that is an error of rustc.
            #[must_use]
            pub const fn new(name: &'static str) -> Self {
                assert!(is_label(name), "a name is a label of RFC 1123, such as `node-1`");
                Self(name)
            }

            /// The name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                self.0
            }
        }

        impl std::fmt::Display for $handle {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.0)
            }
        }
    };
}

handle! {
    /// A host of `spec/*.toml`, such as `hosts::NODE_1`.
    HostRef
}
handle! {
    /// A network of `spec/*.toml`, such as `networks::DATA`.
    NetworkRef
}
handle! {
    /// An image of `spec/images.toml`, such as `images::REDIS`.
    ImageRef
}

impl HostRef {
    /// The name with the type that the plan uses.
    #[must_use]
    pub fn host_name(self) -> HostName {
        self.0.parse().expect("`new` takes labels of RFC 1123 only")
    }
}

impl NetworkRef {
    /// The name with the type that the plan uses.
    #[must_use]
    pub fn network_name(self) -> Name {
        self.0.parse().expect("`new` takes labels of RFC 1123 only")
    }
}

/// The grammar of [`Name`] and [`HostName`], once more, since handles are constants and parsers are not `const`.
const fn is_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.is_empty() || bytes.len() > 63 {
        return false;
    }
    let mut index = 0;
    while index < bytes.len() {
        let at_an_end = index == 0 || index + 1 == bytes.len();
        let is_dash_inside = bytes[index] == b'-' && !at_an_end;
        if !(bytes[index].is_ascii_lowercase() || bytes[index].is_ascii_digit() || is_dash_inside) {
            return false;
        }
        index += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_by_name_and_listed_as_written() {
        // The last two begin alike, farther than what is compared first.
        let names = [
            "node-2",
            "node-10",
            "node-1",
            "a",
            "a-host-of-a-long-name-2",
            "a-host-of-a-long-name-1",
        ];
        let host = |name: &str| Host::new(name.parse().unwrap(), 4, Size::gib(16), Size::gib(100));
        let inventory = Inventory::new(Vec::new(), names.map(host).into(), Vec::new());
        assert!(
            inventory
                .hosts()
                .iter()
                .map(|host| host.name.as_str())
                .eq(names)
        );
        for name in names {
            let found = inventory.host_named(&name.parse().unwrap()).unwrap();
            assert_eq!(found.name.as_str(), name);
        }
        assert_eq!(
            inventory
                .host(HostRef::new("node-10"))
                .unwrap()
                .name
                .as_str(),
            "node-10"
        );
        for unknown in ["node-3", "a-host-of-a-long", "a-host-of-a-long-name-3"] {
            assert_eq!(inventory.host(HostRef::new(unknown)), None);
        }
    }

    #[test]
    fn a_handle_takes_what_the_parsers_take() {
        let longest = "a".repeat(63);
        let too_long = "a".repeat(64);
        for text in [
            "a", "0", "node-1", "3scale", "a--b", &longest, &too_long, "", "-", "-a", "a-", "A",
            "a_b", "a.b", "ä", "a b",
        ] {
            assert_eq!(is_label(text), text.parse::<Name>().is_ok(), "{text}");
            assert_eq!(is_label(text), text.parse::<HostName>().is_ok(), "{text}");
        }
    }

    #[test]
    fn an_address_is_found_by_its_network() {
        let (app, data): (Name, Name) = ("app".parse().unwrap(), "data".parse().unwrap());
        let host = Host::new("node-1".parse().unwrap(), 4, Size::gib(16), Size::gib(100))
            .at(app.clone(), Ip::new(10, 0, 0, 11));
        assert_eq!(host.address_on(&app).unwrap().ip, Ip::new(10, 0, 0, 11));
        assert_eq!(host.address_on(&data), None);
    }
}
