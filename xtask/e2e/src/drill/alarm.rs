//! Alerts: the cause of each is made, it is seen where people are told, the cause is undone, and it is seen to end.
//!
//! In: what watches the cluster, and the causes that services know. Out: checks and measured times. It must not know what an
//! alert is about.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail, ensure};
use futures_util::future::join_all;

use super::{Drill, INTERVAL};
use crate::compose::Inside as _;
use crate::patience;
use crate::service::{Alarm, Cause};
use crate::watch::{Stage, Watch};

/// Until collectors see every instance and have evaluated every rule: a few rounds of theirs, the slow start of some included.
const SEEN: Duration = Duration::from_secs(120);

/// Between a cause and its first trace: the exporter, the scrape, the evaluation, and the way to whoever is told.
const NOTICED: Duration = Duration::from_secs(120);

/// The longest time for which a condition is kept up until the alert fires. The rest is left to the rule's own tests, which play
/// the time: they are generated beside the rules.
const KEPT_UP: Duration = Duration::from_secs(120);

/// Until an alert ends whose cause is gone.
const ENDED: Duration = Duration::from_secs(180);

/// How often each alert is asked about: collectors look every few seconds only.
pub(super) const OFTEN: Duration = Duration::from_secs(2);

/// What an alert is waited for.
struct Expected {
    alarm: Alarm,
    stage: Stage,
    bound: Duration,
}

impl Drill {
    /// Provokes every alert whose cause can be made, all at the same time.
    pub(super) async fn alarms(&mut self) -> Result<()> {
        let Some(watch) = self.watch.take() else {
            return Ok(());
        };
        eprintln!("alerts");
        let outcome = self.watched(&watch).await;
        self.watch = Some(watch);
        outcome
    }

    async fn watched(&mut self, watch: &Watch) -> Result<()> {
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
            let (stage, held) = match *held <= KEPT_UP {
                true => (Stage::Told, *held),
                false => (Stage::Pending, Duration::ZERO),
            };
            let bound = held + alarm.builds_up + NOTICED;
            all.push(Expected {
                alarm,
                stage,
                bound,
            });
        }
        self.provoke(watch, &all).await
    }

    async fn provoke(&mut self, watch: &Watch, all: &[Expected]) -> Result<()> {
        for Expected { alarm, .. } in all {
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
        let begin = Instant::now();
        for lane in self.lanes.iter_mut().filter(|lane| lane.door.is_some()) {
            lane.start();
        }
        for Expected { alarm, .. } in all {
            eprintln!("  {}", alarm.cause);
            self.make(&alarm.cause).await?;
        }
        let coming = all.iter().map(async |expected| {
            let what = format!("{} comes", expected.alarm.alert);
            let left = expected.bound.saturating_sub(begin.elapsed());
            let came = patience::until(&what, left, OFTEN, async || {
                let is = watch.stage(expected.alarm.alert).await?;
                ensure!(is >= expected.stage, "it is {is:?}");
                Ok(())
            });
            (came.await, begin.elapsed())
        });
        for (expected, (came, after)) in all.iter().zip(join_all(coming).await) {
            let Expected {
                alarm,
                stage,
                bound,
            } = expected;
            let seen = match stage {
                Stage::Told => "seen at Alertmanager",
                Stage::Pending | Stage::Silent => {
                    "pending; that it fires then, the rule's own test shows"
                }
            };
            let title = format!("{} is {seen} ({})", alarm.alert, alarm.cause);
            self.score.check("", &title, came);
            let watched = format!("{} is {seen}", alarm.alert);
            self.measure("alerts", &watched, after, *bound);
        }
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
        self.read_back("after the alerts").await;
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
