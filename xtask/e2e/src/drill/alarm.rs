//! Alerts: the cause of each is made, it is seen where people are told, the cause is undone, and it is seen to end. A cause that has
//! to stand for long does so while rounds go on that it does not concern.
//!
//! In: what watches the cluster, and the causes that services know. Out: checks and measured times. It must not know what an
//! alert is about.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use futures_util::future::join_all;

use super::round::Round;
use super::{Drill, INTERVAL};
use crate::compose::Inside as _;
use crate::patience;
use crate::service::{Alarm, Cause};
use crate::watch::{Stage, Watch};

/// Until collectors see every instance and have evaluated every rule: a few rounds of theirs, the slow start of some included.
const SEEN: Duration = Duration::from_secs(120);

/// Between a cause and its first trace: the exporter, the scrape, the evaluation, and the way to whoever is told.
const NOTICED: Duration = Duration::from_secs(120);

/// The longest time for which a condition is kept up while nothing else goes on.
const KEPT_UP: Duration = Duration::from_secs(120);

/// Until an alert ends whose cause is gone.
const ENDED: Duration = Duration::from_secs(180);

/// How often each alert is asked about: collectors look every few seconds only.
pub(super) const OFTEN: Duration = Duration::from_secs(2);

/// An alert that is waited for.
pub(super) struct Expected {
    alarm: Alarm,
    /// How long its condition must hold.
    held: Duration,
    /// When its cause was made.
    begun: Instant,
}

impl Expected {
    /// From its cause until people are told.
    fn bound(&self) -> Duration {
        self.held + self.alarm.builds_up + NOTICED
    }

    /// Waits until people are told. Returns how long after the cause that was.
    async fn comes(&self, watch: &Watch) -> (Result<()>, Duration) {
        let what = format!("{} comes", self.alarm.alert);
        let left = self.bound().saturating_sub(self.begun.elapsed());
        let came = patience::until(&what, left, OFTEN, async || {
            match watch.stage(self.alarm.alert).await? {
                Stage::Told => Ok(()),
                stage @ (Stage::Silent | Stage::Pending) => bail!("it is {stage:?}"),
            }
        });
        (came.await, self.begun.elapsed())
    }
}

impl Drill {
    /// Provokes every alert whose cause can be made, all at the same time. Returns those that take long, whose causes stand.
    pub(super) async fn alarms(&mut self) -> Result<Vec<Expected>> {
        let Some(watch) = self.watch.take() else {
            return Ok(Vec::new());
        };
        eprintln!("alerts");
        let outcome = self.watched(&watch).await;
        self.watch = Some(watch);
        outcome
    }

    /// Goes through rounds that do not concern what stands, waits for its alerts, and undoes it.
    pub(super) async fn meanwhile(
        &mut self,
        standing: Vec<Expected>,
        rounds: &[Round],
    ) -> Result<()> {
        let watch = self.watch.take();
        let coming = async {
            match &watch {
                Some(watch) => {
                    let coming = standing.iter().map(|expected| expected.comes(watch));
                    Ok(join_all(coming).await)
                }
                None => Ok(Vec::new()),
            }
        };
        let going = async {
            for round in rounds {
                self.lose(round).await?;
            }
            anyhow::Ok(())
        };
        let (came, ()) = futures_util::future::try_join(coming, going).await?;
        if let Some(watch) = &watch
            && !standing.is_empty()
        {
            eprintln!("alerts that take long");
            self.told(&standing, came);
            self.end(watch, &standing).await?;
        }
        self.watch = watch;
        Ok(())
    }

    async fn watched(&mut self, watch: &Watch) -> Result<Vec<Expected>> {
        for service in &self.unseen {
            let what = format!("metrics of {service}");
            self.score.leave_out(&what, "as the command line says");
        }
        let start = Instant::now();
        let mut seen = 0;
        let what = "every instance is seen";
        let outcome = patience::until(what, SEEN, INTERVAL, async || {
            seen = watch
                .seen(|service| !self.project.has(service) || self.unseen.contains(service))
                .await?;
            Ok(())
        })
        .await;
        let title = format!("monitoring: every instance is seen, {seen} in all");
        self.score.check("", &title, outcome);
        self.measure("alerts", "every instance is seen", start.elapsed(), SEEN);

        let mut rules = BTreeMap::new();
        let left = SEEN.saturating_sub(start.elapsed());
        let outcome = patience::until("every rule is evaluated", left, INTERVAL, async || {
            rules = watch.rules().await?;
            Ok(())
        })
        .await;
        let title = format!(
            "monitoring: every rule is evaluated, of them {} alerts",
            rules.len()
        );
        self.score.check("", &title, outcome);
        self.values(watch).await;

        let mut all = Vec::new();
        for service in &self.services {
            let Some(alarm) = service.alarm(&self.project).await? else {
                continue;
            };
            let Some(held) = rules.get(alarm.alert) else {
                let missing = Err(anyhow!("no rule of this name is evaluated"));
                let title = format!("{} comes ({})", alarm.alert, alarm.cause);
                self.score.check(service.component(), &title, missing);
                continue;
            };
            all.push(Expected {
                alarm,
                held: *held,
                begun: Instant::now(),
            });
        }
        self.provoke(watch, all).await
    }

    async fn provoke(&mut self, watch: &Watch, mut all: Vec<Expected>) -> Result<Vec<Expected>> {
        for Expected { alarm, .. } in &all {
            let silent = match watch.stage(alarm.alert).await? {
                Stage::Silent => Ok(()),
                stage @ (Stage::Pending | Stage::Told) => {
                    Err(anyhow!("it is {stage:?} before its cause is made"))
                }
            };
            self.score.check(
                "",
                &format!("{} is silent while all is well", alarm.alert),
                silent,
            );
        }
        for lane in self.lanes.iter_mut().filter(|lane| lane.door.is_some()) {
            lane.start();
        }
        for expected in &mut all {
            let stands = match expected.held > KEPT_UP {
                true => ", and stands while rounds go on",
                false => "",
            };
            eprintln!("  {}{stands}", expected.alarm.cause);
            expected.begun = Instant::now();
            self.make(&expected.alarm.cause).await?;
        }
        let (standing, short): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|expected| expected.held > KEPT_UP);
        let came = join_all(short.iter().map(|expected| expected.comes(watch))).await;
        self.told(&short, came);
        self.end(watch, &short).await?;
        Ok(standing)
    }

    /// Records which alerts came, and when.
    fn told(&mut self, all: &[Expected], came: Vec<(Result<()>, Duration)>) {
        for (expected, (came, after)) in all.iter().zip(came) {
            let Alarm { alert, cause, .. } = &expected.alarm;
            let title = format!("{alert} is seen at Alertmanager ({cause})");
            self.score.check("", &title, came);
            let watched = format!("{alert} is seen at Alertmanager");
            self.measure("alerts", &watched, after, expected.bound());
        }
    }

    /// Undoes the causes, and waits until the alerts have ended and every member is in its place.
    async fn end(&mut self, watch: &Watch, all: &[Expected]) -> Result<()> {
        let gone = Instant::now();
        for Expected { alarm, .. } in all {
            self.undo(&alarm.cause).await?;
        }
        for lane in &mut self.lanes {
            lane.stop().await?;
        }
        let ending = all.iter().map(async |Expected { alarm, .. }| {
            let what = format!("{} ends", alarm.alert);
            let left = ENDED.saturating_sub(gone.elapsed());
            let ended = patience::until(&what, left, OFTEN, async || {
                match watch.stage(alarm.alert).await? {
                    Stage::Silent => Ok(()),
                    stage @ (Stage::Pending | Stage::Told) => bail!("it is {stage:?}"),
                }
            });
            (ended.await, gone.elapsed())
        });
        for (Expected { alarm, .. }, (ended, after)) in all.iter().zip(join_all(ending).await) {
            let title = format!("{} ends when its cause is gone", alarm.alert);
            self.score.check("", &title, ended);
            let watched = format!("{} has ended", alarm.alert);
            self.measure("alerts", &watched, after, ENDED);
        }
        self.wait_whole(self.bounds.rejoin).await?;
        let of: Vec<&str> = all.iter().map(|expected| expected.alarm.alert).collect();
        self.read_back(&format!("after {}", of.join(", "))).await;
        Ok(())
    }

    async fn make(&self, cause: &Cause) -> Result<()> {
        match cause {
            Cause::Stopped(services) => {
                for service in services {
                    self.project.kill(service).await?;
                }
                Ok(())
            }
            Cause::Said {
                service, command, ..
            } => self.project.exec(service, command).await.map(drop),
        }
    }

    async fn undo(&self, cause: &Cause) -> Result<()> {
        match cause {
            Cause::Stopped(services) => {
                for service in services {
                    self.project.start(service).await?;
                }
                Ok(())
            }
            Cause::Said { service, undo, .. } => self.project.exec(service, undo).await.map(drop),
        }
    }
}
