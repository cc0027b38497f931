//! From tables to the data of a site.
//!
//! In: the tables of a file. Out: its hosts, networks or images, every text checked by its parser and still with its
//! place, and every mistake. Must not know: the code that is made of it.

use lurus_literal::{Cidr, HostName, Image, Ip, Literal, Name, Size};
use lurus_report::{Diagnostic, Origin, nearest};
use toml::de::{DeTable, DeValue};

use crate::read::{Entry, Source, Tables};

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
    pub(crate) disk: Placed<String>,
    pub(crate) zone: Option<Placed<String>>,
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
            _ => reading.unknown(entry, "a site", &["networks", "hosts"], Some(IMAGE_TABLES)),
        }
    }
    (
        Site {
            path: source.path().to_owned(),
            networks,
            hosts,
        },
        reading.findings(),
    )
}

/// The longest text that is given to a parser, in bytes: no newtype takes one that is nearly as long.
const MAX_TEXT: usize = 1000;
/// How much of a key is shown, in characters: more than a name can have.
const MAX_SHOWN: usize = 70;

/// Tables that belong in another file, and what to do with them.
type Elsewhere = (&'static [&'static str], &'static str);
const SITE_TABLES: Elsewhere = (
    &["hosts", "networks"],
    "move it to the file of a site, such as `spec/minimal.toml`",
);
const IMAGE_TABLES: Elsewhere = (
    &["images"],
    "move it to `spec/images.toml`, which holds the images of all sites",
);

/// What may be written in a table: a key, whether it must be there, and how it reads.
struct Key {
    name: &'static str,
    presence: Presence,
    example: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    Required,
    Optional,
}

const fn required(name: &'static str, example: &'static str) -> Key {
    Key {
        name,
        presence: Presence::Required,
        example,
    }
}

const CIDR: Key = required("cidr", "cidr = \"10.0.1.0/24\"");
const GATEWAY: Key = required("gateway", "gateway = \"10.0.1.1\"");
const ADDRESSES: Key = required("addresses", "addresses = { data = \"10.0.1.11\" }");
const CORES: Key = required("cores", "cores = 4");
const MEMORY: Key = required("memory", "memory = \"16GiB\"");
const DISK: Key = required("disk", "disk = \"100GiB\"");
const ZONE: Key = Key {
    name: "zone",
    presence: Presence::Optional,
    example: "zone = \"a\"",
};

/// The reading of one file: collects what is wrong with it.
struct Reading<'a> {
    source: &'a Source<'a>,
    /// What is wrong with the form of the file.
    mistakes: Vec<Diagnostic>,
    /// What is wrong with its values.
    findings: Vec<Diagnostic>,
}

impl<'a> Reading<'a> {
    fn new(source: &'a Source<'a>, mistakes: Vec<Diagnostic>) -> Self {
        Self {
            source,
            mistakes,
            findings: Vec::new(),
        }
    }

    /// Every mistake. Where the form of a line is broken, what it says is not judged as well.
    fn findings(mut self) -> Vec<Diagnostic> {
        let line = |finding: &Diagnostic| finding.place().map(|place| place.line);
        self.findings.retain(|finding| {
            !self
                .mistakes
                .iter()
                .any(|mistake| line(mistake) == line(finding))
        });
        self.mistakes.append(&mut self.findings);
        self.mistakes
    }

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

    fn hosts(&mut self, hosts: &Entry<'_>, declared: &[&str]) -> Vec<Host> {
        let Some(table) = self.table(hosts, "[hosts.node-1]") else {
            return Vec::new();
        };
        let entries = self.source.entries(table);
        entries
            .iter()
            .filter_map(|entry| self.host(entry, declared))
            .collect()
    }

    fn host(&mut self, entry: &Entry<'_>, declared: &[&str]) -> Option<Host> {
        let name = self.name::<HostName>(entry);
        if entry.key == "all" {
            let finding = Diagnostic::error(None, "a host cannot be called `all`")
                .primary(
                    entry.key_origin.clone(),
                    "`hosts::ALL` is the list of all hosts",
                )
                .help("write another name, such as `node-1`");
            self.findings.push(finding);
        }
        let what = format!("host {}", shown(entry.key));
        let [addresses, cores, memory, disk, zone] = self.fields(
            entry,
            &what,
            "[hosts.node-1]",
            [ADDRESSES, CORES, MEMORY, DISK, ZONE],
        )?;
        let addresses = addresses.and_then(|field| self.addresses(&field, &what, declared));
        let cores = cores.and_then(|field| self.cores(&field, &what));
        let memory = memory.and_then(|field| self.text::<Size>(&field, &what, MEMORY.example));
        let disk = disk.and_then(|field| self.text::<Size>(&field, &what, DISK.example));
        let zone = zone.and_then(|field| self.text::<Name>(&field, &what, ZONE.example));
        Some(Host {
            name: name?,
            addresses: addresses?,
            cores: cores?,
            memory: memory?,
            disk: disk?,
            zone,
        })
    }

    fn addresses(
        &mut self,
        field: &Entry<'_>,
        what: &str,
        declared: &[&str],
    ) -> Option<Vec<(String, Placed<String>)>> {
        let table = self.table(field, ADDRESSES.example)?;
        let entries = self.source.entries(table);
        let address = |entry: &Entry<'_>| {
            let network = shown(entry.key);
            if !declared.contains(&entry.key) {
                let title =
                    format!("{what} has an address on network {network}, which is not declared");
                let help = match nearest(entry.key, declared.iter().copied()) {
                    Some(near) => format!("write `{near}`, or declare `[networks.{network}]`"),
                    None => {
                        format!("declare `[networks.{network}]` with its `cidr` and its `gateway`")
                    }
                };
                let finding = Diagnostic::error(None, title)
                    .primary(entry.key_origin.clone(), "")
                    .help(help);
                self.findings.push(finding);
            }
            let ip = self.text::<Ip>(entry, what, &format!("{network} = \"10.0.1.11\""));
            Some((entry.key.to_owned(), ip?))
        };
        Some(entries.iter().filter_map(address).collect())
    }

    fn cores(&mut self, field: &Entry<'_>, what: &str) -> Option<Placed<u32>> {
        let DeValue::Integer(number) = field.value else {
            self.wrong_type(field, what, "a whole number", CORES.example);
            return None;
        };
        match u32::from_str_radix(number.as_str(), number.radix()) {
            Ok(value) if value > 0 => Some(Placed {
                value,
                origin: field.value_origin.clone(),
            }),
            Ok(_) | Err(_) => {
                let title = format!("{what} cannot have {number} cores");
                let finding = Diagnostic::error(None, title)
                    .primary(field.value_origin.clone(), "")
                    .help(format!(
                        "write a number of at least 1, as in `{}`",
                        CORES.example
                    ));
                self.findings.push(finding);
                None
            }
        }
    }

    /// The key as a name.
    fn name<T: Literal>(&mut self, entry: &Entry<'_>) -> Option<Placed<String>> {
        self.checked::<T>(entry.key, &entry.key_origin, "")
    }

    /// The value as a text that its parser takes.
    fn text<T: Literal>(
        &mut self,
        field: &Entry<'_>,
        what: &str,
        example: &str,
    ) -> Option<Placed<String>> {
        let DeValue::String(text) = field.value else {
            self.wrong_type(field, what, "a string", example);
            return None;
        };
        self.checked::<T>(
            text,
            &field.value_origin,
            &format!("`{}` of {what}", shown(field.key)),
        )
    }

    fn checked<T: Literal>(
        &mut self,
        text: &str,
        origin: &Origin,
        label: &str,
    ) -> Option<Placed<String>> {
        if text.len() > MAX_TEXT {
            let finding = Diagnostic::error(None, format!("a text has more than {MAX_TEXT} bytes"))
                .primary(origin.clone(), label);
            self.findings.push(finding);
            return None;
        }
        match text.parse::<T>() {
            Ok(_) => Some(Placed {
                value: text.to_owned(),
                origin: origin.clone(),
            }),
            Err(error) => {
                let finding =
                    Diagnostic::error(None, error.message()).primary(origin.clone(), label);
                self.findings.push(finding);
                None
            }
        }
    }

    /// The value as a table; `example` is the beginning of one.
    fn table<'t>(&mut self, entry: &Entry<'t>, example: &str) -> Option<&'t DeTable<'t>> {
        let table = entry.value.as_table();
        if table.is_none() {
            let title = format!("`{}` is {}", shown(entry.key), with_article(entry.value));
            let finding = Diagnostic::error(None, title)
                .primary(entry.value_origin.clone(), "expected a table")
                .help(format!("write `{example}`"));
            self.findings.push(finding);
        }
        table
    }

    /// The values of these keys in the table of an entry, each in its place; none where it is missing. What is missing
    /// and must not be is told, and so is every other key. None at all when there is no table.
    fn fields<'t, const N: usize>(
        &mut self,
        entry: &Entry<'t>,
        what: &str,
        example: &str,
        keys: [Key; N],
    ) -> Option<[Option<Entry<'t>>; N]> {
        let table = self.table(entry, example)?;
        let names = keys.each_ref().map(|key| key.name);
        let mut fields = [const { None }; N];
        let mut meant = Vec::new();
        for field in self.source.entries(table) {
            match names.iter().position(|name| *name == field.key) {
                Some(index) => fields[index] = Some(field),
                None => {
                    self.unknown(&field, what, &names, None);
                    meant.extend(nearest(field.key, names));
                }
            }
        }
        for (key, field) in keys.iter().zip(&fields) {
            // A mistyped key is told once, and what a broken line says is not known.
            let may_be_there = meant.contains(&key.name) || !self.mistakes.is_empty();
            if field.is_none() && key.presence == Presence::Required && !may_be_there {
                let finding = Diagnostic::error(None, format!("{what} has no `{}`", key.name))
                    .primary(entry.key_origin.clone(), "")
                    .help(format!("add `{}`", key.example));
                self.findings.push(finding);
            }
        }
        Some(fields)
    }

    fn unknown(
        &mut self,
        entry: &Entry<'_>,
        what: &str,
        known: &[&str],
        elsewhere: Option<Elsewhere>,
    ) {
        let title = format!("`{}` is no key of {what}", shown(entry.key));
        let finding = Diagnostic::error(None, title).primary(entry.key_origin.clone(), "");
        let finding = match elsewhere {
            Some((tables, help)) if tables.contains(&entry.key) => finding.help(help),
            Some(_) | None => match nearest(entry.key, known.iter().copied()) {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding.help(format!("write one of {}", list(known))),
            },
        };
        self.findings.push(finding);
    }

    fn wrong_type(&mut self, field: &Entry<'_>, what: &str, expected: &str, example: &str) {
        let title = format!(
            "`{}` of {what} is {}",
            shown(field.key),
            with_article(field.value)
        );
        let finding = Diagnostic::error(None, title)
            .primary(field.value_origin.clone(), format!("expected {expected}"))
            .help(format!("write `{example}`"));
        self.findings.push(finding);
    }
}

/// A key as a finding shows it: what steers a terminal is visible, and the end of what is too long for a line is not.
fn shown(key: &str) -> String {
    let escaped = key.escape_debug().to_string();
    match escaped.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &escaped[..end]),
        None => escaped,
    }
}

fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

fn with_article(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
