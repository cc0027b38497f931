use super::*;

/// A cluster whose components are `name kind: hosts`, each member on one of the hosts.
fn topology(
    hosts: &[(&str, &str)],
    components: &[(&str, &str, &[usize])],
    flows: &[(usize, usize)],
) -> Topology {
    let mut drawn: Vec<Host> = (1..)
        .zip(hosts)
        .map(|(number, (name, zone))| Host {
            name: (*name).to_owned(),
            zone: (!zone.is_empty()).then(|| (*zone).to_owned()),
            addresses: vec![
                ("app".to_owned(), format!("10.0.0.{}", 10 + number)),
                ("data".to_owned(), format!("10.0.1.{}", 10 + number)),
                ("monitoring".to_owned(), format!("10.0.2.{}", 10 + number)),
            ],
            size: "4 vCPU · 16GiB".to_owned(),
            members: Vec::new(),
        })
        .collect();
    let mut all = Vec::new();
    for (index, (name, kind, on)) in components.iter().enumerate() {
        for (number, host) in (1..).zip(*on) {
            drawn[*host]
                .members
                .push((index, format!("{name}-{number}")));
        }
        all.push(Component {
            name: (*name).to_owned(),
            kind: (*kind).to_owned(),
            members: on.len(),
            ..Component::default()
        });
    }
    Topology {
        cluster: "test".to_owned(),
        note: "for a test".to_owned(),
        components: all,
        flows: flows.iter().copied().collect(),
        hosts: drawn,
    }
}

/// The layout of three equal hosts with everything on each.
fn three_hosts() -> Topology {
    let all: &[usize] = &[0, 1, 2];
    let twice: &[usize] = &[0, 0, 1, 1, 2, 2];
    let components: &[(&str, &str, &[usize])] = &[
        ("vip", "vip", all),
        ("edge", "nginx", all),
        ("caddy", "caddy", all),
        ("gateway", "service", twice),
        ("provider", "service", all),
        ("billing", "service", all),
        ("log", "service", all),
        ("sync", "service", &[0]),
        ("new-api", "service", all),
        ("new-api-redis", "redis", &[1]),
        ("pgbouncer", "pgbouncer", all),
        ("haproxy", "haproxy", all),
        ("pg", "patroni", all),
        ("etcd", "etcd", all),
        ("redis", "redis-cluster", twice),
        ("nats", "nats", all),
        ("consul", "consul", all),
        ("prometheus", "prometheus", all),
        ("alertmanager", "alertmanager", all),
        ("grafana", "grafana", &[0]),
        ("clickhouse", "clickhouse", &[2]),
        ("node-exporter", "exporter", all),
    ];
    let mut topology = topology(
        &[("node-1", "a"), ("node-2", "b"), ("node-3", "c")],
        components,
        &[
            (0, 1),
            (1, 2),
            (2, 3),
            (2, 8),
            (3, 4),
            (3, 5),
            (3, 14),
            (3, 15),
            (4, 10),
            (4, 14),
            (5, 10),
            (5, 15),
            (6, 15),
            (6, 20),
            (7, 10),
            (8, 9),
            (8, 10),
            (10, 11),
            (11, 12),
            (12, 13),
            (17, 18),
            (19, 17),
        ],
    );
    topology.components[0].open = [("0.0.0.0/0", "80"), ("0.0.0.0/0", "443")]
        .map(|(from, port)| (from.to_owned(), port.to_owned()))
        .to_vec();
    topology.components[17].watches = 18;
    topology
}

/// The layout with groups of hosts for each purpose.
fn seventeen_hosts() -> Topology {
    let hosts: Vec<(String, &str)> = [("app", 3), ("pg", 3), ("redis", 6), ("nats", 3), ("mon", 2)]
        .iter()
        .flat_map(|(group, count)| {
            (1..=*count)
                .zip(["a", "b", "c"].iter().cycle())
                .map(move |(number, zone)| (format!("{group}-{number}"), *zone))
        })
        .collect();
    let hosts: Vec<(&str, &str)> = hosts
        .iter()
        .map(|(name, zone)| (name.as_str(), *zone))
        .collect();
    let (app, pg, nats): (&[usize], &[usize], &[usize]) = (&[0, 1, 2], &[3, 4, 5], &[12, 13, 14]);
    topology(
        &hosts,
        &[
            ("edge", "nginx", app),
            ("gateway", "service", &[0, 0, 1, 1, 2, 2]),
            ("provider", "service", app),
            ("billing", "service", app),
            ("pgbouncer", "pgbouncer", app),
            ("haproxy", "haproxy", app),
            ("pg", "patroni", pg),
            ("etcd", "etcd", pg),
            ("redis", "redis-cluster", &[6, 7, 8, 9, 10, 11]),
            ("nats", "nats", nats),
            ("prometheus", "prometheus", &[15, 16]),
            ("grafana", "grafana", &[15]),
        ],
        &[
            (0, 1),
            (1, 2),
            (1, 3),
            (2, 4),
            (3, 4),
            (4, 5),
            (5, 6),
            (6, 7),
            (1, 8),
            (1, 9),
            (11, 10),
        ],
    )
}

/// More hosts than anybody looks at: each of two kinds, and one that is like no other.
fn a_thousand_hosts() -> Topology {
    let names: Vec<String> = (1..=1000).map(|number| format!("host-{number}")).collect();
    let hosts: Vec<(&str, &str)> = names
        .iter()
        .zip(["a", "b", "c"].iter().cycle())
        .map(|(name, zone)| (name.as_str(), *zone))
        .collect();
    let web: Vec<usize> = (0..600).collect();
    let store: Vec<usize> = (600..1000).collect();
    topology(
        &hosts,
        &[
            ("web", "service", &web),
            ("agent", "service", &web),
            ("store", "store", &store),
            ("lone", "service", &[0]),
        ],
        &[(0, 1), (0, 2), (3, 2)],
    )
}

#[test]
fn pictures_that_a_person_looks_at() {
    for (name, topology) in [
        ("three_hosts.svg", three_hosts()),
        ("seventeen_hosts.svg", seventeen_hosts()),
        ("a_thousand_hosts.svg", a_thousand_hosts()),
    ] {
        insta::assert_binary_snapshot!(name, draw(&topology).into_bytes());
    }
}

#[test]
fn a_thousand_hosts_make_no_larger_picture() {
    let picture = draw(&a_thousand_hosts());
    assert!(picture.len() < 20_000, "{} bytes", picture.len());
    // The hosts that are alike are one box, with all of their members counted.
    assert!(picture.contains(">web × 599<"), "{picture}");
    assert!(picture.contains(">store × 400<"), "{picture}");
    assert!(picture.contains(">host-601 … host-1000<"), "{picture}");
}

#[test]
fn nothing_to_draw_is_drawn() {
    let picture = draw(&Topology {
        cluster: "empty".to_owned(),
        ..Topology::default()
    });
    assert!(picture.contains(">empty</text>"));
}

#[test]
fn names_are_text() {
    let mut hostile = three_hosts();
    hostile.cluster = "</text><script>alert(1)</script>".to_owned();
    hostile.hosts[0].name = "a\"b&c".to_owned();
    hostile.components[0].name = "]]><!--".to_owned();
    let picture = draw(&hostile);
    assert!(!picture.contains("<script>"));
    assert!(picture.contains("a&quot;b&amp;c"));
    assert_eq!(
        picture.matches("<!--").count(),
        1,
        "only the header is a comment"
    );
}

#[test]
fn a_colour_is_of_one_component_and_stays() {
    let names = ["consul", "etcd", "haproxy", "nats", "pg", "redis"];
    let all = colours(names.into_iter());
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), names.len());
    // Without the first one, the others look as before.
    let less = colours(names.into_iter().skip(1));
    let kept = all[1..].iter().zip(&less).filter(|(a, b)| a == b).count();
    assert!(kept >= 4, "{all:?} and {less:?}");
}
