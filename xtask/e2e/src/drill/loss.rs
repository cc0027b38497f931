//! One round: members are killed while all lanes are at work, brought back, and what was promised is read back.
//!
//! In: a [`Round`]. Out: checks and measured times. It must not know which round it is, beyond what the round says of itself.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};
use futures_util::future::try_join_all;

use super::round::{Loss, Round};
use super::{Drill, INTERVAL, STEADY, show};
use crate::lane::Lane;
use crate::layout;
use crate::patience;
use crate::service::{Service, Victim};

/// When what happened in a round.
struct Course {
    /// The order to kill was given.
    killed: Instant,
    /// It was carried out: what is begun before this may be cut off with whoever answers it.
    dead: Instant,
    /// The first of the lost members was started again.
    started: Instant,
    ended: Instant,
}

impl Drill {
    /// Kills the members of a round while all lanes are at work, brings them back, and reads everything back.
    pub(super) async fn lose(&mut self, round: &Round) -> Result<()> {
        self.wait_whole(self.bounds.rejoin).await?;
        let losses = round.losses(&self.services, &self.project).await?;
        if losses.is_empty() {
            return Ok(());
        }
        let fault = round.title();
        eprintln!("{fault}");
        for Loss { victim, .. } in &losses {
            eprintln!("  kills {} ({})", victim.service, victim.role);
        }

        let begin = Instant::now();
        self.lanes.iter_mut().for_each(Lane::start);
        let what = "every lane is answered before the fault";
        patience::until(what, self.bounds.others, INTERVAL, async || {
            self.recovered(begin)
        })
        .await?;
        tokio::time::sleep(STEADY).await;

        let killed = Instant::now();
        let dead = self.kill(&losses, &fault).await?;
        tokio::time::sleep(round.away()).await;
        let started = Instant::now();
        self.mend(&losses, &fault).await?;
        tokio::time::sleep(STEADY).await;
        for lane in &mut self.lanes {
            lane.stop().await?;
        }
        let course = Course {
            killed,
            dead,
            started,
            ended: Instant::now(),
        };
        self.judge_pauses(round, &losses, &course);
        self.judge_requests(round, &losses, &course);
        self.read_back(&format!("after: {fault}")).await;
        Ok(())
    }

    /// Kills the victims and waits until other members have taken over. Returns when the victims were dead.
    async fn kill(&mut self, losses: &[Loss], fault: &str) -> Result<Instant> {
        let project = &self.project;
        let kill = |loss: &Loss| {
            let service = loss.victim.service.clone();
            async move { project.kill(&service).await }
        };
        try_join_all(losses.iter().map(kill)).await?;
        // Writes go on being answered until the order is carried out: only what was begun later shows that another took over.
        let dead = Instant::now();
        for Loss { victim, place } in losses {
            let Some(place) = *place else { continue };
            if victim.lanes.is_empty() {
                continue;
            }
            let bound = self.bound(place);
            let component = self.services[place].component();
            let what = format!("{component} goes on without {}", victim.service);
            let over = patience::until(&what, bound, INTERVAL / 5, async || {
                self.taken_over(place, victim, dead).await
            })
            .await;
            let title = format!(
                "{component}: another member takes over within {} s from {} ({fault})",
                bound.as_secs(),
                victim.service
            );
            self.score.check(component, &title, over);
        }
        Ok(dead)
    }

    /// Starts the victims again and waits until they are in their places and all lanes are acknowledged.
    async fn mend(&mut self, losses: &[Loss], fault: &str) -> Result<()> {
        let start = Instant::now();
        let bound = self.bounds.rejoin;
        let project = &self.project;
        let again = |loss: &Loss| {
            let service = loss.victim.service.clone();
            async move { project.start(&service).await }
        };
        try_join_all(losses.iter().map(again)).await?;
        for Loss { victim, .. } in losses {
            let service = &victim.service;
            let left = bound.saturating_sub(start.elapsed());
            let what = format!("{service} is healthy again");
            let healthy = patience::until(&what, left, INTERVAL, async || {
                self.project.ready(service).await
            })
            .await;
            let title = format!("{service} ({}) is back ({fault})", victim.role);
            let group = self.project.layout().group(service);
            self.score.check(group, &title, healthy);
            self.measure(fault, &format!("{service} is back"), start.elapsed(), bound);
        }
        let whole = self.wait_whole(bound.saturating_sub(start.elapsed())).await;
        let title = format!("every member is in its place again ({fault})");
        self.score.check("", &title, whole);

        let mended = Instant::now();
        let what = "every lane is acknowledged again";
        let recovered = patience::until(what, self.bounds.others, INTERVAL, async || {
            self.recovered(mended)
        })
        .await;
        let title = format!("everything is acknowledged and answered again ({fault})");
        self.score.check("", &title, recovered);
        Ok(())
    }

    /// Whether another member has the role of the victim, and each lane that depends on the role was answered since `dead`.
    async fn taken_over(&self, place: usize, victim: &Victim, dead: Instant) -> Result<()> {
        let dependent = |lane: &&Lane| lane.service == place && victim.lanes.contains(&lane.key);
        let silent = self
            .lanes
            .iter()
            .filter(dependent)
            .find(|lane| !lane.ledger().answers_since(dead));
        silent.map_or(Ok(()), |lane| Err(silence(lane)))?;
        let successor = self.services[place].leader(&self.project).await?;
        ensure!(
            successor.is_none_or(|successor| successor.service != victim.service),
            "{} is still {}",
            victim.service,
            victim.role
        );
        Ok(())
    }

    /// Whether each lane was answered since `since` as well as ever.
    pub(super) fn recovered(&self, since: Instant) -> Result<()> {
        let silent = self
            .lanes
            .iter()
            .find(|lane| !lane.ledger().recovered_since(since));
        silent.map_or(Ok(()), |lane| Err(silence(lane)))
    }

    /// Holds the longest pause of each service that is written to to its bound.
    fn judge_pauses(&mut self, round: &Round, losses: &[Loss], course: &Course) {
        let fault = round.title();
        for place in 0..self.services.len() {
            if !self.services[place].keeps() {
                continue;
            }
            let longest = self
                .standing(place, losses)
                .map(|lane| {
                    (
                        lane.ledger().longest_pause(course.killed, course.ended),
                        lane,
                    )
                })
                .max_by_key(|(pause, _)| *pause);
            let Some((pause, lane)) = longest else {
                continue;
            };
            let component = self.services[place].component().to_owned();
            let leads = |loss: &Loss| loss.place == Some(place) && !loss.victim.lanes.is_empty();
            let bound = if losses.iter().any(leads) {
                self.bound(place)
            } else {
                self.bounds.others
            };
            let outcome = if pause <= bound {
                Ok(())
            } else {
                let error = lane.ledger().last_error().unwrap_or("none").to_owned();
                Err(anyhow!(
                    "{} was silent for {}, the last error: {error}",
                    lane.title,
                    show(pause)
                ))
            };
            let title = format!(
                "{component}: never silent for more than {} ({fault})",
                show(bound)
            );
            self.score.check(&component, &title, outcome);
            self.measure(
                &fault,
                &format!("longest pause of {component}"),
                pause,
                bound,
            );
        }
    }

    /// Holds the time in which requests from outside fail to its bound, after the loss and after the return.
    fn judge_requests(&mut self, round: &Round, losses: &[Loss], course: &Course) {
        let fault = round.title();
        let bound = round.edge_bound(&self.bounds);
        for place in 0..self.services.len() {
            if !matches!(self.services[place], Service::Https(_)) {
                continue;
            }
            let component = self.services[place].component().to_owned();
            for (what, from, over, to) in [
                ("the loss", course.killed, course.dead, course.started),
                ("the return", course.started, course.started, course.ended),
            ] {
                let (mut failed, mut window, mut error) = (0, Duration::ZERO, None);
                for lane in self.standing(place, losses) {
                    let ledger = lane.ledger();
                    let (times, last) = ledger.failures(from, to);
                    failed += times;
                    let last = (from + last).saturating_duration_since(over);
                    if times > 0 && last >= window {
                        window = last;
                        error = ledger
                            .last_error()
                            .map(|why| format!("{}: {why}", lane.title));
                    }
                }
                let outcome = if window <= bound {
                    Ok(())
                } else {
                    Err(anyhow!(
                        "{failed} failed, the last was begun {} after it, {}",
                        show(window),
                        error.unwrap_or_default()
                    ))
                };
                let title = format!(
                    "{component}: no request fails that is begun {} after {what} ({fault})",
                    show(bound)
                );
                self.score.check(&component, &title, outcome);
                let watched = match failed {
                    0 => format!("after {what} no request failed"),
                    _ => format!("after {what} requests failed, {failed} in all, for"),
                };
                self.measure(&fault, &watched, window, bound);
            }
        }
    }

    /// The lanes of a service that do not go through a member that is lost: whoever knows one address only is cut off with it.
    fn standing<'a>(&'a self, place: usize, losses: &'a [Loss]) -> impl Iterator<Item = &'a Lane> {
        let lost: BTreeSet<&str> = losses
            .iter()
            .filter(|loss| loss.place.is_none())
            .map(|loss| loss.victim.service.as_str())
            .collect();
        self.lanes
            .iter()
            .filter(move |lane| lane.service == place)
            .filter(move |lane| {
                !self
                    .door(lane)
                    .is_some_and(|door| self.is_cut_off(place, door, &lost))
            })
    }

    /// Whether the way through `door` is lost: the door itself, or what a door to data uses beside it.
    fn is_cut_off(&self, place: usize, door: &str, lost: &BTreeSet<&str>) -> bool {
        let layout = self.project.layout();
        let host = |name: &str| layout.service(name).map(layout::Service::host);
        let uses = |name: &str| {
            let flows = self.clients.flows.get(layout.group(door));
            flows.is_some_and(|groups| groups.contains(layout.group(name)))
        };
        lost.contains(door)
            || (self.services[place].keeps()
                && lost
                    .iter()
                    .any(|name| host(name) == host(door) && uses(name)))
    }

    /// How long service `place` may be silent when it loses the member that leads.
    fn bound(&self, place: usize) -> Duration {
        match &self.services[place] {
            Service::Postgres(_) => self.bounds.postgres,
            Service::RedisCluster(_) => self.bounds.redis,
            Service::JetStream(_) => self.bounds.nats,
            Service::Etcd(_) => self.bounds.others,
            Service::Https(_) => self.bounds.edge,
        }
    }
}

fn silence(lane: &Lane) -> anyhow::Error {
    let ledger = lane.ledger();
    anyhow!(
        "{} is silent, the last error: {}",
        lane.title,
        ledger.last_error().unwrap_or("none")
    )
}
