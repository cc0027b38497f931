//! The first start, in the order of the book: each component once those that it comes after serve, all its members together, and
//! then its check.
//!
//! In: the turns of the site. Out: a cluster whose every member is ready, and a check for each turn. Components that do not come
//! after each other start together, as the book allows.

use std::collections::BTreeSet;

use anyhow::Result;
use futures_util::future::{join_all, try_join_all};
use tokio::sync::watch;

use super::Field;
use super::book::Step;
use super::site::{Lines, Turn};
use crate::drill::INTERVAL;
use crate::patience;

impl Field {
    /// Starts every component in its turn. What a turn shows is in the order of the book.
    pub(super) async fn start_in_order(&mut self) -> Result<()> {
        let (served, _) = watch::channel(BTreeSet::new());
        let mut before = BTreeSet::new();
        let turns = self.site.turns.iter().map(|turn| {
            let all: BTreeSet<&str> = before.clone();
            before.insert(turn.component.as_str());
            // Who needs each other in a circle has no order, and waits for nobody that is listed later.
            let waits: BTreeSet<&str> = match turn.watches {
                true => all,
                false => {
                    let after = turn.after.iter().map(String::as_str);
                    after.filter(|name| all.contains(name)).collect()
                }
            };
            let mut serving = served.subscribe();
            let (served, field) = (&served, &*self);
            async move {
                serving.wait_for(|served| waits.is_subset(served)).await?;
                let checked = field.take(turn).await?;
                served.send_modify(|served| {
                    served.insert(turn.component.as_str());
                });
                anyhow::Ok((turn.component.clone(), checked))
            }
        });
        let taken = try_join_all(turns.collect::<Vec<_>>()).await?;
        for (component, checked) in taken {
            match checked {
                Checked::Done(outcome) => {
                    let title =
                        format!("{component}: starts in its turn, and its check is complete");
                    self.score.check(&component, &title, outcome);
                }
                Checked::LeftOut(why) => self
                    .score
                    .leave_out(&format!("the check of {component}"), why),
            }
        }
        Ok(())
    }

    /// Starts a component on all its hosts, waits until everything there is ready, and does its check.
    async fn take(&self, turn: &Turn) -> Result<Checked> {
        let hosts = turn.members.iter().map(async |(host, members)| {
            let members = self.started(host, members);
            if members.is_empty() {
                return Ok(());
            }
            let Lines { up, ready, .. } = &self.site.lines;
            self.desk.types(&Lines::filled(up, host, &members)).await?;
            self.desk
                .types(&Lines::filled(ready, host, &members))
                .await?;
            anyhow::Ok(())
        });
        for outcome in join_all(hosts).await {
            outcome?;
        }
        eprintln!("  {} is there", turn.component);
        let all_are_there = turn
            .members
            .iter()
            .all(|(host, members)| self.started(host, members).len() == members.len());
        if turn.watches && self.lacks_some() {
            return Ok(Checked::LeftOut(
                "it asks everyone, and not all can be had here",
            ));
        }
        if !all_are_there && turn.members.values().flatten().count() == 1 {
            return Ok(Checked::LeftOut("it cannot be had here"));
        }
        if turn.check.iter().any(|step| self.is_unseen(step)) {
            return Ok(Checked::LeftOut("nothing is expected of its ports"));
        }
        Ok(Checked::Done(
            self.complete(&turn.component, &turn.check).await,
        ))
    }

    /// Does a check until it is complete.
    pub(super) async fn complete(&self, component: &str, check: &[Step]) -> Result<()> {
        for step in check {
            let what = format!("{component}: {}", step.says.trim_end_matches(':'));
            let bound = self.options.bounds.others * 4;
            patience::until(&what, bound, INTERVAL, async || self.desk.does(step).await).await?;
        }
        Ok(())
    }

    /// Of these members of a host those that are started at all.
    pub(super) fn started<'a>(&self, host: &str, members: &'a [String]) -> Vec<&'a str> {
        let project = self.projects.get(host);
        let members = members.iter().map(String::as_str);
        members
            .filter(|member| project.is_some_and(|project| project.has(member)))
            .collect()
    }

    /// Whether a member of the book is not started.
    fn lacks_some(&self) -> bool {
        let members = self.site.turns.iter().flat_map(|turn| &turn.members);
        let mut members = members.map(|(host, members)| (self.started(host, members), members));
        members.any(|(started, members)| started.len() < members.len())
    }

    fn is_unseen(&self, step: &Step) -> bool {
        let mut lines = step.lines.iter();
        lines.any(|line| self.options.unseen.contains(&line.member))
    }
}

/// What became of a check.
enum Checked {
    Done(Result<()>),
    /// It was not done, and why.
    LeftOut(&'static str),
}
