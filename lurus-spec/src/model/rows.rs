//! The values of `spec/*.toml` as constants: what the code of the build script consists of.
//!
//! In: texts that the build script has checked with the parsers of [`crate::literal`], each with its line and column.
//! Out: an [`Inventory`]. Rows are constants, so that rustc is as quick with a thousand hosts as with three.

use crate::literal::Literal;
use crate::model::{Address, Host, ImagePin, Inventory, Mirrors, Network, RuleFile, Setting};
use crate::report::Origin;

/// The rows of one file.
#[derive(Clone, Copy, Debug)]
pub struct File<R: 'static> {
    /// The path of the file, from the root of the workspace.
    pub path: &'static str,
    /// Its rows, in the order in which they were written.
    pub rows: &'static [R],
}

/// A value with its line and column, both counted from 1.
pub type Placed<T> = (T, u32, u32);

/// `[networks.<name>]`
#[derive(Clone, Copy, Debug)]
pub struct NetworkRow {
    /// The name.
    pub name: Placed<&'static str>,
    /// `cidr = "10.0.1.0/24"`
    pub cidr: Placed<&'static str>,
    /// `gateway = "10.0.1.1"`
    pub gateway: Placed<&'static str>,
}

/// `[hosts.<name>]`
#[derive(Clone, Copy, Debug)]
pub struct HostRow {
    /// The name.
    pub name: Placed<&'static str>,
    /// `addresses = { data = "10.0.1.11" }`
    pub addresses: &'static [(&'static str, Placed<&'static str>)],
    /// `cores = 4`
    pub cores: Placed<u32>,
    /// `memory = "16GiB"`
    pub memory: Placed<&'static str>,
    /// `instance = "ecs.r7.xlarge"`; then cores and memory are of its size, and at its place.
    pub instance: Option<&'static str>,
    /// `disk = "100GiB"`
    pub disk: Placed<&'static str>,
    /// `disk_kind = "ssd"`
    pub disk_kind: Option<Placed<&'static str>>,
    /// `zone = "a"`
    pub zone: Option<Placed<&'static str>>,
}

/// `redis = "redis:7.2.5-alpine"`
#[derive(Clone, Copy, Debug)]
pub struct ImageRow {
    /// The name.
    pub name: &'static str,
    /// The image.
    pub image: Placed<&'static str>,
}

/// `[registry]`
#[derive(Clone, Copy, Debug)]
pub struct MirrorRow {
    /// The registry, as in `[registry.mirrors]`; none is every registry.
    pub of: Option<&'static str>,
    /// `mirror = "registry.example.com/mirror"`
    pub mirror: Placed<&'static str>,
}

/// The inventory of a site: its networks, its hosts, and the images that all sites share.
///
/// # Panics
/// When a text is not what its column holds; the build script writes none that is not.
pub fn inventory_of(
    networks: File<NetworkRow>,
    hosts: File<HostRow>,
    images: File<ImageRow>,
    mirrors: File<MirrorRow>,
) -> Inventory {
    let inventory = Inventory::new(
        networks
            .rows
            .iter()
            .map(|row| network(networks.path, row))
            .collect(),
        hosts.rows.iter().map(|row| host(hosts.path, row)).collect(),
        images
            .rows
            .iter()
            .map(|row| image(images.path, row))
            .collect(),
    );
    inventory.behind(mirrors_of(mirrors))
}

/// The files of rules: a path and a text each.
pub fn rule_files(files: &[(&'static str, &'static str)]) -> Vec<RuleFile> {
    files
        .iter()
        .map(|(path, text)| RuleFile::new(*path, *text))
        .collect()
}

fn network(file: &'static str, row: &NetworkRow) -> Network {
    Network {
        name: value(row.name),
        cidr: value(row.cidr),
        gateway: value(row.gateway),
        origin: origin(file, row.name),
        cidr_origin: origin(file, row.cidr),
        gateway_origin: origin(file, row.gateway),
    }
}

fn host(file: &'static str, row: &HostRow) -> Host {
    let address = |(network, ip): &(&str, Placed<&'static str>)| Address {
        network: checked(network),
        ip: value(*ip),
        origin: origin(file, *ip),
    };
    Host {
        name: value(row.name),
        addresses: row.addresses.iter().map(address).collect(),
        cores: row.cores.0,
        memory: value(row.memory),
        instance: row.instance.map(checked),
        disk: value(row.disk),
        disk_kind: row.disk_kind.map(|kind| setting(file, kind)),
        zone: row.zone.map(value),
        origin: origin(file, row.name),
        cores_origin: origin(file, row.cores),
        memory_origin: origin(file, row.memory),
        disk_origin: origin(file, row.disk),
        zone_origin: origin(file, row.zone.unwrap_or(row.name)),
    }
}

fn image(file: &'static str, row: &ImageRow) -> ImagePin {
    ImagePin {
        origin: origin(file, row.image),
        ..ImagePin::new(checked(row.name), value(row.image))
    }
}

fn mirrors_of(File { path, rows }: File<MirrorRow>) -> Mirrors {
    let mut mirrors = Mirrors::default();
    for row in rows {
        let mirror = setting(path, row.mirror);
        match row.of {
            Some(of) => {
                mirrors.of.insert(checked(of), mirror);
            }
            None => mirrors.every = Some(mirror),
        }
    }
    mirrors
}

fn setting<T: Literal>(file: &'static str, placed: Placed<&'static str>) -> Setting<T> {
    Setting::new(value(placed), origin(file, placed))
}

fn origin<T>(file: &'static str, (_, line, column): Placed<T>) -> Origin {
    Origin::at(file, line, column)
}

fn value<T: Literal>((text, _, _): Placed<&str>) -> T {
    checked(text)
}

fn checked<T: Literal>(text: &str) -> T {
    text.parse()
        .expect("the build script wrote only texts that this parser takes")
}
