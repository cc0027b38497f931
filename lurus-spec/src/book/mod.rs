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
use crate::target::Target;

use operation::Commands;
use page::Block;
use phrases::{CHINESE, ENGLISH, Phrases};

/// A book that is being written. Plans come one after another, and what is known with each is written before the next one
/// is there.
pub struct Book<'a> {
    checked: &'a Checked<'a>,
    survival: Vec<SurvivalRow>,
    plans: Plans<'a>,
    /// What is typed in each step of a procedure.
    commands: Commands<'a>,
    picture: Option<String>,
}

impl<'a> Book<'a> {
    /// What is known without any plan.
    pub fn new(checked: &'a Checked<'a>) -> Self {
        Self {
            checked,
            survival: survival_table(checked),
            plans: Plans::new(),
            commands: Commands::new(),
            picture: None,
        }
    }

    /// Takes the plan of a target, in the order of [`TARGETS`](crate::target::TARGETS).
    pub fn add(&mut self, target: &'static dyn Target, plan: &'a Plan) {
        let draw = || picture::draw(&topology::topology(self.checked, plan));
        self.picture.get_or_insert_with(draw);
        operation::commands(&mut self.commands, target, plan);
        self.plans.insert(target.name(), plan);
    }

    /// Writes it; nothing before there is a plan.
    pub fn render(self) -> FileTree {
        let mut tree = FileTree::default();
        let Some(facts) = self.facts() else {
            return tree;
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
        let picture = self.picture.map(|picture| (PICTURE.to_owned(), picture));
        for (name, text) in english.into_iter().chain(chinese).chain(picture) {
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

    fn facts(&self) -> Option<Facts<'_>> {
        Some(Facts {
            checked: self.checked,
            // What runs is the same in every plan; only addresses differ, and here they are those of the inventory.
            plan: self.plans.values().next()?,
            plans: &self.plans,
            survival: &self.survival,
            commands: &self.commands,
        })
    }
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
    survival: &'a [SurvivalRow],
    /// What is typed in each step of a procedure.
    commands: &'a Commands<'a>,
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
