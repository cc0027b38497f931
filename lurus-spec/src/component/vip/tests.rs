//! Tests of addresses that move between hosts.

use crate::component::nginx::{Nginx, NginxRef, VirtualHost};
use crate::component::vip::lower::Configuration;
use crate::component::vip::{InterfaceName, Vip};
use crate::fixture::{APP, DATA, NODES, Web, cluster, codes, file};
use crate::ip;
use crate::model::{Ability, Certificate, Cluster, Described as _, Omitted};
use crate::template::check_against;

#[test]
fn the_template_reads_what_it_is_given() {
    let example = Configuration {
        host: "node-1".into(),
        name: "vip".into(),
        edge: "10.0.0.11:8081".into(),
        interface: "eth0".into(),
        router: 51,
        priority: 200,
        own: "10.0.0.11".into(),
        peers: vec!["10.0.0.12".into()],
        address: "10.0.0.100/24".into(),
    };
    let mistakes = check_against(include_str!("keepalived.conf.hbs"), &example);
    assert!(mistakes.is_empty(), "{mistakes:?}");
}

/// An edge on three hosts of the network `app`, and an address that a test describes.
fn edge(vip: impl FnOnce(Vip, &NginxRef) -> Vip) -> Cluster {
    let mut cluster = cluster();
    let api = cluster.add(Web::new("api").on(NODES));
    let edge = cluster.add(
        Nginx::new("nginx")
            .on(NODES)
            .network(APP)
            .certificate(Certificate::new("lurus-cn").covers("*.lurus.cn"))
            .serves(VirtualHost::new("api.lurus.cn").route("/", api.http())),
    );
    let plain = Vip::new("vip", ip!("10.0.0.100")).on(NODES).network(APP);
    let vip = cluster.add(vip(plain, &edge));
    cluster.omit(&vip, "local");
    cluster
}

fn whole(vip: Vip, edge: &NginxRef) -> Vip {
    vip.leads_to(edge).interface("eth0")
}

#[test]
fn the_file_of_a_host() {
    let path = "hosts/node-2/system/etc/keepalived/keepalived.conf";
    insta::assert_snapshot!(file(&edge(whole), path));
}

#[test]
fn priorities_are_distinct_and_in_the_order_of_hosts() {
    let cluster = edge(whole);
    let priority = |host: &str| {
        let path = format!("hosts/{host}/system/etc/keepalived/keepalived.conf");
        let text = file(&cluster, &path);
        let found = text
            .lines()
            .find_map(|line| line.trim().strip_prefix("priority "));
        found.unwrap().parse::<u32>().unwrap()
    };
    assert_eq!(
        ["node-1", "node-2", "node-3"].map(priority),
        [200, 199, 198]
    );
}

#[test]
fn the_edge_listens_on_the_address_where_there_are_hosts() {
    let cluster = edge(whole);
    let listens = |path: &str| {
        let text = file(&cluster, path);
        text.contains("listen 10.0.0.100:443 ssl;")
    };
    assert!(listens("hosts/node-1/config/nginx-1/nginx/nginx.conf"));
    assert!(!listens("local/config/nginx-1/nginx/nginx.conf"));
    let kernel = file(
        &cluster,
        "hosts/node-1/system/etc/sysctl.d/60-lurus-test.conf",
    );
    assert!(kernel.contains("\nnet.ipv4.ip_nonlocal_bind = 1\n"));
    assert!(kernel.contains("\nnet.ipv4.ip_unprivileged_port_start = 80\n"));
}

#[test]
fn routers_are_heard_and_the_address_is_open() {
    let filter = file(&edge(whole), "hosts/node-1/system/etc/nftables.conf");
    let lines = [
        "ip saddr { 10.0.0.12, 10.0.0.13 } ip daddr 10.0.0.11 ip protocol 112 accept",
        "ip daddr 10.0.0.100 tcp dport { 80, 443 } accept",
    ];
    for line in lines {
        assert!(filter.contains(line), "{filter}");
    }
}

#[test]
fn a_target_without_hosts_cannot_give_it() {
    let mut said = edge(whole);
    said.omitted
        .retain(|(what, _)| matches!(what, Omitted::Ability(_)));
    assert_eq!(codes(&said), ["error L0920"]);
}

#[test]
fn a_provider_s_address_is_only_described() {
    let mut cluster = cluster();
    let api = cluster.add(Web::new("api").on(NODES));
    let edge = cluster.add(
        Nginx::new("nginx")
            .on(NODES)
            .certificate(Certificate::new("lurus-cn").covers("*.lurus.cn"))
            .serves(VirtualHost::new("api.lurus.cn").route("/", api.http())),
    );
    cluster.add(
        Vip::new("vip", ip!("203.0.113.7"))
            .external()
            .leads_to(&edge),
    );
    assert!(codes(&cluster).is_empty());
    let text = file(&cluster, "hosts/node-1/config/nginx-1/nginx/nginx.conf");
    assert!(!text.contains("203.0.113.7"));
}

#[test]
fn a_provider_may_ask_the_edge_how_it_is() {
    let asked = |networks: &[&str]| {
        let mut cluster = cluster();
        let api = cluster.add(Web::new("api").on(NODES));
        let edge = cluster.add(
            Nginx::new("nginx")
                .on(NODES)
                .network(APP)
                .certificate(Certificate::new("lurus-cn").covers("*.lurus.cn"))
                .serves(VirtualHost::new("api.lurus.cn").route("/", api.http())),
        );
        let vip = Vip::new("vip", ip!("203.0.113.7"))
            .external()
            .leads_to(&edge);
        cluster.add(
            networks
                .iter()
                .fold(vip, |vip, network| vip.checked_from(*network)),
        );
        if !networks.is_empty() {
            assert_eq!(codes(&cluster), ["error L0920"]);
            cluster.omit(Ability::Callers, "local");
        }
        assert_eq!(codes(&cluster), Vec::<String>::new());
        let filter = file(&cluster, "hosts/node-2/system/etc/nftables.conf");
        (filter, file(&cluster, "README.md"))
    };
    let (closed, by_port) = asked(&[]);
    assert!(!closed.contains("8081"), "{closed}");
    assert!(by_port.contains("by connecting to the port (TCP)"));
    let (open, by_page) = asked(&["100.64.0.0/10"]);
    assert!(
        open.contains("ip saddr { 100.64.0.0/10 } ip daddr 10.0.0.12 tcp dport { 8081 } accept"),
        "{open}"
    );
    assert!(by_page.contains("`10.0.0.11:8081`, `10.0.0.12:8081`, `10.0.0.13:8081`"));
    assert!(by_page.contains("`10.0.0.11:443`, `10.0.0.12:443`, `10.0.0.13:443`"));
}

#[test]
fn an_edge_that_is_not_there_is_found_for_a_provider_too() {
    let mut cluster = cluster();
    let edge = Nginx::new("nginx").on(NODES).reference();
    cluster.add(
        Vip::new("vip", ip!("203.0.113.7"))
            .external()
            .leads_to(&edge),
    );
    assert_eq!(codes(&cluster), ["error L1242"]);
}

#[test]
fn a_host_is_told_by_its_own_shell() {
    let book = file(&edge(whole), "README.md");
    assert!(
        book.contains("ssh node-1 sudo ip -brief -4 address show dev eth0"),
        "{book}"
    );
    assert!(!book.contains("exec -T vip-1"));
}

#[test]
fn each_rule_knows_its_edge() {
    let address = |ip: &str| {
        let mut other = None;
        let cluster = edge(|_, edge| {
            other = Some(edge.clone());
            whole(
                Vip::new("vip", ip.parse().unwrap()).on(NODES).network(APP),
                edge,
            )
        });
        codes(&cluster)
    };
    for good in ["10.0.0.2", "10.0.0.254"] {
        assert!(address(good).is_empty(), "{good}");
    }
    for bad in [
        "10.0.0.0",
        "10.0.0.255",
        "10.0.1.100",
        "10.0.0.1",
        "10.0.0.12",
    ] {
        assert_eq!(address(bad), ["error L1240"], "{bad}");
    }
    let router = |id: u32| codes(&edge(|vip, edge| whole(vip, edge).router(id)));
    assert!(router(1).is_empty() && router(255).is_empty());
    assert_eq!(router(0), ["error L1241"]);
    assert_eq!(router(256), ["error L1241"]);
    let on_data = edge(|_, edge| {
        whole(
            Vip::new("vip", ip!("10.0.1.100")).on(NODES).network(DATA),
            edge,
        )
    });
    assert_eq!(codes(&on_data), ["error L1242"]);
}

#[test]
fn an_interface_is_a_bare_word() {
    for text in ["eth0", "ens3", "bond0.100", "br-a40f1c429363"] {
        assert!(text.parse::<InterfaceName>().is_ok(), "{text}");
    }
    for text in [
        "",
        "eth 0",
        "eth0/1",
        "-x",
        "a{",
        "a\n",
        "a234567890123456",
        "é",
    ] {
        assert!(text.parse::<InterfaceName>().is_err(), "{text:?}");
    }
}
