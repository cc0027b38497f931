//! What the book says, in each language: one catalogue of phrases for all chapters.
//!
//! In: names and numbers. Out: phrases, as Markdown. A phrase that is missing in a language does not compile. What is
//! about one product is not here: its component says it.

mod chinese;
mod english;

use crate::model::{FailureDomain, Loss, OptionCost};
use crate::words::Language;

pub(super) use chinese::CHINESE;
pub(super) use english::ENGLISH;

/// Every phrase of the book, in one language.
///
/// Fields are in the order of the chapters; those that end in `_head` are the heads of tables.
pub(super) struct Phrases {
    pub(super) language: Language,
    /// Between two items of a list in a sentence.
    pub(super) comma: &'static str,
    /// Between two clauses in one cell.
    pub(super) semicolon: &'static str,
    /// A word for nothing.
    pub(super) none: &'static str,
    /// The link to the book in the other language.
    pub(super) other: &'static str,
    /// The name of the book's file.
    pub(super) file: &'static str,
    /// Components, members, hosts.
    pub(super) size: fn(usize, usize, usize) -> String,
    /// The link list at the top.
    pub(super) at_night: &'static str,
    /// What the picture is, for those who do not see it.
    pub(super) picture: fn(&str) -> String,
    pub(super) picture_says: &'static str,

    pub(super) components: &'static str,
    pub(super) components_head: [&'static str; 4],
    /// A count and a summary.
    pub(super) service: fn(usize, &str) -> String,
    pub(super) task: fn(&str) -> String,

    pub(super) start: &'static str,
    /// What a page about a platform is, and where to go on.
    pub(super) platform_says: &'static str,
    /// What components a platform leaves out, each with what it does in place of it, as Markdown.
    pub(super) left_to_platform: &'static str,
    pub(super) left_one: fn(&str, &str) -> String,

    pub(super) unmet: &'static str,
    pub(super) unmet_says: &'static str,
    pub(super) unmet_head: [&'static str; 3],
    /// A component that is left out.
    pub(super) left_out: fn(&str) -> String,
    /// All of a component's settings.
    pub(super) whole: &'static str,
    /// An option, and what it was set on.
    pub(super) setting_of: fn(&str, &str) -> String,

    pub(super) plan: &'static str,
    pub(super) networks: &'static str,
    pub(super) networks_head: [&'static str; 3],
    pub(super) hosts: &'static str,
    /// Host, zone, size, members; addresses stand between size and members.
    pub(super) hosts_head: [&'static str; 4],
    pub(super) members: &'static str,
    pub(super) members_head: [&'static str; 5],

    pub(super) flows: &'static str,
    pub(super) flows_says: &'static str,
    pub(super) flows_head: [&'static str; 3],
    pub(super) peers: &'static str,
    pub(super) anyone: &'static str,
    /// Users, by way of the platform of this target.
    pub(super) by_platform: fn(&str) -> String,
    pub(super) network: fn(&str) -> String,

    pub(super) survival: &'static str,
    pub(super) claims: &'static str,
    pub(super) no_claim: &'static str,
    pub(super) claim: fn(&Loss) -> String,
    pub(super) survival_says: &'static str,
    /// Component, serves with, hosts, zones, stopped by, stops with it.
    pub(super) survival_head: [&'static str; 6],
    /// What, how many of how many.
    pub(super) serves_with: fn(&str, usize, usize) -> String,
    /// Hosts, the cause when it is another component, what, left, of, at least.
    pub(super) stopped_by: fn(&[String], Option<&str>, &str, [usize; 3]) -> String,
    pub(super) no_loss: &'static str,
    pub(super) nothing_else: &'static str,
    pub(super) accepted: &'static str,
    /// Component, claim, stopped by, what stops with it.
    pub(super) accepted_one: fn(&str, &str, &str, Option<&str>) -> String,

    pub(super) order: &'static str,
    pub(super) order_says: &'static str,
    pub(super) order_one: fn(&OrderStep<'_>) -> String,

    /// Titles of the chapters of procedures, with what is said at the beginning of each.
    pub(super) check: (&'static str, &'static str),
    pub(super) failure: (&'static str, &'static str),
    pub(super) switchover: (&'static str, &'static str),
    pub(super) fail_back: (&'static str, &'static str),
    pub(super) expect: &'static str,
    pub(super) expect_nothing: &'static str,

    pub(super) secrets: &'static str,
    pub(super) secrets_says: fn(&str) -> String,
    pub(super) secrets_head: [&'static str; 4],

    pub(super) costs: &'static str,
    pub(super) settings: &'static str,
    pub(super) settings_head: [&'static str; 4],
    pub(super) setting_cost: fn(OptionCost) -> &'static str,
    pub(super) files: &'static str,
    pub(super) files_head: [&'static str; 4],
    /// What a change of a file costs.
    pub(super) nothing: &'static str,
    pub(super) reload: &'static str,
    pub(super) restart: &'static str,
    pub(super) recreate: &'static str,
    pub(super) procedure: fn(&str) -> String,
    pub(super) danger: fn(&str) -> String,
    pub(super) not_live: &'static str,
}

/// One step of a deployment, as Markdown.
pub(super) struct OrderStep<'a> {
    pub(super) component: &'a str,
    /// None where it is outside of the cluster.
    pub(super) hosts: Option<&'a str>,
    pub(super) needs: Option<&'a str>,
    pub(super) tasks: Option<&'a str>,
    /// Where its check is described.
    pub(super) check: Option<&'a str>,
}

impl Phrases {
    /// Words in this language.
    pub(super) fn say<'a>(&self, words: &'a crate::words::Words) -> &'a str {
        words.of(self.language)
    }
}

/// The number and the word for what may be lost, in English.
fn lost(claim: &Loss) -> String {
    let all = match claim.domain {
        FailureDomain::Host => "",
        FailureDomain::Zone => ", with all hosts in it",
    };
    format!("the loss of any {claim}{all}")
}
