//! One fault: a whole host is cut off or killed while all lanes are at work, it comes back, and what was promised is read back.
//!
//! In: the host and the [`Fault`]. Out: checks and measured times. A host that is cut off goes on with its own lanes: what it
//! acknowledges alone must be there afterwards as well.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};

use super::agent::{self, Ask};
use super::{Field, Pause, Placed};
use crate::drill::{INTERVAL, STEADY, audited, show};
use crate::patience;
use crate::service::Service;

/// What happens to a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// No packet reaches it, and none leaves it.
    Cut,
    /// Its power is gone.
    Killed,
}

/// How long the host stays away once everything goes on without it.
const AWAY: Duration = Duration::from_secs(5);

/// Until another host has the virtual address: three advertisements are missed, and one is sent.
const MOVES: Duration = Duration::from_secs(10);

impl Fault {
    fn verb(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Killed => "kill",
        }
    }

    fn done(self) -> &'static str {
        match self {
            Self::Cut => "cut off",
            Self::Killed => "killed",
        }
    }
}

impl Field {
    /// Loses a host while all lanes are at work, brings it back, and reads everything back.
    pub(super) async fn lose(&mut self, host: &str, fault: Fault) -> Result<()> {
        let bounds = self.options.bounds;
        self.wait_whole(bounds.rejoin, None).await?;
        let held = self.await_holder(bounds.others, None).await?;
        let mut roles = self.leads(host).await?;
        let holds = held.as_deref() == Some(host);
        if holds {
            roles.push("the virtual address".to_owned());
        }
        let step = format!("{host} {}", fault.done());
        match roles.is_empty() {
            true => eprintln!("{step}"),
            false => eprintln!("{step}, with {}", roles.join(", ")),
        }

        let begin = Instant::now();
        self.lanes.iter_mut().for_each(|placed| placed.lane.start());
        let what = "every lane is answered before the fault";
        patience::until(what, bounds.others, INTERVAL, async || {
            self.recovered(begin)
        })
        .await?;
        tokio::time::sleep(STEADY).await;

        let lost = Instant::now();
        self.program.order(fault.verb(), host).await?;
        let dead = Instant::now();
        if holds {
            let moved = self.await_holder(MOVES, Some(host)).await;
            let title = format!("another host takes the virtual address ({step})");
            self.score.check("", &title, moved.map(drop));
            self.measure(&step, "the virtual address moved", lost.elapsed(), MOVES);
        }
        let bound = bounds.postgres.max(bounds.redis).max(bounds.nats);
        let over = patience::until("the others go on", bound, INTERVAL / 5, async || {
            self.answered(dead, host)
        })
        .await;
        let title =
            format!("the other hosts go on, and requests from outside are answered ({step})");
        self.score.check("", &title, over);
        tokio::time::sleep(AWAY).await;
        let back = Instant::now();
        self.bring_back(host, fault, &step).await?;
        tokio::time::sleep(STEADY).await;
        for placed in &mut self.lanes {
            placed.lane.stop().await?;
        }
        let pauses = [
            Pause {
                what: "while it is away",
                from: lost,
                to: back,
            },
            Pause {
                what: "when it returns",
                from: back,
                to: Instant::now(),
            },
        ];
        self.judge_pauses(Some(host), &step, &pauses);
        self.read_back(&step).await;
        self.give_back(&step).await?;
        Ok(())
    }

    async fn bring_back(&mut self, host: &str, fault: Fault, step: &str) -> Result<()> {
        let bound = self.options.bounds.rejoin;
        let back = Instant::now();
        match fault {
            Fault::Cut => self.program.order("heal", host).await?,
            Fault::Killed => {
                self.program.order("start", host).await?;
                self.boot(host).await?;
            }
        }
        let project = &self.projects[host];
        let ready = patience::until(&format!("{host} is ready"), bound, INTERVAL, async || {
            project.all_ready().await
        })
        .await;
        self.score.check(
            "",
            &format!("every service of {host} is ready again ({step})"),
            ready,
        );
        self.measure(step, "its services are ready again", back.elapsed(), bound);
        let whole = self
            .wait_whole(bound.saturating_sub(back.elapsed()), None)
            .await;
        self.score.check(
            "",
            &format!("every member is in its place again ({step})"),
            whole,
        );
        self.measure(
            step,
            "every member is in its place again",
            back.elapsed(),
            bound,
        );
        let holder = self.await_holder(self.options.bounds.others, None).await;
        self.score.check(
            "",
            &format!("one host has the virtual address ({step})"),
            holder.map(drop),
        );

        let mended = Instant::now();
        let what = "every lane is acknowledged again";
        let recovered = patience::until(what, self.options.bounds.others, INTERVAL, async || {
            self.recovered(mended)
        })
        .await;
        let title = format!("everything is acknowledged and answered again ({step})");
        self.score.check("", &title, recovered);
        Ok(())
    }

    /// Gives back the roles that moved, as the book says: the next host may be the one where they gathered.
    async fn give_back(&mut self, step: &str) -> Result<()> {
        let post = self.first_post(None)?;
        for place in 0..self.services.len() {
            let roles = self.roles[place].clone();
            if !roles.is_empty() {
                let given: Result<()> = agent::ask(&post, &Ask::GiveBack { place, roles }).await;
                let component = self.services[place].component();
                let title = format!("{component}: roles are given back ({step})");
                self.score.check(component, &title, given);
            }
        }
        self.wait_whole(self.options.bounds.rejoin, None).await
    }

    /// Whether each lane that does not begin on `away` was answered since `since`. More is not asked for while a host is away: a
    /// copy on it may be the one that was to confirm.
    fn answered(&self, since: Instant, away: &str) -> Result<()> {
        for Placed { host, lane } in &self.lanes {
            if host != away {
                let ledger = lane.ledger();
                let last = ledger.last_error().unwrap_or("none");
                ensure!(
                    ledger.answers_since(since),
                    "{} is silent, the last error: {last}",
                    lane.title
                );
            }
        }
        Ok(())
    }

    /// Whether each lane was answered since `since` as well as ever.
    pub(super) fn recovered(&self, since: Instant) -> Result<()> {
        for Placed { lane, .. } in &self.lanes {
            let ledger = lane.ledger();
            let last = ledger.last_error().unwrap_or("none");
            ensure!(
                ledger.recovered_since(since),
                "{} is silent, the last error: {last}",
                lane.title
            );
        }
        Ok(())
    }

    /// Holds the longest pause of each service, as the hosts that are not `away` see it, to its bound.
    pub(super) fn judge_pauses(&mut self, away: Option<&str>, step: &str, pauses: &[Pause]) {
        let bounds = self.options.bounds;
        let mut rows = Vec::new();
        for (place, service) in self.services.iter().enumerate() {
            let bound = match service {
                Service::Postgres(_) => bounds.postgres,
                Service::RedisCluster(_) => bounds.redis,
                Service::JetStream(_) => bounds.nats,
                // An answer needs every component, so it comes back with the last one.
                Service::Https(_) => bounds.postgres.max(bounds.redis).max(bounds.nats),
                Service::Etcd(_) => continue,
            };
            let component = service.component().to_owned();
            for Pause { what, from, to } in pauses {
                let lanes = self.lanes.iter().filter(|placed| {
                    placed.lane.service == place && Some(placed.host.as_str()) != away
                });
                let longest = lanes
                    .map(|placed| (placed.lane.ledger().longest_pause(*from, *to), &placed.lane))
                    .max_by_key(|(pause, _)| *pause);
                let Some((pause, lane)) = longest else {
                    continue;
                };
                let error = lane.ledger().last_error().unwrap_or("none").to_owned();
                let silent = || {
                    anyhow!(
                        "{} for {}, the last error: {error}",
                        lane.title,
                        show(pause)
                    )
                };
                let outcome = if pause <= bound {
                    Ok(())
                } else {
                    Err(silent())
                };
                rows.push((component.clone(), what, pause, bound, outcome));
            }
        }
        for (component, what, pause, bound, outcome) in rows {
            let title = format!(
                "{component}: never silent for more than {} {what} ({step})",
                show(bound)
            );
            self.score.check(&component, &title, outcome);
            self.measure(
                step,
                &format!("longest pause of {component} {what}"),
                pause,
                bound,
            );
        }
    }

    /// Reads back, where each lane begins, what it was promised so far.
    pub(super) async fn read_back(&mut self, step: &str) {
        for (place, service) in self.services.iter().enumerate() {
            if !service.keeps() {
                continue;
            }
            let (mut acknowledged, mut faults) = (0, Vec::new());
            for Placed { host, lane } in self
                .lanes
                .iter()
                .filter(|placed| placed.lane.service == place)
            {
                let (key, last) = (lane.key.clone(), lane.ledger().attempts());
                let post = self.post(host);
                let ask = Ask::ReadBack { place, key, last };
                let what = format!("{} is read back", lane.title);
                let mut found = Vec::new();
                let read =
                    patience::until(&what, self.options.bounds.others, INTERVAL, async || {
                        found = agent::ask(&post, &ask).await?;
                        Ok(())
                    });
                match read.await {
                    Ok(()) => acknowledged += audited(lane, &found, &mut faults),
                    Err(error) => faults.push(format!("{error:#}")),
                }
            }
            let component = service.component();
            let title = format!(
                "{component}: all {acknowledged} acknowledged writes are there after: {step}"
            );
            let outcome = if faults.is_empty() {
                Ok(())
            } else {
                Err(anyhow!(faults.join("; ")))
            };
            self.score.check(component, &title, outcome);
        }
    }
}
