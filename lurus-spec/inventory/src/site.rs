//! From tables to the data of a site.
//!
//! In: the tables of a file. Out: its hosts, networks or images, every text checked by its parser and still with its
//! place, and every mistake. Must not know: the code that is made of it.

use lurus_literal::{Cidr, Image, Ip, Name};
use lurus_report::{Diagnostic, Origin};

use crate::read::{Entry, Source, Tables};
use crate::reading::{Elsewhere, Key, Reading, required, shown};

/// The data of `images.toml`.
pub(crate) struct Images {
    pub(crate) path: String,
    pub(crate) pins: Vec<Pin>,
}

/// An image and the name that components ask for.
pub(crate) struct Pin {
    pub(crate) name: String,
    pub(crate) image: Placed<String>,
}

/// The data of a site.
pub(crate) struct Site {
    pub(crate) path: String,
    pub(crate) networks: Vec<Network>,
    pub(crate) hosts: Vec<Host>,
    pub(crate) mirrors: Vec<MirrorOf>,
}

/// `[networks.<name>]`
pub(crate) struct Network {
    pub(crate) name: Placed<String>,
    pub(crate) cidr: Placed<String>,
    pub(crate) gateway: Placed<String>,
}

/// `[hosts.<name>]`
pub(crate) struct Host {
    pub(crate) name: Placed<String>,
    pub(crate) addresses: Vec<(String, Placed<String>)>,
    pub(crate) cores: Placed<u32>,
    pub(crate) memory: Placed<String>,
    /// The instance type that says the cores and the memory.
    pub(crate) instance: Option<Placed<String>>,
    pub(crate) disk: Placed<String>,
    pub(crate) disk_kind: Option<Placed<String>>,
    pub(crate) zone: Option<Placed<String>>,
}

/// `[registry]`
pub(crate) struct MirrorOf {
    /// The registry; none is every registry.
    pub(crate) of: Option<String>,
    pub(crate) mirror: Placed<String>,
}

/// A checked value and its place.
pub(crate) struct Placed<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

/// Reads `images.toml`.
pub(crate) fn images(source: &Source<'_>) -> (Images, Vec<Diagnostic>) {
    let Tables { root, mistakes } = source.tables();
    let mut reading = Reading::new(source, mistakes);
    let mut images = Images {
        path: source.path().to_owned(),
        pins: Vec::new(),
    };
    for entry in source.entries(&root) {
        match entry.key {
            "images" => images.pins = reading.pins(&entry),
            _ => reading.unknown(&entry, "a file of images", &["images"], Some(SITE_TABLES)),
        }
    }
    (images, reading.findings())
}

/// Reads the file of a site.
pub(crate) fn site(source: &Source<'_>) -> (Site, Vec<Diagnostic>) {
    let Tables { root, mistakes } = source.tables();
    let mut reading = Reading::new(source, mistakes);
    let mut networks = Vec::new();
    let mut hosts = Vec::new();
    let mut mirrors = Vec::new();
    let entries = source.entries(&root);
    let declared: Vec<&str> = entries
        .iter()
        .filter(|entry| entry.key == "networks")
        .filter_map(|entry| entry.value.as_table())
        .flat_map(|table| table.keys().map(|key| key.get_ref().as_ref()))
        .collect();
    for entry in &entries {
        match entry.key {
            "networks" => networks = reading.networks(entry),
            "hosts" => hosts = reading.hosts(entry, &declared),
            "registry" => mirrors = reading.mirrors(entry),
            _ => reading.unknown(entry, "a site", &SITE_KEYS, Some(IMAGE_TABLES)),
        }
    }
    (
        Site {
            path: source.path().to_owned(),
            networks,
            hosts,
            mirrors,
        },
        reading.findings(),
    )
}

const SITE_KEYS: [&str; 3] = ["networks", "hosts", "registry"];
const SITE_TABLES: Elsewhere = (
    &["hosts", "networks", "registry"],
    "move it to the file of a site, such as `spec/minimal.toml`",
);
const IMAGE_TABLES: Elsewhere = (
    &["images"],
    "move it to `spec/images.toml`, which holds the images of all sites",
);

const CIDR: Key = required("cidr", "cidr = \"10.0.1.0/24\"");
const GATEWAY: Key = required("gateway", "gateway = \"10.0.1.1\"");

impl Reading<'_> {
    fn pins(&mut self, images: &Entry<'_>) -> Vec<Pin> {
        let Some(table) = self.table(images, "[images]") else {
            return Vec::new();
        };
        let entries = self.source.entries(table);
        let pin = |entry: &Entry<'_>| {
            let name = self.name::<Name>(entry);
            let what = format!("image {}", shown(entry.key));
            let example = format!("{0} = \"{0}:1.2.3\"", shown(entry.key));
            let image = self.text::<Image>(entry, &what, &example);
            Some(Pin {
                name: name?.value,
                image: image?,
            })
        };
        entries.iter().filter_map(pin).collect()
    }

    fn networks(&mut self, networks: &Entry<'_>) -> Vec<Network> {
        let Some(table) = self.table(networks, "[networks.data]") else {
            return Vec::new();
        };
        let entries = self.source.entries(table);
        entries
            .iter()
            .filter_map(|entry| self.network(entry))
            .collect()
    }

    fn network(&mut self, entry: &Entry<'_>) -> Option<Network> {
        let name = self.name::<Name>(entry);
        let what = format!("network {}", shown(entry.key));
        let [cidr, gateway] = self.fields(entry, &what, "[networks.data]", [CIDR, GATEWAY])?;
        let cidr = cidr.and_then(|field| self.text::<Cidr>(&field, &what, CIDR.example));
        let gateway = gateway.and_then(|field| self.text::<Ip>(&field, &what, GATEWAY.example));
        Some(Network {
            name: name?,
            cidr: cidr?,
            gateway: gateway?,
        })
    }
}
