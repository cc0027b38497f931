//! A change of the description goes to the hosts as the book says, while all lanes are at work: component after component, one
//! host at a time, roles given away before a host's turn and given back after it.
//!
//! In: the change of the site, with the rounds that `diff` prints. Out: checks and measured times. What is typed is the book's; which
//! of its steps are meant is read from who leads.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use futures_util::future::try_join_all;

use super::agent::{self, Ask};
use super::book::Step;
use super::site::{Change, Lines, Round};
use super::{Field, Pause};
use crate::compose::Project;
use crate::drill::{INTERVAL, STEADY};
use crate::patience;

impl Field {
    /// Makes the change.
    pub(super) async fn change(&mut self, change: &Change) -> Result<()> {
        let bounds = self.options.bounds;
        let step = change.says.clone();
        eprintln!("{step}");
        self.wait_whole(bounds.rejoin, None).await?;
        for line in &change.shown {
            let printed = self.desk.types(&line.types).await?;
            ensure!(
                printed.trim() != change.answer,
                "{} shows it before the change",
                line.member
            );
        }
        let begin = Instant::now();
        self.lanes.iter_mut().for_each(|placed| placed.lane.start());
        let what = "every lane is answered before the change";
        patience::until(what, bounds.others, INTERVAL, async || {
            self.recovered(begin)
        })
        .await?;
        tokio::time::sleep(STEADY).await;

        let first = Instant::now();
        for round in &change.rounds {
            self.go_round(change, round).await?;
        }
        if self.projects.values().all(Project::is_complete) {
            let hosts = self.site.hosts.keys().map(async |host| {
                let Lines { rest, ready, .. } = &self.site.lines;
                self.desk.types(&Lines::filled(rest, host, &[])).await?;
                self.desk.types(&Lines::filled(ready, host, &[])).await
            });
            try_join_all(hosts).await?;
        } else {
            let why = "it starts everything, and not all can be had here";
            self.score.leave_out("the last line of a change", why);
        }
        let done = Instant::now();
        for line in &change.shown {
            let printed = self.desk.types(&line.types).await;
            let title = format!("{} shows the new value ({step})", line.member);
            let outcome = printed.and_then(|printed| {
                ensure!(
                    printed.trim() == change.answer,
                    "it shows {}",
                    printed.trim()
                );
                Ok(())
            });
            self.score.check("", &title, outcome);
        }
        let what = "every lane is acknowledged again";
        let recovered =
            patience::until(what, bounds.others, INTERVAL, async || self.recovered(done)).await;
        let title = format!("everything is acknowledged and answered again ({step})");
        self.score.check("", &title, recovered);
        tokio::time::sleep(STEADY).await;
        for placed in &mut self.lanes {
            placed.lane.stop().await?;
        }
        let pause = Pause {
            what: "during the change",
            from: first,
            to: Instant::now(),
        };
        self.judge_pauses(None, &step, &[pause]);
        self.read_back(&step).await;
        self.wait_whole(bounds.rejoin, None).await
    }

    /// One component, host after host: those on which least of it leads first.
    async fn go_round(&mut self, change: &Change, round: &Round) -> Result<()> {
        let place = self
            .services
            .iter()
            .position(|service| service.component() == round.component)
            .with_context(|| format!("nobody writes to {}", round.component))?;
        let mut hosts = Vec::new();
        for (host, members) in &round.hosts {
            hosts.push((self.heirs(place, host).await?.len(), host, members));
        }
        hosts.sort_by_key(|(leading, ..)| *leading);
        for (_, host, members) in hosts {
            let title = format!("{}: {host} is changed as the book says", round.component);
            eprintln!("  {host}");
            let begin = Instant::now();
            let outcome = self.take_host(change, round, place, (host, members)).await;
            let failed = outcome.is_err();
            self.score.check(&round.component, &title, outcome);
            ensure!(!failed, "the next host does not follow");
            let bound = self.options.bounds.rejoin;
            self.measure(
                &change.says,
                &format!("{host} is changed"),
                begin.elapsed(),
                bound,
            );
        }
        Ok(())
    }

    /// One host: its roles are given away, its members made anew, the check completed, and its roles given back.
    async fn take_host(
        &self,
        change: &Change,
        round: &Round,
        place: usize,
        (host, members): (&str, &[String]),
    ) -> Result<()> {
        let bound = self.options.bounds.rejoin;
        for heir in self.heirs(place, host).await? {
            let member = self.member_at(heir)?;
            self.do_those_of(&round.switchover, member).await?;
        }
        let what = format!("nothing leads on {host}");
        patience::until(&what, bound, INTERVAL, async || {
            let heirs = self.heirs(place, host).await?;
            ensure!(heirs.is_empty(), "roles are still there: {}", heirs.len());
            Ok(())
        })
        .await?;

        let folder = self.options.folder.join(&change.folder);
        self.bring(&folder, host).await?;
        let members = self.started(host, members);
        let Lines { up, ready, .. } = &self.site.lines;
        self.desk.types(&Lines::filled(up, host, &members)).await?;
        self.desk
            .types(&Lines::filled(ready, host, &members))
            .await?;
        let turns = self.site.turns.iter();
        for turn in turns.filter(|turn| turn.component == round.component) {
            self.complete(&turn.component, &turn.check).await?;
        }
        self.wait_whole(bound, None).await?;

        let addresses = &self.site.hosts[host].addresses;
        let post = self.first_post(None)?;
        let now: Vec<SocketAddr> = agent::ask(&post, &Ask::Roles(place)).await?;
        let belongs = self.roles[place].iter();
        for role in belongs.filter(|role| addresses.contains(&role.ip()) && !now.contains(role)) {
            let member = self.member_at(*role)?;
            self.do_those_of(&round.fail_back, member).await?;
        }
        let what = "every role is where it was";
        patience::until(what, bound, INTERVAL, async || {
            let now: Vec<SocketAddr> = agent::ask(&post, &Ask::Roles(place)).await?;
            ensure!(now == self.roles[place], "roles are at {now:?}");
            Ok(())
        })
        .await?;
        self.wait_whole(bound, None).await
    }

    /// Does the steps of a procedure that are about this member.
    async fn do_those_of(&self, steps: &[Step], member: &str) -> Result<()> {
        let about = |step: &&Step| step.lines.iter().any(|line| line.member == member);
        let mut done = 0;
        for step in steps.iter().filter(about) {
            eprintln!("    {}", step.says);
            self.desk
                .does(step)
                .await
                .with_context(|| step.says.clone())?;
            done += 1;
        }
        ensure!(done > 0, "the book has no step for {member}");
        Ok(())
    }

    /// Who takes over from the members of a host that lead.
    async fn heirs(&self, place: usize, host: &str) -> Result<Vec<SocketAddr>> {
        let post = self.first_post(None)?;
        let host = self.site.hosts[host].addresses.clone();
        agent::ask(&post, &Ask::Heirs { place, host }).await
    }

    /// The member that listens at an address.
    fn member_at(&self, address: SocketAddr) -> Result<&str> {
        let mut doors = self.site.doors.iter();
        let door = doors.find(|door| door.at == address);
        door.map(|door| door.service.as_str())
            .with_context(|| format!("nobody listens at {address}"))
    }

    /// Brings a host the folder that it has in `from`, as `rsync -a --delete` does, which this machine may lack: a file that differs
    /// is replaced by a new one, a folder stays the one that containers have mounted, and what is there no more goes.
    pub(super) async fn bring(&self, from: &Path, host: &str) -> Result<()> {
        let script = r#"
            mkdir -p "$2"
            cd "$1"
            find . -type d -exec mkdir -p "$2/{}" ';'
            find . -type f | while read -r file; do
                cmp -s "$file" "$2/$file" || cp -a --remove-destination "$file" "$2/$file"
            done
            cd "$2"
            find . -type f | while read -r file; do [ -e "$1/$file" ] || rm "$file"; done"#;
        let from = from.join(host).display().to_string();
        let home = self.home().display().to_string();
        let words = ["sh", "-ec", script, "sh", &from, &home];
        self.program.exec(host, &words).await.map(drop)
    }
}
