//! The chapter about what each target does not honour of the description.
//!
//! In: what the plans say that is unmet, and phrases. Out: blocks.

use crate::book::Facts;
use crate::book::chapters::{head, heading, names, sentence};
use crate::book::page::{Block, Markdown};
use crate::book::phrases::Phrases;
use crate::model::Omitted;
use crate::plan::Unmet;

/// The most names in a cell: a cluster of a thousand hosts has no longer book.
const SHOWN: usize = 12;

/// A table with a row for whatever a target does without; nothing where each honours everything.
pub(super) fn unmet(facts: &Facts<'_>, phrases: &Phrases) -> Vec<Block> {
    let all = facts.plans.values().flat_map(|plan| &plan.unmet);
    let rows: Vec<Vec<Markdown>> = all
        .map(|unmet| {
            let what = match &unmet.what {
                Omitted::Component(name) => (phrases.left_out)(name.as_str()),
                Omitted::Ability(ability) => phrases.say(&ability.without()).to_owned(),
            };
            vec![
                Markdown::code(unmet.on),
                Markdown::text(what),
                said(unmet, phrases),
            ]
        })
        .collect();
    if rows.is_empty() {
        return Vec::new();
    }
    vec![
        heading(2, phrases.unmet),
        sentence(phrases.unmet_says),
        Block::Table(head(phrases.unmet_head), rows),
    ]
}

/// The settings that do nothing.
fn said(unmet: &Unmet, phrases: &Phrases) -> Markdown {
    let settings = unmet.said.iter().filter_map(|said| {
        let option = Markdown::code(said.option?);
        let mut of: Vec<&str> = said.of.iter().map(String::as_str).collect();
        if of.len() > SHOWN {
            of.truncate(SHOWN - 1);
            of.push("…");
        }
        let of = names(phrases, &of);
        let setting = (phrases.setting_of)(&option.to_string(), &of.to_string());
        Some(Markdown::written(setting))
    });
    let settings: Vec<Markdown> = settings.collect();
    if settings.is_empty() {
        return Markdown::text(phrases.whole);
    }
    Markdown::joined(settings, phrases.semicolon)
}
