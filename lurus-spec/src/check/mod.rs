//! The checks of a description, as a list.
//!
//! In: a [`Cluster`]. Out: a [`Checked`] cluster, or a report with every finding at once. Rules see what was
//! described and declared; they know no target and no file format. Rules of one product stand in its folder under
//! [`crate::component`], rules about what was lowered in [`crate::plan::check`].

pub mod loss;

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;

use crate::component::{Component, Declaration, Site};
use crate::literal::Name;
use crate::model::Cluster;
use crate::report::Report;

/// One named check.
#[derive(Clone, Copy)]
pub struct Rule {
    /// `L0204`
    pub code: &'static str,
    /// One sentence that begins with "Ensure".
    pub ensures: &'static str,
    /// The long text of `explain`: what goes wrong without the rule, and how to mend it.
    pub explain: &'static str,
    /// Where the rule comes from: a manual, an RFC, a source file, or what was seen.
    pub source: &'static str,
    /// The check.
    pub check: Check,
}

/// What a rule looks at.
#[derive(Clone, Copy)]
pub enum Check {
    /// The description.
    Described(fn(&View<'_>, &mut Report)),
    /// The plan of any target.
    Planned(fn(&crate::plan::Plan, &mut Report)),
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rule").field(&self.code).finish()
    }
}

/// The rules that concern every component, by code. [`all_rules`] adds those of products and of the plan.
pub const RULES: &[Rule] = &[];

/// Every rule of the compiler, by code.
pub fn all_rules() -> Vec<&'static Rule> {
    let mut rules: Vec<&Rule> = RULES
        .iter()
        .chain(loss::RULES)
        .chain(crate::plan::check::RULES)
        .chain(
            crate::component::BUILT_IN
                .iter()
                .flat_map(|built_in| built_in.rules),
        )
        .collect();
    rules.sort_by_key(|rule| rule.code);
    rules
}

/// A described cluster with what its components declare.
#[derive(Debug)]
pub struct View<'a> {
    /// The description.
    pub cluster: &'a Cluster,
    /// What components see of it.
    pub site: Site<'a>,
    /// Declarations, in the order of `cluster.components`.
    pub declared: Vec<(&'a dyn Component, Declaration)>,
}

/// A cluster that passed every check of its description.
#[derive(Debug)]
pub struct Checked<'a> {
    /// The description.
    pub cluster: &'a Cluster,
    /// What components see of it.
    pub site: Site<'a>,
    /// Declarations by component.
    pub declarations: BTreeMap<Name, Declaration>,
    /// Warnings.
    pub warnings: Report,
}

/// Runs every check and reports every finding.
///
/// # Errors
/// The report, when it holds at least one error.
pub fn check(cluster: &Cluster) -> Result<Checked<'_>, Report> {
    let view = View::new(cluster);
    let mut report = Report::default();
    let mut seen = std::collections::BTreeSet::new();
    let rules = RULES.iter().chain(loss::RULES).chain(
        view.declared
            .iter()
            .flat_map(|(component, _)| component.rules()),
    );
    for rule in rules {
        if let (true, Check::Described(check)) = (seen.insert(rule.code), rule.check) {
            check(&view, &mut report);
        }
    }
    if report.has_errors() {
        return Err(report);
    }
    Ok(Checked {
        cluster,
        site: view.site,
        declarations: view
            .declared
            .into_iter()
            .map(|(component, declaration)| (component.meta().name.value.clone(), declaration))
            .collect(),
        warnings: report,
    })
}

impl<'a> View<'a> {
    fn new(cluster: &'a Cluster) -> Self {
        let site = Site {
            cluster: &cluster.name.value,
            inventory: &cluster.inventory,
            network: cluster.network.as_ref().map(|network| network.value),
            development: cluster.development,
        };
        let declared = cluster
            .components
            .iter()
            .map(|component| (component.as_ref(), component.declare(&site)))
            .collect();
        Self {
            cluster,
            site,
            declared,
        }
    }

    /// Every component of one type, with its declaration.
    pub fn all<C: Component>(&self) -> impl Iterator<Item = (&'a C, &Declaration)> {
        self.declared.iter().filter_map(|(component, declaration)| {
            let component: &'a dyn Any = *component;
            component
                .downcast_ref::<C>()
                .map(|component| (component, declaration))
        })
    }
}
