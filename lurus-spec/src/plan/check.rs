//! Rules about plans. They do not trust `lower`: what a plan says is looked at as if anyone had written it.

use crate::check::{Check, Rule};
use crate::plan::Plan;
use crate::report::Report;

/// The rules of plans, by code.
pub const RULES: &[Rule] = &[];

/// Runs every rule of plans.
pub fn check(plan: &Plan) -> Report {
    let mut report = Report::default();
    for rule in RULES {
        match rule.check {
            Check::Planned(check) => check(plan, &mut report),
            Check::Described(_) => {}
        }
    }
    report
}
