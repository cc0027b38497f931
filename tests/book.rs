//! The books of the clusters in `spec/`: whoever is paged finds something on every component, in both languages.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use lurus_spec::plan::{Plan, ProcedureKind};
use lurus_spec::words::Words;
use lurus_spec::{Compiled, compile};
use walkdir::WalkDir;

fn compiled() -> Vec<Compiled> {
    lurus::clusters()
        .iter()
        .map(|cluster| compile(cluster).unwrap_or_else(|report| panic!("{report:?}")))
        .collect()
}

fn plans(compiled: &[Compiled]) -> impl Iterator<Item = &Plan> {
    compiled.iter().flat_map(|compiled| compiled.plans.values())
}

#[test]
fn every_built_in_component_says_what_to_do() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("lurus-spec/src/component");
    let mut sources: BTreeMap<String, String> = BTreeMap::new();
    for entry in WalkDir::new(&folder).min_depth(2) {
        let path = entry.unwrap().into_path();
        let below = path.strip_prefix(&folder).unwrap();
        let product = below.iter().next().unwrap().to_str().unwrap().to_owned();
        if path.extension().is_some_and(|extension| extension == "rs") {
            *sources.entry(product).or_default() += &fs::read_to_string(&path).unwrap();
        }
    }
    let silent: Vec<&str> = sources
        .iter()
        .filter(|(_, text)| text.contains("impl Component for") && !text.contains("fn operations("))
        .map(|(product, _)| product.as_str())
        .collect();
    assert_eq!(
        silent,
        Vec::<&str>::new(),
        "write `Component::operations`: whoever is paged at night has nothing else"
    );
}

#[test]
fn every_component_can_be_checked_and_its_failure_is_described() {
    let compiled = compiled();
    for plan in plans(&compiled) {
        for (component, procedures) in &plan.operations {
            let kinds: BTreeSet<ProcedureKind> =
                procedures.iter().map(|procedure| procedure.kind).collect();
            if kinds.is_empty() {
                continue;
            }
            for kind in [ProcedureKind::Check, ProcedureKind::Failure] {
                assert!(kinds.contains(&kind), "{component}: no {kind:?}");
            }
        }
    }
}

#[test]
fn every_word_is_in_both_languages() {
    let compiled = compiled();
    let mut missing: BTreeSet<String> = BTreeSet::new();
    let mut look = |place: &str, words: &Words| {
        if !words.is_translated() {
            missing.insert(format!("{place}: {words}"));
        }
    };
    for plan in plans(&compiled) {
        for workload in &plan.workloads {
            look("summary", &workload.summary);
        }
        for secret in &plan.secrets {
            look("secret", &secret.purpose);
        }
        for procedure in plan.operations.values().flatten() {
            look("procedure", &procedure.title);
            look("procedure", &procedure.explains);
            for step in &procedure.steps {
                look("procedure", &step.says);
            }
        }
    }
    assert!(
        missing.is_empty(),
        "write `Words::new(english, chinese)`:\n{}",
        missing.into_iter().collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn the_picture_counts_who_serves_and_begins_at_the_front_door() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("generated/minimal/topology.svg");
    let picture = fs::read_to_string(path).unwrap();
    // Exporters of both are members as well, and a program of the host itself is none in a container.
    for counted in ["patroni × 3", "nats × 3", "vip × 3"] {
        assert!(picture.contains(&format!(">{counted}<")), "{counted}");
    }
    let height = |name: &str| -> u32 {
        let label = format!(">{name}<");
        let (before, _) = picture.split_once(&label).expect("it is drawn");
        let (_, place) = before.rsplit_once(" y=\"").expect("it has a place");
        place.split('"').next().unwrap().parse().expect("a number")
    };
    assert!(height("vip") < height("nginx"));
    assert!(height("nginx") < height("caddy"));
}
