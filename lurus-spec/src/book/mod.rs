//! The book of a cluster: `generated/<cluster>/README.md`, for the people who run it, the same in Chinese as
//! `README.zh.md`, and the picture that both show. Where a platform is brought up first, both have a page about that in the
//! folder of its target.
//!
//! In: a checked cluster and its plans. Out: Markdown files and one SVG: what there is, how it starts, who talks to
//! whom, what survives what, what to do at night, and what a change costs. It knows no product, and of a target only what
//! [`Target`](crate::target::Target) tells: what is about a product, its component says.
//!
//! There is one [`Facts`] for both languages and one list of chapters; only the [`Phrases`] differ.

mod chapters;
mod operation;
mod page;
mod phrases;
mod picture;
mod topology;
mod unmet;

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::thread;

use crate::check::Checked;
use crate::check::loss::{SurvivalRow, survival_table};
use crate::file_tree::{File, FileTree, TreePath};
use crate::plan::Plan;

use operation::Commands;
use page::Block;
use phrases::{CHINESE, ENGLISH, Phrases};

/// Writes the book.
pub fn render(checked: &Checked<'_>, plans: &Plans<'_>) -> FileTree {
    let mut tree = FileTree::default();
    // What runs is the same in every plan; only addresses differ, and here they are those of the inventory.
    let Some(plan) = plans.values().next() else {
        return tree;
    };
    let facts = Facts {
        checked,
        plan,
        plans,
        survival: survival_table(checked),
        commands: operation::commands(plans),
    };
    let (english, chinese) = thread::scope(|scope| {
        let chinese = scope.spawn(|| pages(&facts, &CHINESE));
        let english = pages(&facts, &ENGLISH);
        let chinese = chinese.join();
        (
            english,
            chinese.unwrap_or_else(|panic| resume_unwind(panic)),
        )
    });
    let picture = picture::draw(&topology::topology(checked, plan));
    let picture = (PICTURE.to_owned(), picture);
    for (name, text) in english.into_iter().chain(chinese).chain([picture]) {
        let file = File {
            text,
            ..File::default()
        };
        TreePath::new(&name)
            .and_then(|path| tree.insert(path, file))
            .expect("the files of the book have different names");
    }
    tree
}

/// The picture, beside the book.
const PICTURE: &str = "topology.svg";

/// The plans of a cluster, by the names of their targets.
pub type Plans<'a> = BTreeMap<&'static str, &'a Plan>;

/// What the book is written from, in any language.
struct Facts<'a> {
    checked: &'a Checked<'a>,
    /// Any of the plans.
    plan: &'a Plan,
    plans: &'a Plans<'a>,
    survival: Vec<SurvivalRow>,
    /// What is typed in each step of a procedure.
    commands: Commands<'a>,
}

/// The files in one language: the book, and a page for each platform that is brought up first.
fn pages(facts: &Facts<'_>, phrases: &Phrases) -> Vec<(String, String)> {
    let name = phrases.file;
    let book = (name.to_owned(), page::print(&blocks(facts, phrases)));
    let platforms = chapters::platforms(facts, phrases).into_iter();
    let platforms = platforms.map(|(target, blocks)| {
        let path = format!("{}/{name}", target.name());
        (path, page::print(&blocks))
    });
    [book].into_iter().chain(platforms).collect()
}

/// The book in one language.
fn blocks(facts: &Facts<'_>, phrases: &Phrases) -> Vec<Block> {
    let mut blocks = chapters::front(facts, phrases);
    blocks.extend(chapters::components(facts, phrases));
    blocks.extend(chapters::start(facts, phrases));
    blocks.extend(unmet::unmet(facts, phrases));
    blocks.extend(chapters::plan(facts, phrases));
    blocks.extend(chapters::flows(facts, phrases));
    blocks.extend(chapters::survival(facts, phrases));
    blocks.extend(operation::chapters(facts, phrases));
    blocks.extend(chapters::secrets(facts, phrases));
    blocks.extend(chapters::costs(facts, phrases));
    blocks
}

#[cfg(test)]
mod tests;
