//! A router on each host, with a file of its own.

use serde::Serialize;

use crate::component::Lowering;
use crate::component::vip::Vip;
use crate::plan::{Cost, HostFile, HostService, Member, Symbol, checked};
use crate::template;
use crate::words::Words;

/// What `keepalived.conf.hbs` reads.
#[derive(Debug, Serialize)]
pub(super) struct Configuration {
    pub(super) host: String,
    pub(super) name: String,
    /// `address:port` of the edge's health on the same host.
    pub(super) edge: String,
    pub(super) interface: String,
    pub(super) router: u32,
    pub(super) priority: u32,
    pub(super) own: String,
    pub(super) peers: Vec<String>,
    /// With the prefix of its network.
    pub(super) address: String,
}

/// The number of VRRP among the protocols of IP (RFC 5798, section 5.1.1.4).
const VRRP: u8 = 112;
/// The priority of the first host; each other one has one less. 255 is kept for who owns an address (RFC 5798).
const HIGHEST: u32 = 200;
/// The most hosts: priorities stay far from 0, by which a router gives up.
pub(super) const MOST_HOSTS: usize = 100;

pub(super) fn host_services(vip: &Vip, lowering: &Lowering<'_>) -> Vec<HostService> {
    let members = lowering.members(&vip.meta.name.value);
    members
        .iter()
        .map(|member| HostService {
            component: vip.meta.name.value.clone(),
            member: member.clone(),
            packages: &["keepalived", "curl"],
            unit: "keepalived",
            files: vec![HostFile {
                path: checked("/etc/keepalived/keepalived.conf"),
                body: template::render(
                    "keepalived.conf",
                    include_str!("keepalived.conf.hbs"),
                    &configuration(vip, lowering, members, member),
                )
                .into(),
                cost: Cost::Procedure(Words::new(
                    "hosts that do not have the address first, one after the other: copy the file, run `keepalived -t`, then `systemctl reload keepalived`",
                    "先处理未持有该地址的主机，逐台进行：复制文件，运行 `keepalived -t`，再运行 `systemctl reload keepalived`",
                )),
            }],
            protocol: VRRP,
            peers: members
                .iter()
                .filter(|peer| peer.name != member.name)
                .map(|peer| peer.address)
                .collect(),
        })
        .collect()
}

fn configuration(
    vip: &Vip,
    lowering: &Lowering<'_>,
    members: &[Member],
    member: &Member,
) -> Configuration {
    let edge = vip
        .leads_to
        .as_ref()
        .map(|edge| edge.value.status())
        .expect("a checked address leads to an edge");
    let (_, port) = lowering
        .entry(&edge)
        .expect("a checked need names an endpoint that exists");
    let network = lowering
        .site
        .inventory
        .network_named(&member.network)
        .expect("a member of a checked plan is on a declared network");
    Configuration {
        host: member.host.to_string(),
        name: vip.meta.name.value.to_string(),
        edge: Symbol::Beside(edge.component.clone(), port.clone()).token(),
        interface: vip
            .interface
            .as_ref()
            .map(|set| set.value.to_string())
            .expect("a checked address has an interface"),
        router: vip.router_id(),
        priority: HIGHEST + 1 - member.index,
        own: member.address.to_string(),
        peers: members
            .iter()
            .filter(|peer| peer.name != member.name)
            .map(|peer| peer.address.to_string())
            .collect(),
        address: format!("{}/{}", vip.address.value, network.cidr.prefix()),
    }
}
