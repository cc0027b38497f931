use std::collections::{BTreeMap, BTreeSet};
use std::mem::discriminant;

use super::*;
use crate::check::check;
use crate::compile::{compile, lower};
use crate::component::etcd::Etcd;
use crate::component::haproxy::HaProxy;
use crate::component::managed::ManagedPostgres;
use crate::component::nats::{Nats, Stream};
use crate::component::patroni::Patroni;
use crate::component::pgbouncer::PgBouncer;
use crate::component::redis::RedisCluster;
use crate::component::streaming::Streaming;
use crate::fixture::{NODES, cluster};
use crate::model::{Cluster, Described as _, Loss};
use crate::plan::{Act, ProcedureKind};
use crate::target::TARGETS;

/// One of each product that has something to say.
fn everything() -> Cluster {
    let ledger = Streaming::new("ledger").on(NODES).port(5433);
    let mut cluster = cluster()
        .survives(Loss::of(1).hosts().except(&ledger.reference()))
        .survives(Loss::of(1).zones().except(&ledger.reference()));
    let etcd = cluster.add(Etcd::new("etcd").on(NODES));
    let pg = cluster.add(Patroni::new("pg").on(NODES).etcd(&etcd).database("shop"));
    cluster.add(HaProxy::new("haproxy").on(NODES).postgres(&pg));
    cluster.add(PgBouncer::new("pgbouncer").on(NODES).postgres(&pg));
    cluster.add(
        ManagedPostgres::new("archive")
            .host("pg.example.com")
            .database("archive"),
    );
    cluster.add(ledger);
    cluster.add(RedisCluster::new("redis").on(NODES));
    cluster.add(
        Nats::new("nats")
            .on(NODES)
            .stream(Stream::new("ORDERS").subject("orders.>").max_bytes("1GiB")),
    );
    cluster
}

/// The book of a cluster in both languages, and its plans.
fn books(cluster: &Cluster) -> ([Vec<Block>; 2], BTreeMap<&'static str, Plan>) {
    let checked = check(cluster).unwrap();
    let plans: BTreeMap<&'static str, Plan> = TARGETS
        .iter()
        .filter(|target| cluster.is_for(**target))
        .map(|target| (target.name(), lower(&checked, *target)))
        .collect();
    let mut book = Book::new(&checked);
    for target in TARGETS {
        if let Some(plan) = plans.get(target.name()) {
            book.add(*target, plan);
        }
    }
    let facts = book.facts().unwrap();
    let books = [&ENGLISH, &CHINESE].map(|phrases| blocks(&facts, phrases));
    (books, plans)
}

#[test]
fn both_languages_have_the_same_structure() {
    let ([english, chinese], _) = books(&everything());
    assert_eq!(english.len(), chinese.len());
    for (english, chinese) in english.iter().zip(&chinese) {
        let same = match (english, chinese) {
            (Block::Heading(a, _), Block::Heading(b, _)) => a == b,
            (Block::Table(head, rows), Block::Table(other_head, other_rows)) => {
                head.len() == other_head.len()
                    && rows.len() == other_rows.len()
                    && rows
                        .iter()
                        .chain(other_rows)
                        .all(|row| row.len() == head.len())
            }
            (Block::List(a), Block::List(b)) | (Block::Tasks(a), Block::Tasks(b)) => {
                a.len() == b.len()
            }
            // What is typed and printed, and where links lead, is the same in every language.
            (Block::Commands(_) | Block::Output(_) | Block::Anchor(_) | Block::Comment(_), _) => {
                english == chinese
            }
            (Block::Paragraph(_) | Block::Picture { .. }, _) => {
                discriminant(english) == discriminant(chinese)
            }
            (Block::Heading(..) | Block::Table(..) | Block::List(_) | Block::Tasks(_), _) => false,
        };
        assert!(same, "{english:?}\n{chinese:?}");
    }
}

#[test]
fn links_lead_somewhere() {
    let (books, _) = books(&everything());
    for book in books {
        let text = page::print(&book);
        let links: BTreeSet<&str> = text
            .split("](#")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
            .collect();
        assert!(links.len() > 5, "only {links:?}");
        for link in links {
            assert!(text.contains(&format!("<a id=\"{link}\"></a>")), "{link}");
        }
    }
}

#[test]
fn the_front_and_the_order() {
    let ([english, chinese], _) = books(&everything());
    let shown = |book: &[Block]| {
        let front = book.iter().take(7);
        let order = book.iter().filter(|block| matches!(block, Block::Tasks(_)));
        page::print(&front.chain(order).cloned().collect::<Vec<_>>())
    };
    insta::assert_binary_snapshot!("front_english.md", shown(&english).into_bytes());
    insta::assert_binary_snapshot!("front_chinese.md", shown(&chinese).into_bytes());
}

#[test]
fn procedures_say_the_same_on_every_target() {
    let (_, plans) = books(&everything());
    let shape = |plan: &Plan| {
        let procedures = plan.operations.iter().flat_map(|(component, procedures)| {
            procedures.iter().map(move |procedure| {
                let steps = procedure.steps.iter();
                let steps: Vec<String> = steps
                    .map(|step| format!("{} {}", step.acts.len(), step.expect.is_some()))
                    .collect();
                format!("{component} {}: {}", procedure.title, steps.join(", "))
            })
        });
        procedures.collect::<Vec<String>>()
    };
    let mut plans = plans.values();
    let first = plans.next().unwrap();
    for other in plans {
        assert_eq!(shape(first), shape(other));
    }
}

#[test]
fn procedures_speak_of_members_that_exist_and_of_no_secret() {
    let (_, plans) = books(&everything());
    for plan in plans.values() {
        for (component, procedures) in &plan.operations {
            assert!(
                procedures
                    .iter()
                    .any(|procedure| procedure.kind == ProcedureKind::Check),
                "{component} cannot be checked"
            );
            for step in procedures.iter().flat_map(|procedure| &procedure.steps) {
                for (member, act) in &step.acts {
                    let of_workload = plan.member(member).map(|(workload, _)| &workload.component);
                    let mut of_hosts = plan.host_services.iter();
                    let owner = match act {
                        Act::OnHost(_) => of_workload.or_else(|| {
                            of_hosts
                                .find(|service| &service.member.name == member)
                                .map(|service| &service.component)
                        }),
                        Act::Run(_)
                        | Act::Logs
                        | Act::Stop
                        | Act::Start
                        | Act::Restart
                        | Act::Repeat
                        | Act::Erase
                        | Act::Instead(_) => of_workload,
                    };
                    assert_eq!(owner, Some(component), "{member}");
                    match act {
                        Act::Run(words) | Act::OnHost(words) => {
                            assert!(!words.is_empty(), "{member}")
                        }
                        Act::Instead(words) => {
                            let secret = words.iter().find_map(|word| word.secrets().next());
                            assert_eq!(secret, None, "{member}");
                        }
                        Act::Logs
                        | Act::Stop
                        | Act::Start
                        | Act::Restart
                        | Act::Repeat
                        | Act::Erase => {}
                    }
                }
            }
        }
    }
}

#[test]
fn a_cluster_without_anything() {
    let ([english, chinese], _) = books(&cluster());
    for book in [english, chinese] {
        let text = page::print(&book);
        assert!(text.contains("topology.svg"), "{text}");
        assert!(!text.contains("check-"), "{text}");
    }
}

#[test]
fn the_book_is_three_files() {
    let compiled = compile(&everything()).unwrap();
    let files: Vec<String> = compiled
        .tree
        .iter()
        .map(|(path, _)| path.to_string())
        .filter(|path| path.matches('/').count() == 1)
        // The record of the description is nobody's page.
        .filter(|path| !path.ends_with("/settings.txt"))
        .collect();
    assert_eq!(
        files,
        ["test/README.md", "test/README.zh.md", "test/topology.svg"]
    );
}
