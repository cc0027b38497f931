//! The order of a run: up from nothing, use, break and mend one member after the other, down, up again, and count.
//!
//! In: [`Options`]. Out: progress on standard error, tables and the count on standard output, and a [`Verdict`]. It must not know
//! what a service is beyond what [`crate::service`] says of all of them.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};

use crate::compose::{Project, Volumes};
use crate::contract::Clients;
use crate::env_file::EnvFile;
use crate::lane::Lane;
use crate::ledger;
use crate::patience;
use crate::score::Score;
use crate::service::{self, Service, Victim};
use crate::table::Table;

/// What to test, and what to hold it to.
#[derive(Debug, Clone)]
pub struct Options {
    /// The cluster's name, which the contract must agree with.
    pub cluster: String,
    /// The compose project, which is deleted with its volumes before and after: its name begins with `lurus-e2e`.
    pub project: String,
    /// The compose files; later ones are laid over earlier ones.
    pub compose: Vec<PathBuf>,
    /// The file with the values of the secrets.
    pub env_file: PathBuf,
    /// The contract; `clients.json` beside the first compose file if there is none.
    pub clients: Option<PathBuf>,
    /// What the times are held to.
    pub bounds: Bounds,
    /// What to do with the project at the end.
    pub ending: Ending,
}

/// The longest times that are accepted.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Until every service is ready, from nothing and after `down`.
    pub up: Duration,
    /// Without an answer, when the PostgreSQL leader is lost.
    pub postgres: Duration,
    /// Without an answer, when a Redis master is lost.
    pub redis: Duration,
    /// Without an answer, when the leader of a NATS stream is lost.
    pub nats: Duration,
    /// Without an answer of a service that lost no member, and until confirmations return once the lost member is back.
    pub others: Duration,
    /// Until a member that was started again is in its place and up to date.
    pub rejoin: Duration,
}

/// What happens to the project at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It is deleted with its volumes, also after a failure.
    Delete,
    /// It goes on running, to be looked at.
    Keep,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Every check passed.
    Passed,
    /// At least one failed.
    Failed,
}

/// How long the lanes write before anything is broken, and after everything is mended.
const STEADY: Duration = Duration::from_secs(3);

/// How long they go on writing while the lost member is away, counted from the first answer.
const AWAY: Duration = Duration::from_secs(5);

/// How long a member stays away that nobody writes to. What depends on it may live on a lease for a while, Patroni's is 30 s by
/// default, so a shorter absence would show nothing.
const AWAY_UNWATCHED: Duration = Duration::from_secs(40);

/// How often a state is asked for.
const INTERVAL: Duration = Duration::from_millis(500);

/// Runs everything and prints the result.
///
/// # Errors
/// When the run cannot begin: a file cannot be read, the contract or the project's name is refused, a secret is missing.
/// Whatever goes wrong later is a failed check.
pub async fn run(options: &Options) -> Result<Verdict> {
    let clients = Clients::parse(&read(&options.contract()?)?, &options.cluster)?;
    let secrets = EnvFile::parse(&read(&options.env_file)?)?;
    let mut drill = Drill {
        project: Project::new(
            options.project.clone(),
            options.compose.clone(),
            options.env_file.clone(),
        )?,
        services: service::services(&clients, &secrets)?,
        bounds: options.bounds,
        lanes: Vec::new(),
        score: Score::default(),
        times: Table::new(2, ["step", "watched", "measured", "bound"]),
    };

    let outcome = tokio::select! {
        outcome = drill.drill() => outcome,
        signal = interruption() => Err(signal),
    };
    if let Err(why) = &outcome {
        drill.score.abort(why);
    }
    drill.print_tables();
    let verdict = if drill.score.failures().is_empty() {
        Verdict::Passed
    } else {
        Verdict::Failed
    };
    match verdict {
        Verdict::Passed => {}
        Verdict::Failed => drill.explain().await,
    }
    match options.ending {
        Ending::Delete => {
            eprintln!("down, with the volumes");
            if let Err(why) = drill.project.down(Volumes::Delete).await {
                drill.score.abort(&why);
            }
        }
        Ending::Keep => eprintln!(
            "project {} is kept: `docker compose -p {0} down -v` deletes it",
            options.project
        ),
    }
    println!("{}", drill.score.summary());
    Ok(if drill.score.failures().is_empty() {
        verdict
    } else {
        Verdict::Failed
    })
}

impl Options {
    fn contract(&self) -> Result<PathBuf> {
        match &self.clients {
            Some(path) => Ok(path.clone()),
            None => Ok(self
                .compose
                .first()
                .context("no compose file is given")?
                .with_file_name("clients.json")),
        }
    }
}

struct Drill {
    project: Project,
    services: Vec<Service>,
    bounds: Bounds,
    lanes: Vec<Lane>,
    score: Score,
    times: Table<4>,
}

impl Drill {
    async fn drill(&mut self) -> Result<()> {
        self.come_up("up from nothing", Volumes::Delete).await?;

        eprintln!("use");
        for service in &self.services {
            for (title, outcome) in service.exercise().await {
                self.score.check(service.component(), &title, outcome);
            }
        }

        self.open_lanes().await?;
        for place in 0..self.services.len() {
            self.lose(place).await?;
        }

        self.come_up("up after down", Volumes::Keep).await?;
        self.read_back("after down and up").await;
        Ok(())
    }

    /// Takes the project down, starts it, and waits until every service is ready and whole.
    async fn come_up(&mut self, title: &str, volumes: Volumes) -> Result<()> {
        eprintln!("{title}");
        self.project.down(volumes).await?;
        let start = Instant::now();
        self.project.up(self.bounds.up).await?;
        self.measure(
            title,
            "every service is ready",
            start.elapsed(),
            self.bounds.up,
        );
        let left = self.bounds.up.saturating_sub(start.elapsed());
        self.wait_whole(left).await?;
        self.measure(
            title,
            "every member is in its place",
            start.elapsed(),
            self.bounds.up,
        );
        self.score.check("", title, Ok(()));
        Ok(())
    }

    async fn open_lanes(&mut self) -> Result<()> {
        for (place, service) in self.services.iter().enumerate() {
            let offers = service
                .lanes()
                .await
                .with_context(|| format!("{} cannot be written to", service.component()))?;
            self.lanes.extend(
                offers
                    .into_iter()
                    .map(|offer| Lane::new(offer.title, place, offer.key, offer.writer)),
            );
        }
        Ok(())
    }

    /// Kills the member of service `place` whose loss hurts most while all lanes write, brings it back, and reads everything back.
    async fn lose(&mut self, place: usize) -> Result<()> {
        self.wait_whole(self.bounds.rejoin).await?;
        let victim = self.services[place].victim(&self.project).await?;
        let fault = format!("loss of {} ({})", victim.service, victim.role);
        eprintln!("{fault}");

        let begin = Instant::now();
        self.lanes.iter_mut().for_each(Lane::start);
        let what = "every lane is answered before the fault";
        patience::until(what, self.bounds.others, INTERVAL, async || {
            self.recovered(begin)
        })
        .await?;
        tokio::time::sleep(STEADY).await;

        let ordered = Instant::now();
        self.kill(place, &victim, &fault).await?;
        tokio::time::sleep(if victim.lanes.is_empty() {
            AWAY_UNWATCHED
        } else {
            AWAY
        })
        .await;
        self.mend(place, &victim, &fault).await?;
        tokio::time::sleep(STEADY).await;
        for lane in &mut self.lanes {
            lane.stop().await?;
        }

        self.judge_pauses(place, &fault, ordered, Instant::now());
        self.read_back(&format!("after the {fault}")).await;
        Ok(())
    }

    /// Kills the victim and waits until another member has taken over.
    async fn kill(&mut self, place: usize, victim: &Victim, fault: &str) -> Result<()> {
        self.project.kill(&victim.service).await?;
        // Writes go on being answered until the order is carried out: only what was begun later shows that another took over.
        let dead = Instant::now();
        let bound = self.bound(place);
        let component = self.services[place].component();
        let what = format!("{component} goes on without {}", victim.service);
        let over = patience::until(&what, bound, INTERVAL / 5, async || {
            self.taken_over(place, victim, dead).await
        })
        .await;
        let title = format!(
            "{component}: another member takes over within {} s of the {fault}",
            bound.as_secs()
        );
        self.score.check(component, &title, over);
        Ok(())
    }

    /// Starts the victim again and waits until it is in its place and all lanes are acknowledged.
    async fn mend(&mut self, place: usize, victim: &Victim, fault: &str) -> Result<()> {
        let start = Instant::now();
        let bound = self.bounds.rejoin;
        self.project.start(&victim.service).await?;
        let what = format!("{} is healthy again", victim.service);
        let healthy = patience::until(&what, bound, INTERVAL, async || {
            self.project.ready(&victim.service).await
        })
        .await;
        let whole = match healthy {
            Ok(()) => self.wait_whole(bound.saturating_sub(start.elapsed())).await,
            Err(why) => Err(why),
        };
        let component = self.services[place].component().to_owned();
        let title = format!(
            "{component}: {} is back in its place after the {fault}",
            victim.service
        );
        self.score.check(&component, &title, whole);
        self.measure(
            fault,
            &format!("{} is back", victim.service),
            start.elapsed(),
            bound,
        );

        let mended = Instant::now();
        let what = "every lane is acknowledged again";
        let recovered = patience::until(what, self.bounds.others, INTERVAL, async || {
            self.recovered(mended)
        })
        .await;
        let title = format!("every write is acknowledged again after the {fault}");
        self.score.check(&component, &title, recovered);
        Ok(())
    }

    /// Holds each service's longest pause between two moments to its bound.
    fn judge_pauses(&mut self, lost: usize, fault: &str, from: Instant, to: Instant) {
        for place in 0..self.services.len() {
            let own = self.lanes.iter().filter(|lane| lane.service == place);
            let longest = own
                .map(|lane| (lane.ledger().longest_pause(from, to), lane))
                .max_by_key(|(pause, _)| *pause);
            let Some((pause, lane)) = longest else {
                continue;
            };
            let component = self.services[place].component().to_owned();
            let bound = if place == lost {
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
                    seconds(pause)
                ))
            };
            let title = format!(
                "{component}: never silent for more than {} s through the {fault}",
                bound.as_secs()
            );
            self.score.check(&component, &title, outcome);
            self.measure(
                fault,
                &format!("longest pause of {component}"),
                pause,
                bound,
            );
        }
    }

    /// Reads back what every lane was promised so far.
    async fn read_back(&mut self, when: &str) {
        for (place, service) in self.services.iter().enumerate() {
            let mut acknowledged = 0;
            let mut faults = Vec::new();
            let own: Vec<_> = self
                .lanes
                .iter()
                .filter(|lane| lane.service == place)
                .collect();
            for lane in &own {
                let last = lane.ledger().attempts();
                let what = format!("{} is read back", lane.title);
                let mut found = Vec::new();
                let read = patience::until(&what, self.bounds.others, INTERVAL, async || {
                    found = service.read_back(&lane.key, last).await?;
                    Ok(())
                });
                if let Err(error) = read.await {
                    faults.push(format!("{error:#}"));
                    continue;
                }
                let audit = lane.ledger().audit(&found);
                acknowledged += audit.acknowledged;
                for (numbers, what) in [
                    (&audit.lost, "lost"),
                    (&audit.foreign, "there but never written"),
                ] {
                    if !numbers.is_empty() {
                        faults.push(format!(
                            "{}: {} {what}: {}",
                            lane.title,
                            numbers.len(),
                            ledger::sample(numbers)
                        ));
                    }
                }
                lane.ledger().audited(audit);
            }
            if !own.is_empty() {
                let component = service.component();
                let title =
                    format!("{component}: all {acknowledged} acknowledged writes are there {when}");
                let outcome = if faults.is_empty() {
                    Ok(())
                } else {
                    Err(anyhow!(faults.join("; ")))
                };
                self.score.check(component, &title, outcome);
            }
        }
    }

    /// Waits until every member of every service is in its place and up to date.
    async fn wait_whole(&mut self, bound: Duration) -> Result<()> {
        let start = Instant::now();
        for service in &self.services {
            let component = service.component();
            let what = format!("{component} is whole");
            let left = bound.saturating_sub(start.elapsed());
            let whole = patience::until(&what, left, INTERVAL, async || {
                service.whole(&self.project).await
            })
            .await;
            if whole.is_err() {
                self.score.suspect(component);
            }
            whole?;
        }
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
        let successor = self.services[place].victim(&self.project).await?;
        ensure!(
            successor.service != victim.service,
            "{} is still {}",
            victim.service,
            victim.role
        );
        Ok(())
    }

    /// Whether each lane was answered since `since` as well as ever.
    fn recovered(&self, since: Instant) -> Result<()> {
        let silent = self
            .lanes
            .iter()
            .find(|lane| !lane.ledger().recovered_since(since));
        silent.map_or(Ok(()), |lane| Err(silence(lane)))
    }

    /// How long service `place` may be silent when it loses a member.
    fn bound(&self, place: usize) -> Duration {
        match &self.services[place] {
            Service::Postgres(_) => self.bounds.postgres,
            Service::RedisCluster(_) => self.bounds.redis,
            Service::JetStream(_) => self.bounds.nats,
            Service::Etcd(_) => self.bounds.others,
        }
    }

    fn measure(&mut self, step: &str, watched: &str, measured: Duration, bound: Duration) {
        self.times.row([
            step.to_owned(),
            watched.to_owned(),
            seconds(measured),
            format!("{} s", bound.as_secs()),
        ]);
    }

    fn print_tables(&self) {
        if !self.times.is_empty() {
            println!("\n{}", self.times);
        }
        let heading = [
            "lane",
            "written",
            "acknowledged",
            "lost",
            "twice",
            "there unacknowledged",
            "gaps",
        ];
        let mut writes = Table::new(1, heading);
        for lane in &self.lanes {
            let ledger = lane.ledger();
            if let Some(audit) = ledger.last_audit() {
                writes.row([
                    lane.title.clone(),
                    audit.attempts.to_string(),
                    audit.acknowledged.to_string(),
                    audit.lost.len().to_string(),
                    audit.duplicates.len().to_string(),
                    audit.unpromised.to_string(),
                    audit.gaps.to_string(),
                ]);
            }
        }
        if !writes.is_empty() {
            println!("{writes}");
        }
    }

    /// Prints what failed, and what the services concerned wrote last.
    async fn explain(&self) {
        eprintln!("\nfailed:");
        for failure in self.score.failures() {
            eprintln!("  {failure}");
        }
        let suspects = self
            .services
            .iter()
            .filter(|service| self.score.suspects().contains(service.component()));
        let members: Vec<String> = suspects.flat_map(Service::members).collect();
        self.project.autopsy(&members).await;
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

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

/// Ends with the reason when somebody asks the run to stop, so that the project is deleted in that case too.
async fn interruption() -> anyhow::Error {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        // Without handlers the signals end the process as usual.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => anyhow!("interrupted"),
        _ = terminate.recv() => anyhow!("asked to end"),
    }
}
