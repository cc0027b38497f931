//! `[hosts.<name>]`
//!
//! In: a table for each host. Out: hosts with their addresses, and with their size, written as numbers or taken from the
//! catalogue of instance types. Must not know: whether addresses fit the networks that they name.

use lurus_literal::{DiskKind, HostName, Ip, Name, Size};
use lurus_report::{Diagnostic, nearest};
use toml::de::DeValue;

use crate::instance::{self, Instance};
use crate::read::Entry;
use crate::reading::{Key, Reading, optional, required, required_without, shown};
use crate::site::{Host, Placed};

const ADDRESSES: Key = required("addresses", "addresses = { data = \"10.0.1.11\" }");
const INSTANCE: Key = optional("instance", "instance = \"ecs.r7.xlarge\"");
const CORES: Key = required_without("instance", INSTEAD, "cores", "cores = 4");
const MEMORY: Key = required_without("instance", INSTEAD, "memory", "memory = \"16GiB\"");
const DISK: Key = required("disk", "disk = \"100GiB\"");
const DISK_KIND: Key = optional("disk_kind", "disk_kind = \"ssd\"");
const ZONE: Key = optional("zone", "zone = \"a\"");

/// What stands in place of the cores and the memory of a host.
const INSTEAD: &str = "`instance = \"ecs.r7.xlarge\"` in place of `cores` and `memory`";

/// The cores and the memory of a host, and the instance type that gives it both.
struct Given {
    cores: Option<Placed<u32>>,
    memory: Option<Placed<String>>,
    instance: Option<Placed<String>>,
}

impl Reading<'_> {
    pub(crate) fn hosts(&mut self, hosts: &Entry<'_>, declared: &[&str]) -> Vec<Host> {
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
        let [addresses, instance, cores, memory, disk, disk_kind, zone] = self.fields(
            entry,
            &what,
            "[hosts.node-1]",
            [ADDRESSES, INSTANCE, CORES, MEMORY, DISK, DISK_KIND, ZONE],
        )?;
        let addresses = addresses.and_then(|field| self.addresses(&field, &what, declared));
        let Given {
            cores,
            memory,
            instance,
        } = match instance {
            Some(field) => self.instance(&field, &what, [cores, memory]),
            None => Given {
                cores: cores.and_then(|field| self.cores(&field, &what)),
                memory: memory.and_then(|field| self.text::<Size>(&field, &what, MEMORY.example)),
                instance: None,
            },
        };
        let disk = disk.and_then(|field| self.text::<Size>(&field, &what, DISK.example));
        let disk_kind =
            disk_kind.and_then(|field| self.text::<DiskKind>(&field, &what, DISK_KIND.example));
        let zone = zone.and_then(|field| self.text::<Name>(&field, &what, ZONE.example));
        Some(Host {
            name: name?,
            addresses: addresses?,
            cores: cores?,
            memory: memory?,
            instance,
            disk: disk?,
            disk_kind,
            zone,
        })
    }

    /// The size of an instance type. What the host says of its size besides is one mistake, right or wrong.
    fn instance(
        &mut self,
        field: &Entry<'_>,
        what: &str,
        besides: [Option<Entry<'_>>; 2],
    ) -> Given {
        let none = Given {
            cores: None,
            memory: None,
            instance: None,
        };
        let DeValue::String(text) = field.value else {
            self.wrong_type(field, what, "a string", INSTANCE.example);
            return none;
        };
        let Some(found) = instance::named(text) else {
            self.unknown_instance(field, text);
            return none;
        };
        let Instance {
            name,
            cores,
            memory_gib,
        } = *found;
        let memory = format!("{memory_gib}GiB");
        if besides.iter().any(Option::is_some) {
            let title = format!("{what} says its size twice");
            let mut finding = Diagnostic::error(None, title);
            for field in besides.iter().flatten() {
                finding = finding.primary(field.key_origin.clone(), "");
            }
            let finding = finding
                .secondary(
                    field.value_origin.clone(),
                    format!("has {cores} cores and {memory}"),
                )
                .help("leave out `cores` and `memory`, or `instance`");
            self.findings.push(finding);
        }
        let placed = |value| Placed {
            value,
            origin: field.value_origin.clone(),
        };
        Given {
            cores: Some(Placed {
                value: cores,
                origin: field.value_origin.clone(),
            }),
            memory: Some(placed(memory)),
            instance: Some(placed(name.to_owned())),
        }
    }

    fn unknown_instance(&mut self, field: &Entry<'_>, text: &str) {
        let title = format!("`{}` is no instance type that is known here", shown(text));
        let help = match nearest(&shown(text), instance::names()) {
            Some(near) => {
                format!(
                    "did you mean `{near}`? of another type, write the `cores` and the `memory`"
                )
            }
            None => "write the `cores` and the `memory` that it has".to_owned(),
        };
        let finding = Diagnostic::error(None, title)
            .primary(field.value_origin.clone(), "")
            .help(help);
        self.findings.push(finding);
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
}
