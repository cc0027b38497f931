//! Tests of Redis Cluster.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::component::redis::lower::{Configuration, Shard, Task};
use crate::component::redis::placement::{Copy, Wish, layout};
use crate::component::redis::{Eviction, RedisCluster};
use crate::component::{Site, WatchedPlatform};
use crate::fixture::{
    DATA, NODES, SIX, cluster_of_six, codes, file, on_one_engine, six, with_images,
};
use crate::literal::Name;
use crate::model::{Cluster, HostRef, Inventory};
use crate::template::check_against;

fn three() -> RedisCluster {
    RedisCluster::new("redis").on(NODES)
}

fn with(redis: RedisCluster) -> Cluster {
    let mut cluster = cluster_of_six();
    cluster.add(redis);
    cluster
}

fn placed(wish: Wish<'_>, inventory: &Inventory) -> Vec<Copy> {
    let cluster: Name = "test".parse().unwrap();
    layout(
        wish,
        &Site {
            cluster: &cluster,
            inventory,
            network: Some(DATA),
            development: false,
            monitored: false,
            platform: WatchedPlatform::default(),
        },
    )
}

/// `host:shard` of each member, the master's with a star.
fn map_of(redis: &RedisCluster) -> String {
    let copies = placed(redis.wish(), &six());
    let words: Vec<String> = copies
        .iter()
        .map(|copy| {
            let star = if copy.number == 0 { "*" } else { "" };
            format!("{}:{}{star}", copy.host, copy.shard)
        })
        .collect();
    words.join(" ")
}

#[test]
fn three_hosts_get_the_map_of_the_guide() {
    assert_eq!(
        map_of(&three()),
        "node-1:1* node-2:2* node-3:3* node-3:1 node-1:2 node-2:3"
    );
}

#[test]
fn six_hosts_get_one_member_each() {
    let redis = RedisCluster::new("redis").on(SIX);
    // The replicas are in other zones than their masters: node-1 and node-4 are in one.
    assert_eq!(
        map_of(&redis),
        "node-1:1* node-2:2* node-3:3* node-6:1 node-4:2 node-5:3"
    );
}

#[test]
fn a_shard_is_where_its_author_put_it() {
    let redis = three().place(2, [NODES[0], NODES[2]]).place(1, [NODES[1]]);
    assert_eq!(
        map_of(&redis),
        "node-2:1* node-1:2* node-3:3* node-1:1 node-3:2 node-2:3"
    );
    assert_eq!(codes(&with(redis)), [""; 0]);
}

#[test]
fn members_know_whose_copy_they_are() {
    let checked = with(three());
    let inventory = six();
    let site = Site {
        cluster: &checked.name.value,
        inventory: &inventory,
        network: Some(DATA),
        development: false,
        monitored: false,
        platform: WatchedPlatform::default(),
    };
    let declared = checked.components[0].declare(&site);
    let copies: Vec<Option<String>> = declared.groups[0]
        .members
        .iter()
        .map(|member| member.copy_of.as_ref().map(ToString::to_string))
        .collect();
    let copies: Vec<Option<&str>> = copies.iter().map(Option::as_deref).collect();
    assert_eq!(
        copies,
        [
            None,
            None,
            None,
            Some("redis-1"),
            Some("redis-2"),
            Some("redis-3")
        ]
    );
    let survival: Vec<String> = declared
        .survival
        .iter()
        .map(|survival| format!("{} of {}", survival.at_least, survival.of.len()))
        .collect();
    assert_eq!(survival, ["1 of 2", "1 of 2", "1 of 2", "2 of 3"]);
}

proptest! {
    #[test]
    fn no_host_takes_two_copies_of_a_shard_with_it(
        shards in 1_u32..40,
        replicas in 0_u32..6,
        order in Just(SIX.to_vec()).prop_shuffle(),
        count in 1_usize..=6,
        zoned in any::<bool>(),
    ) {
        let hosts = &order[..count];
        let inventory = if zoned { six() } else { Inventory::default() };
        let copies = placed(Wish { shards, replicas, hosts, by_hand: &[] }, &inventory);
        prop_assert_eq!(copies.len(), usize::try_from(shards * (replicas + 1)).unwrap());

        let mut of_shard: BTreeMap<u32, BTreeSet<HostRef>> = BTreeMap::new();
        let mut load: BTreeMap<HostRef, usize> = hosts.iter().map(|host| (*host, 0)).collect();
        for copy in &copies {
            of_shard.entry(copy.shard).or_default().insert(copy.host);
            *load.get_mut(&copy.host).unwrap() += 1;
        }
        let expected = usize::try_from(replicas + 1).unwrap().min(count);
        for (shard, hosts) in of_shard {
            prop_assert_eq!(hosts.len(), expected, "shard {} is on {:?}", shard, hosts);
        }
        // Zones come before an even load; without them no host carries much more than another.
        if !zoned && count > expected {
            let (least, most) = (load.values().min().unwrap(), load.values().max().unwrap());
            prop_assert!(most - least <= 2, "{:?}", load);
        }
    }

    #[test]
    fn members_keep_their_place_when_replicas_are_added(shards in 1_u32..20, replicas in 0_u32..4) {
        let inventory = six();
        let wish = Wish { shards, replicas, hosts: &SIX, by_hand: &[] };
        let more = placed(Wish { replicas: replicas + 1, ..wish }, &inventory);
        let before = placed(wish, &inventory);
        prop_assert_eq!(&more[..before.len()], &before[..]);
    }
}

#[test]
fn the_templates_read_what_they_are_given() {
    let mut mistakes = check_against(include_str!("redis.conf.hbs"), &Configuration::example());
    let task = Task {
        patience: 120,
        shards: vec![Shard {
            slots: "0-16383".into(),
            members: vec!["redis-1:7001".into()],
        }],
    };
    mistakes.extend(check_against(include_str!("form.sh.hbs"), &task));
    assert!(mistakes.is_empty(), "{mistakes:?}");
}

#[test]
fn a_member_announces_the_address_that_it_listens_on() {
    let cluster = with(three());
    insta::assert_snapshot!(
        "redis-4 on a host",
        file(&cluster, "hosts/node-3/config/redis-4/redis/redis.conf")
    );
    let local = file(&cluster, "local/config/redis-4/redis/redis.conf");
    let value = |key: &str| {
        local
            .lines()
            .find_map(|line| line.strip_prefix(key))
            .unwrap()
            .to_owned()
    };
    assert!(value("cluster-announce-ip ").starts_with("10.0.1."));
    assert_eq!(
        value("bind "),
        format!("{} 127.0.0.1", value("cluster-announce-ip "))
    );
}

#[test]
fn the_task_forms_the_layout() {
    let head = |text: &str| -> String {
        let lines = text.lines().skip_while(|line| *line != "SHARDS='");
        lines.take(5).collect::<Vec<_>>().join("\n")
    };
    let cluster = with(three());
    let form = |path: &str| head(&file(&cluster, path));
    assert_eq!(
        form("local/config/redis-form/redis/form.sh"),
        "SHARDS='\n0-5460 redis-1:7001 redis-4:7004\n5461-10922 redis-2:7002 redis-5:7005\n10923-16383 redis-3:7003 redis-6:7006\n'"
    );
    assert_eq!(
        form("hosts/node-1/config/redis-form/redis/form.sh"),
        "SHARDS='\n0-5460 10.0.1.11:7001 10.0.1.13:7004\n5461-10922 10.0.1.12:7002 10.0.1.11:7005\n10923-16383 10.0.1.13:7003 10.0.1.12:7006\n'"
    );
}

#[test]
fn every_slot_belongs_to_one_shard() {
    for shards in [3, 4, 5, 6] {
        let redis = RedisCluster::new("redis").on(SIX).shards(shards);
        let form = file(&with(redis), "local/config/redis-form/redis/form.sh");
        let ranges = form.lines().filter_map(|line| {
            let (first, last) = line.split_once(' ')?.0.split_once('-')?;
            Some((first.parse::<u32>().ok()?, last.parse::<u32>().ok()?))
        });
        let next = ranges.fold(0, |next, (first, last)| {
            assert_eq!(first, next);
            assert!(last >= first);
            last + 1
        });
        assert_eq!(next, 16_384);
    }
}

#[test]
fn the_password_is_in_variables_only() {
    let compiled = crate::compile(&with(three())).unwrap();
    for (path, file) in compiled.tree.iter() {
        if path.as_str().ends_with("redis.conf") {
            assert!(!file.text.contains("requirepass"), "{path}");
        }
    }
}

/// The smallest bad cluster of each rule, one for each way to break it.
fn bad() -> Vec<(&'static str, RedisCluster)> {
    vec![
        ("L0208", three().shards(2)),
        ("L0208", three().replicas(0)),
        ("L0208", three().replicas(3)),
        ("L0208", three().shards(4)),
        (
            "L0208",
            RedisCluster::new("redis").on(SIX).shards(400).replicas(2),
        ),
        (
            "L0208",
            RedisCluster::new("redis")
                .on(SIX)
                .shards(u32::MAX)
                .replicas(u32::MAX),
        ),
        ("L0208", three().place(2, [NODES[1], NODES[1]])),
        ("L0208", three().place(2, [NODES[0], NODES[1]])),
        ("L0208", three().place(4, [NODES[0], NODES[1]])),
        ("L0208", three().place(0, [NODES[0], NODES[1]])),
        ("L0208", three().place(1, [NODES[0], NODES[1], NODES[2]])),
        ("L0208", three().place(1, [NODES[0]]).place(1, [NODES[0]])),
        ("L0302", three().port(55_531)),
        ("L0502", three().memory("1GiB").max_memory("1GiB")),
    ]
}

#[test]
fn each_rule_refuses_its_bad_cluster_alone() {
    for (code, redis) in bad() {
        let settings = format!("{redis:?}");
        let found = of_redis(codes(&with(redis)));
        assert_eq!(
            found,
            BTreeSet::from([format!("error {code}")]),
            "{settings}"
        );
    }
    let rules: BTreeSet<&str> = super::RULES.iter().map(|rule| rule.code).collect();
    let mut refused: BTreeSet<&str> = bad().iter().map(|(code, _)| *code).collect();
    refused.insert("L0802");
    assert_eq!(rules, refused);
}

#[test]
fn an_old_release_is_refused() {
    let on = |image: &str| {
        let inventory = with_images(&[("redis", image)]);
        let mut cluster = on_one_engine(Cluster::new("test", inventory).network(DATA).trusts(DATA));
        cluster.add(three());
        codes(&cluster)
    };
    assert_eq!(on("redis:6.2.14-alpine"), ["error L0802"]);
    assert_eq!(on("redis:7.0.15-alpine"), [""; 0]);
}

#[test]
fn the_edge_of_each_rule_is_fine() {
    for redis in [
        three().port(55_530),
        three().memory("1600MiB").max_memory("1GiB"),
        three().replicas(2).policy(Eviction::AllKeysLru),
        RedisCluster::new("redis").on(SIX).shards(6).replicas(5),
    ] {
        let settings = format!("{redis:?}");
        assert_eq!(of_redis(codes(&with(redis))), BTreeSet::new(), "{settings}");
    }
}

/// Only what the product's own rules say: a thousand nodes are too many for the hosts' memory as well, and the highest
/// port that has a bus is one that the system gives away.
fn of_redis(codes: Vec<String>) -> BTreeSet<String> {
    let is_own = |code: &String| super::RULES.iter().any(|rule| code.ends_with(rule.code));
    codes.into_iter().filter(is_own).collect()
}

#[test]
fn a_replica_beside_its_master_is_told_at_its_place() {
    let line = line!() + 1;
    let redis = three().place(2, [NODES[1], NODES[1]]);
    let report = crate::check::check(&with(redis)).unwrap_err();
    let finding = report.iter().next().unwrap();
    assert_eq!(finding.title, "2 copies of shard 2 of redis are on node-2");
    assert_eq!(
        finding.labels[0].text,
        "redis-2, master of shard 2, and its replica redis-5 are both on node-2"
    );
    assert_eq!(finding.labels[0].origin.line, line);
}

#[test]
fn the_reference_names_every_node() {
    let mut cluster = cluster_of_six();
    let redis = cluster.add(three());
    let addresses = redis.addresses();
    assert_eq!(addresses.component.as_str(), "redis");
    assert_eq!(addresses.endpoint, "client");
}

#[test]
fn a_limit_that_follows_from_the_data_is_blamed_on_what_was_said_of_the_data() {
    let redis = three().max_memory("4GiB");
    let said = redis.max_memory.as_ref().unwrap().origin.clone();
    assert_eq!(*redis.memory_limit().1, said);
    let limited = redis.memory("8GiB");
    let limit = limited.meta.memory.as_ref().unwrap().origin.clone();
    assert_eq!(*limited.memory_limit().1, limit);
}
