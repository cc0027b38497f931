//! The arrow, end to end.

mod unmet;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::resume_unwind;
use std::sync::{Arc, OnceLock};
use std::thread;

use crate::book::Book;
use crate::check::loss::all_needs;
use crate::check::{Check, Checked, Declarations, Rule, Stated, View};
use crate::component::{Component, Group, Lowering, Survival};
use crate::file_tree::{FileTree, TreePath};
use crate::literal::{Cidr, Name};
use crate::model::Cluster;
use crate::plan::{
    self, About, Body, Contract, Declared, Duty, Edge, Floating, HostService, Opening, Plan,
    Scrape, Secret, Turn, Workload,
};
use crate::record::Record;
use crate::report::Report;
use crate::target::{TARGETS, Target};
use crate::words::Words;

/// What one cluster compiles to.
#[derive(Debug)]
pub struct Compiled {
    /// The cluster's name.
    pub name: Name,
    /// Its files, relative to `generated/`.
    pub tree: FileTree,
    /// Its plan for each target, by the target's name.
    pub plans: BTreeMap<&'static str, Plan>,
    /// What its description says.
    pub record: Record,
    /// Warnings.
    pub warnings: Report,
}

/// Checks, lowers and renders a cluster for each of its targets.
///
/// Targets know nothing of each other, so their pipelines run side by side; what comes of them is put together in their
/// order.
///
/// # Errors
/// Every finding of the first step that has an error: of the description, or of any target's plan.
pub fn compile(cluster: &Cluster) -> Result<Compiled, Report> {
    let whole = Whole {
        cluster,
        view: View::new(cluster),
        checked: OnceLock::new(),
    };
    let targets = TARGETS.iter().copied();
    let pipelines: Vec<Pipeline<'_>> = targets
        .filter(|target| cluster.is_for(*target))
        .map(|target| Pipeline {
            whole: &whole,
            target,
            planned: OnceLock::new(),
        })
        .collect();
    let (of_all, of_each) = thread::scope(|scope| {
        let running: Vec<_> = pipelines
            .iter()
            .map(|pipeline| scope.spawn(move || pipeline.rendered()))
            .collect();
        let of_all = of_all_targets(&whole, &pipelines);
        let of_each: Vec<_> = running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .collect();
        (of_all, of_each)
    });
    let (files, record, warnings) = of_all?;
    let name = cluster.name.value.clone();
    let mut tree = FileTree::default();
    for (pipeline, files) in pipelines.iter().zip(of_each) {
        let files = files.expect("a plan without errors is rendered");
        let folder = format!("{name}/{}", pipeline.target.name());
        mount(&mut tree, &folder, files);
    }
    for files in files {
        mount(&mut tree, name.as_str(), files);
    }
    let plans = pipelines.into_iter().filter_map(|pipeline| {
        let (plan, _) = pipeline.planned.into_inner()?;
        Some((pipeline.target.name(), plan?))
    });
    Ok(Compiled {
        plans: plans.collect(),
        name,
        tree,
        record,
        warnings,
    })
}

/// What is written of a cluster once, whatever its targets are: the book and the record, with the record itself and every
/// warning.
fn of_all_targets(
    whole: &Whole<'_>,
    pipelines: &[Pipeline<'_>],
) -> Result<([FileTree; 2], Record, Report), Report> {
    let checked = whole.checked().map_err(Report::clone)?;
    // Until the first plan is there, what all of them have is made.
    for component in &checked.components {
        let files = component.files(&checked.site, &checked.declarations);
        files.values().for_each(Body::print);
    }
    let mut report = checked.warnings.clone();
    let record = Record::of(whole.cluster);
    let recorded = record.tree(whole.cluster);
    let mut book = Book::new(checked);
    for pipeline in pipelines {
        let (plan, found) = pipeline.planned();
        report.extend(found.clone());
        if let (Some(plan), false) = (plan, report.has_errors()) {
            book.add(pipeline.target, plan);
        }
    }
    if report.has_errors() {
        return Err(report);
    }
    Ok(([book.render(), recorded], record, report))
}

/// All of a cluster.
struct Whole<'a> {
    cluster: &'a Cluster,
    view: View<'a>,
    /// It with its checks, once somebody asked for that.
    checked: OnceLock<Result<Checked<'a>, Report>>,
}

impl<'a> Whole<'a> {
    /// Who asks first runs the checks; who asks meanwhile waits.
    fn checked(&self) -> Result<&Checked<'a>, &Report> {
        self.checked.get_or_init(|| self.view.check()).as_ref()
    }
}

/// The pipeline of one target: from its part of the cluster to its files.
struct Pipeline<'a> {
    whole: &'a Whole<'a>,
    target: &'static dyn Target,
    /// The plan with what is found in it, once somebody asked for that.
    planned: OnceLock<(Option<Plan>, Report)>,
}

impl Pipeline<'_> {
    /// The files; none where the cluster or its plan was refused.
    fn rendered(&self) -> Option<FileTree> {
        let (plan, found) = self.planned();
        let plan = plan.as_ref().filter(|_| !found.has_errors())?;
        Some(self.target.render(plan))
    }

    /// The plan, and what is found up to it; nothing where the whole cluster was refused. Who asks first makes it;
    /// who asks meanwhile waits.
    fn planned(&self) -> &(Option<Plan>, Report) {
        self.planned.get_or_init(|| {
            let Whole { cluster, view, .. } = self.whole;
            // What a target does not have all of is checked as such.
            let has = cluster.components_on(Some(self.target)).len();
            let part = (has < cluster.components.len()).then(|| view.on(self.target).check());
            match (self.whole.checked(), &part) {
                (Err(_), _) => (None, Report::default()),
                (Ok(_), Some(Err(refused))) => (None, refused.clone()),
                (Ok(_), Some(Ok(checked))) | (Ok(checked), None) => planned(checked, self.target),
            }
        })
    }
}

/// The plan of one target, and what is found in it.
fn planned(checked: &Checked<'_>, target: &dyn Target) -> (Option<Plan>, Report) {
    let plan = lower(checked, target);
    let mut report = plan::check::check(&plan);
    report.extend(check_products(checked, &plan));
    report.extend(target.check(&plan));
    (Some(plan), report)
}

/// Lowers a checked cluster for one target. Cannot fail: what cannot be lowered was refused by the checks.
pub fn lower(checked: &Checked<'_>, target: &dyn Target) -> Plan {
    let lowering = Lowering::new(checked.site, target, &checked.declarations);
    let components = &checked.components;
    let mut workloads: Vec<Workload> = components
        .iter()
        .flat_map(|component| component.lower(&lowering))
        .collect();
    workloads.sort_by(|a, b| a.name.cmp(&b.name));
    let mut host_services: Vec<HostService> = components
        .iter()
        .flat_map(|component| component.host_services(&lowering))
        .collect();
    host_services.sort_by(|a, b| a.member.name.cmp(&b.member.name));
    let mut contracts: Vec<Contract> = components
        .iter()
        .flat_map(|component| component.contracts(&lowering))
        .collect();
    contracts.sort_by(|a, b| (a.protocol, &a.component).cmp(&(b.protocol, &b.component)));
    let settings = components
        .iter()
        .map(|component| (component.meta().name.value.clone(), component.settings()))
        .collect();
    Plan {
        unmet: unmet::unmet(
            checked.cluster,
            &settings,
            &workloads,
            &host_services,
            target,
        ),
        cluster: checked.cluster.name.value.clone(),
        inventory: checked.cluster.inventory.clone(),
        own_network: target.own_network(),
        workloads,
        declared: declared(checked),
        host_services,
        floating: floating(checked),
        flows: lowering.flows().to_vec(),
        openings: openings(checked),
        operators: operators(checked),
        scrapes: scrapes(checked),
        collectors: checked.cluster.collectors_on(target).cloned(),
        edges: edges(checked, &lowering),
        departures: lowering.departures(),
        secrets: secrets(checked),
        settings,
        contracts,
        order: order(checked),
        operations: components
            .iter()
            .map(|component| {
                let name = component.meta().name.value.clone();
                (name, component.operations(&lowering))
            })
            .collect(),
        left_to_platform: left_to_platform(checked),
    }
}

/// Each component's turn, after those that it needs.
fn order(checked: &Checked<'_>) -> Vec<Turn> {
    let components = checked.components.iter();
    let watching: BTreeSet<&Name> = components
        .filter(|component| component.collects())
        .map(|component| &component.meta().name.value)
        .collect();
    let needs = all_needs(&checked.declarations).into_iter();
    plan::order(needs.map(|(component, needs)| Turn {
        component: component.clone(),
        after: needs.into_iter().cloned().collect(),
        watches: watching.contains(component),
    }))
}

/// Those that are left to the platform too: whoever gives one to the platform finds it where names of it are needed.
fn floating(checked: &Checked<'_>) -> Vec<Floating> {
    let site = &checked.site;
    let left = checked.cluster.components.iter().filter(|component| {
        site.left_to_platform(&component.meta().name.value) == Some(Duty::VirtualAddress)
    });
    let left = left.flat_map(|component| component.declare(site).floating);
    let declarations = checked.declarations.values();
    let floating: BTreeSet<Floating> = declarations
        .flat_map(|declaration| declaration.floating.iter().cloned())
        .chain(left)
        .collect();
    floating.into_iter().collect()
}

fn left_to_platform(checked: &Checked<'_>) -> BTreeMap<Name, Duty> {
    let all = checked.cluster.components.iter();
    all.filter_map(|component| {
        let name = &component.meta().name.value;
        Some((name.clone(), checked.site.left_to_platform(name)?))
    })
    .collect()
}

/// What components serve to users that are left to the platform.
fn edges(checked: &Checked<'_>, lowering: &Lowering<'_>) -> Vec<Edge> {
    let left = || {
        let all = checked.cluster.components.iter();
        let metas = all.map(|component| (component, &component.meta().name));
        metas.filter(|(_, name)| checked.site.left_to_platform(&name.value).is_some())
    };
    let absent: Declarations = left()
        .map(|(component, name)| {
            (
                name.value.clone(),
                Arc::new(Stated::of(component.as_ref(), &checked.site)),
            )
        })
        .collect();
    let mut edges: Vec<Edge> = left()
        .filter_map(|(_, name)| {
            let edge = absent.get(&name.value)?.edge.as_ref()?;
            Some(lowering.edge(&name.value, &name.origin, edge, &absent))
        })
        .collect();
    edges.sort_by(|a, b| a.component.cmp(&b.component));
    edges
}

fn openings(checked: &Checked<'_>) -> Vec<Opening> {
    let declarations = checked.declarations.values();
    let openings: BTreeSet<&Opening> = declarations
        .flat_map(|declaration| &declaration.openings)
        .collect();
    openings.into_iter().cloned().collect()
}

fn scrapes(checked: &Checked<'_>) -> Vec<Scrape> {
    let declarations = checked.declarations.values();
    let mut scrapes: Vec<Scrape> = declarations
        .flat_map(|declaration| &declaration.metrics)
        .map(|metrics| Scrape {
            job: metrics.job.clone(),
            group: metrics.group.clone(),
            port: metrics.port.clone(),
            path: metrics.path,
            parameters: metrics.parameters.clone(),
            about: match (&metrics.asks, &metrics.beside) {
                (Some(asked), _) => About::Asked {
                    group: asked.group.clone(),
                    port: asked.port.clone(),
                    scheme: asked.scheme,
                },
                (None, Some(beside)) => About::Beside(beside.clone()),
                (None, None) => About::Itself,
            },
        })
        .collect();
    scrapes.sort_by(|a, b| a.job.cmp(&b.job));
    scrapes
}

fn operators(checked: &Checked<'_>) -> Vec<Cidr> {
    let networks = checked.cluster.operators.iter();
    let networks: BTreeSet<Cidr> = networks.map(|network| network.value).collect();
    networks.into_iter().collect()
}

fn declared(checked: &Checked<'_>) -> BTreeMap<Name, Declared> {
    let of_component = |component: &dyn Component| {
        let meta = component.meta();
        let declaration = checked.declarations.get(&meta.name.value);
        let groups = declaration.map_or(&[][..], |declaration| &declaration.groups);
        groups
            .iter()
            .filter(|group| !group.on_host)
            .map(|group| {
                let members = group.members.iter().filter_map(|member| {
                    let host = checked.site.host(member.host)?;
                    Some((member.name.clone(), (host.name.clone(), member.memory)))
                });
                let declared = Declared {
                    component: meta.name.value.clone(),
                    members: members.collect(),
                    spare: spare(group, declaration.map_or(&[][..], |own| &own.survival)),
                    origin: meta.name.origin.clone(),
                };
                (group.name.clone(), declared)
            })
            .collect::<Vec<_>>()
    };
    let components = checked.components.iter();
    components
        .flat_map(|component| of_component(*component))
        .collect()
}

/// How many members of a group, whichever they are, may be away at a time: what the strictest condition of its component
/// leaves, and a majority of a quorum, and one in any case.
fn spare(group: &Group, conditions: &[Survival]) -> usize {
    let members: BTreeSet<Name> = group.member_names().collect();
    let majority = group.quorum.map(|_| members.len() / 2 + 1);
    let counted = conditions.iter().filter_map(|condition| {
        let others = condition
            .of
            .iter()
            .filter(|name| !members.contains(*name))
            .count();
        (others < condition.of.len()).then(|| {
            // The others are there: a change that asks is about this group alone.
            let own = condition.of.len() - others;
            own.saturating_sub(condition.at_least.saturating_sub(others))
        })
    });
    majority
        .map(|needed| members.len() - needed)
        .into_iter()
        .chain(counted)
        .chain([members.len().saturating_sub(1)])
        .min()
        .unwrap_or_default()
}

/// Runs the rules that components have about plans, each once.
fn check_products(checked: &Checked<'_>, plan: &Plan) -> Report {
    let mut report = Report::default();
    let rules: BTreeMap<&str, &Rule> = checked
        .components
        .iter()
        .flat_map(|component| component.rules())
        .map(|rule| (rule.code, rule))
        .collect();
    for rule in rules.values() {
        match rule.check {
            Check::Planned(check) => check(plan, &mut report),
            Check::Described(_) => {}
        }
    }
    report
}

fn mount(tree: &mut FileTree, folder: &str, files: FileTree) {
    TreePath::new(folder)
        .and_then(|folder| tree.mount(&folder, files))
        .expect("clusters and targets have names that are paths, each its own");
}

fn secrets(checked: &Checked<'_>) -> Vec<Secret> {
    let cluster = &checked.cluster.name.value;
    let own = checked.cluster.secrets.iter().map(|secret| Secret {
        name: secret.value.clone(),
        purpose: Words::new("declared by the cluster", "由集群声明"),
        owner: cluster.clone(),
        origin: secret.origin.clone(),
    });
    let of_components = checked
        .declarations
        .iter()
        .flat_map(|(component, declaration)| {
            declaration.secrets.iter().map(|secret| Secret {
                name: secret.name.clone(),
                purpose: secret.purpose.clone(),
                owner: component.clone(),
                origin: secret.origin.clone(),
            })
        });
    let mut secrets: Vec<Secret> = own.chain(of_components).collect();
    secrets.sort();
    secrets
}
