//! From the data of the sites to Rust code.
//!
//! In: checked data. Out: a module of handles for the images, and one for each site with its handles and its inventory.
//! Must not know: TOML, or what could be wrong with the data.
//!
//! The code has one item on a line, because an editor that follows a handle ends up in it.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

use crate::site::{Host, Images, MirrorOf, Network, Pin, Placed, Site};

/// The code: `images` first, then the sites by name, then the files of rules by path.
pub(crate) fn code(
    images: &Images,
    sites: &BTreeMap<&str, Site>,
    rules: &BTreeMap<&str, &str>,
) -> String {
    let sites = sites.iter().map(|(name, site)| site_module(name, site));
    std::iter::once(image_module(images))
        .chain(sites)
        .chain([rule_files(rules)])
        .collect()
}

fn image_module(images: &Images) -> String {
    let Images { path, pins } = images;
    let rows = pins.iter().map(|Pin { name, image }| {
        let image = placed(image);
        quote!(ImageRow { name: #name, image: #image })
    });
    let named = pins
        .iter()
        .map(|pin| (&pin.name, format!("`{}`", pin.image.value)));
    let mut body = handles("ImageRef", named);
    body += &line(&quote!(
        use ::lurus_spec::model::rows::{File, ImageRow};
    ));
    // A function, since an image may have any constant's name.
    body += &rows_of(
        path,
        &quote!(pub(super) const fn rows() -> File<ImageRow>),
        rows,
    );
    module(
        "images",
        &format!("The images of `{path}`, for all sites."),
        &body,
    )
}

fn site_module(name: &str, site: &Site) -> String {
    let Site {
        path,
        networks,
        hosts,
        mirrors,
    } = site;
    let network_rows = networks.iter().map(|network| {
        let Network {
            name,
            cidr,
            gateway,
        } = network;
        let (name, cidr, gateway) = (placed(name), placed(cidr), placed(gateway));
        quote!(NetworkRow { name: #name, cidr: #cidr, gateway: #gateway })
    });
    let imports = quote!(
        use ::lurus_spec::model::{
            Inventory,
            rows::{File, HostRow, MirrorRow, NetworkRow, inventory_of},
        };
    );
    let inventory = quote! {
        pub fn inventory() -> Inventory {
            inventory_of(network_rows(), host_rows(), super::images::rows(), mirror_rows())
        }
    };
    let body = [
        line(&imports),
        network_module(path, networks),
        host_module(path, hosts),
        documented(
            "The networks and hosts of the site, and the images of all sites.",
            &inventory,
        ),
        rows_of(
            path,
            &quote!(const fn network_rows() -> File<NetworkRow>),
            network_rows,
        ),
        rows_of(
            path,
            &quote!(const fn host_rows() -> File<HostRow>),
            hosts.iter().map(host_row),
        ),
        rows_of(
            path,
            &quote!(const fn mirror_rows() -> File<MirrorRow>),
            mirrors.iter().map(mirror_row),
        ),
    ];
    module(name, &format!("The site of `{path}`."), &body.concat())
}

fn rule_files(rules: &BTreeMap<&str, &str>) -> String {
    let rows: String = rules
        .iter()
        .map(|(path, text)| format!("{} ,\n", quote!((#path, #text))))
        .collect();
    format!(
        "/// The files of `spec/rules`, by path.\n{} {{ {} (& [\n{rows}]) }}\n",
        quote!(pub fn alert_rules() -> ::lurus_spec::prelude::Vec<::lurus_spec::model::RuleFile>),
        quote!(::lurus_spec::model::rows::rule_files),
    )
}

fn network_module(path: &str, networks: &[Network]) -> String {
    let named = networks.iter().map(
        |Network {
             name,
             cidr,
             gateway,
         }| {
            (
                &name.value,
                format!("`{}`, gateway `{}`", cidr.value, gateway.value),
            )
        },
    );
    module(
        "networks",
        &format!("The networks of `{path}`."),
        &handles("NetworkRef", named),
    )
}

fn host_module(path: &str, hosts: &[Host]) -> String {
    let mut body = handles(
        "HostRef",
        hosts.iter().map(|host| (&host.name.value, host_doc(host))),
    );
    let constants = hosts.iter().map(|host| constant(&host.name.value));
    let count = Literal::usize_unsuffixed(hosts.len());
    let all = quote!(pub const ALL: [::lurus_spec::model::HostRef; #count] = [#(#constants),*];);
    body += &documented("Every host, in the order of the file.", &all);
    module("hosts", &format!("The hosts of `{path}`."), &body)
}

/// A constant of this type for each name, with what an editor shows of it.
fn handles<'a>(handle: &str, named: impl Iterator<Item = (&'a String, String)>) -> String {
    let handle = Ident::new(handle, Span::call_site());
    let constants: String = named
        .map(|(name, doc)| {
            let constant = constant(name);
            documented(
                &doc,
                &quote!(pub const #constant: #handle = #handle::new(#name);),
            )
        })
        .collect();
    // An import that nothing uses is a warning in the description.
    let import = if constants.is_empty() {
        String::new()
    } else {
        line(&quote!(use ::lurus_spec::model::#handle;))
    };
    import + &constants
}

/// What an editor shows of a host: `ecs.g7.xlarge, 4 cores, 16GiB memory, 100GiB ssd disk; zone a; app 10.0.0.11`.
fn host_doc(host: &Host) -> String {
    let Host {
        name: _,
        addresses,
        cores,
        memory,
        instance,
        disk,
        disk_kind,
        zone,
    } = host;
    let instance = instance.as_ref();
    let instance = instance.map_or_else(String::new, |instance| format!("{}, ", instance.value));
    let disk_kind = disk_kind.as_ref();
    let disk_kind = disk_kind.map_or_else(String::new, |kind| format!("{} ", kind.value));
    let mut parts = vec![format!(
        "{instance}{} cores, {} memory, {} {disk_kind}disk",
        cores.value, memory.value, disk.value
    )];
    parts.extend(zone.iter().map(|zone| format!("zone {}", zone.value)));
    if !addresses.is_empty() {
        let addresses = addresses
            .iter()
            .map(|(network, ip)| format!("{network} {}", ip.value));
        parts.push(addresses.collect::<Vec<_>>().join(", "));
    }
    parts.join("; ")
}

fn host_row(host: &Host) -> TokenStream {
    let Host {
        name,
        addresses,
        cores,
        memory,
        instance,
        disk,
        disk_kind,
        zone,
    } = host;
    let addresses = addresses.iter().map(|(network, ip)| {
        let ip = placed(ip);
        quote!((#network, #ip))
    });
    let instance = instance.as_ref().map(|instance| {
        let name = &instance.value;
        quote!(#name)
    });
    let instance = some_or_none(instance);
    let disk_kind = some_or_none(disk_kind.as_ref().map(placed));
    let zone = some_or_none(zone.as_ref().map(placed));
    let count = Literal::u32_unsuffixed(cores.value);
    let cores = with_place(&quote!(#count), cores);
    let (name, memory, disk) = (placed(name), placed(memory), placed(disk));
    let addresses = quote!(&[#(#addresses),*]);
    quote!(HostRow {
        name: #name, addresses: #addresses, cores: #cores, memory: #memory, instance: #instance,
        disk: #disk, disk_kind: #disk_kind, zone: #zone
    })
}

fn mirror_row(MirrorOf { of, mirror }: &MirrorOf) -> TokenStream {
    let of = some_or_none(of.as_ref().map(|of| quote!(#of)));
    let mirror = placed(mirror);
    quote!(MirrorRow { of: #of, mirror: #mirror })
}

fn some_or_none(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(Some(#value)),
        None => quote!(None),
    }
}

fn placed(text: &Placed<String>) -> TokenStream {
    let value = &text.value;
    with_place(&quote!(#value), text)
}

fn with_place<T>(value: &TokenStream, Placed { origin, .. }: &Placed<T>) -> TokenStream {
    let (line, column) = (
        Literal::u32_unsuffixed(origin.line),
        Literal::u32_unsuffixed(origin.column),
    );
    quote!((#value, #line, #column))
}

/// The constant of a name: `NODE_1` of `node-1`. Two names never become one constant, since a name has neither capitals
/// nor `_`.
fn constant(name: &str) -> Ident {
    Ident::new(&identifier(name).to_ascii_uppercase(), Span::call_site())
}

fn identifier(name: &str) -> String {
    let begins_with_digit = name.starts_with(|first: char| first.is_ascii_digit());
    let lead = if begins_with_digit { "_" } else { "" };
    format!("{lead}{}", name.replace('-', "_"))
}

fn module(name: &str, doc: &str, body: &str) -> String {
    format!("/// {doc}\npub mod {} {{\n{body}}}\n", identifier(name))
}

/// A function that returns the rows of a file, with each row on a line.
fn rows_of(path: &str, signature: &TokenStream, rows: impl Iterator<Item = TokenStream>) -> String {
    let rows: String = rows.map(|row| format!("{row} ,\n")).collect();
    format!("{signature} {{ File {{ path : {path:?} , rows : & [\n{rows}] }} }}\n")
}

fn documented(doc: &str, item: &TokenStream) -> String {
    format!("/// {doc}\n{item}\n")
}

fn line(item: &TokenStream) -> String {
    format!("{item}\n")
}
