//! The order of a run: up from nothing, use, break and mend one member after the other, down, up again, and count.
//!
//! In: [`Options`]. Out: progress on standard error, tables and the count on standard output, and a [`Verdict`]. It must not know
//! what a service is beyond what [`crate::service`] says of all of them.

mod alarm;
mod follow;
mod knowledge;
mod loss;
mod round;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};

use self::round::Rounds;
use crate::compose::{Engine, LeftOut, Project, Volumes};
use crate::contract::Clients;
use crate::env_file::EnvFile;
use crate::lane::Lane;
use crate::ledger;
use crate::lock::Lock;
use crate::log_store::LogStore;
use crate::patience;
use crate::score::Score;
use crate::service::{self, Hazard, Service};
use crate::table::Table;
use crate::watch::Watch;

pub use follow::Procedure;

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
    /// Services of whose metrics nothing is expected.
    pub unseen: BTreeSet<String>,
    /// Names with paths at which the edge leads to a WebSocket.
    pub upgrades: Vec<String>,
    /// How far to go.
    pub course: Course,
    /// What to do with the project at the end.
    pub ending: Ending,
}

/// How far a run goes.
#[derive(Debug, Clone)]
pub enum Course {
    /// Everything.
    Drill,
    /// Up, and each service used once.
    OnlyUp,
    /// Up, each service used once, and then what the procedure says, while everything is written to.
    Follow(Procedure),
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
    /// How long requests from outside may fail when a member of the edge or of what answers is lost.
    pub edge: Duration,
    /// Without an answer of a service that lost no leader, and until confirmations return once the lost member is back.
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
pub(crate) const STEADY: Duration = Duration::from_secs(3);

/// What the lanes of this machine are called by those who keep what they write.
const OWN: &str = "e2e";

/// How often a state is asked for.
pub(crate) const INTERVAL: Duration = Duration::from_millis(500);

/// Runs everything and prints the result.
///
/// # Errors
/// When the run cannot begin: a file cannot be read, the contract or the project's name is refused, a secret is missing.
/// Whatever goes wrong later is a failed check.
pub async fn run(options: &Options) -> Result<Verdict> {
    let contract = options.contract()?;
    let clients = Clients::parse(&read(&contract)?, &options.cluster)?;
    match options.course {
        Course::Drill | Course::Follow(_) => clients.must_name_something()?,
        Course::OnlyUp => {}
    }
    let directory = contract.parent().unwrap_or(Path::new(""));
    let secrets = EnvFile::parse(&read(&options.env_file)?)?;
    let _alone = Lock::take(&Engine::here().identity().await?)?;
    let project = Project::open_beside_others(
        Engine::here(),
        options.project.clone(),
        options.compose.clone(),
        options.env_file.clone(),
        &clients.groups,
    )
    .await?;
    let stores = clients.clickhouse.iter();
    let stores = stores.map(|entry| LogStore::new(entry, &secrets));
    let mut drill = Drill {
        project,
        directory: directory.to_owned(),
        services: service::services(&clients, &secrets, directory, OWN)?,
        logs: stores.collect::<Result<_>>()?,
        watch: None,
        unseen: options.unseen.clone(),
        upgrades: options.upgrades.clone(),
        clients,
        bounds: options.bounds,
        lanes: Vec::new(),
        score: Score::default(),
        times: Table::new(2, ["step", "watched", "measured", "bound"]),
    };

    let outcome = tokio::select! {
        outcome = drill.drill(&options.course) => outcome,
        signal = interruption() => Err(signal),
    };
    if let Err(why) = &outcome {
        drill.score.abort(why);
    }
    let lanes: Vec<&Lane> = drill.lanes.iter().collect();
    print_tables(&drill.times, &lanes);
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
    /// Where the contract is.
    directory: PathBuf,
    services: Vec<Service>,
    logs: Vec<LogStore>,
    clients: Clients,
    /// Once it is known what is left out.
    watch: Option<Watch>,
    unseen: BTreeSet<String>,
    upgrades: Vec<String>,
    bounds: Bounds,
    lanes: Vec<Lane>,
    score: Score,
    times: Table<4>,
}

impl Drill {
    async fn drill(&mut self, course: &Course) -> Result<()> {
        eprintln!("images");
        for LeftOut { service, image } in self.project.leave_out_what_cannot_be_had().await? {
            let why = format!("{image} cannot be had here");
            self.score.leave_out(&service, &why);
        }
        self.come_up("up from nothing", Volumes::Delete).await?;

        eprintln!("use");
        for service in &self.services {
            for (title, outcome) in service.exercise().await {
                self.score.check(service.component(), &title, outcome);
            }
            for at in &self.upgrades {
                for (title, outcome) in service.upgrades(at).await {
                    self.score.check(service.component(), &title, outcome);
                }
            }
        }

        for store in &self.logs {
            for (title, outcome) in store.exercise(|service| self.project.has(service)).await {
                self.score.check(store.component(), &title, outcome);
            }
        }

        match course {
            Course::Drill => {}
            Course::OnlyUp => return Ok(()),
            Course::Follow(procedure) => return self.follow(procedure).await,
        }
        self.open_lanes(Hazard::Killed).await?;
        self.watch = Watch::new(&self.clients, |service| self.project.has(service));
        self.listed().await;
        let standing = self.alarms().await?;
        let Rounds { way, members } = round::rounds(
            &self.services,
            &self.project,
            &self.clients.flows,
            &self.doors(),
        );
        self.meanwhile(standing, &way).await?;
        for round in &members {
            self.lose(round).await?;
        }

        self.come_up("up after down", Volumes::Keep).await?;
        self.read_back("after down and up").await;
        for store in &self.logs {
            let outcome = store.read_back(|service| self.project.has(service)).await;
            let component = store.component();
            let title = format!("{component}: every line is there after down and up");
            self.score.check(component, &title, outcome);
        }
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

    async fn open_lanes(&mut self, hazard: Hazard) -> Result<()> {
        for (place, service) in self.services.iter().enumerate() {
            let offers = service
                .lanes(hazard)
                .await
                .with_context(|| format!("{} cannot be written to", service.component()))?;
            let lanes = offers.into_iter().map(|offer| Lane::new(offer, place));
            self.lanes.extend(lanes);
        }
        Ok(())
    }

    /// Which groups the lanes go through.
    fn doors(&self) -> BTreeSet<String> {
        let services = self.lanes.iter().filter_map(|lane| self.door(lane));
        services
            .map(|service| self.project.layout().group(service).to_owned())
            .collect()
    }

    /// The service that the lane goes through.
    fn door(&self, lane: &Lane) -> Option<&str> {
        self.project.layout().door(lane.door?)
    }

    /// Reads back what every lane was promised so far.
    async fn read_back(&mut self, when: &str) {
        let keeping = self.services.iter().enumerate();
        for (place, service) in keeping.filter(|(_, service)| service.keeps()) {
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
                acknowledged += audited(lane, &found, &mut faults);
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

    fn measure(&mut self, step: &str, watched: &str, measured: Duration, bound: Duration) {
        self.times.row([
            step.to_owned(),
            watched.to_owned(),
            show(measured),
            show(bound),
        ]);
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

/// Records what a lane finds of what it wrote, adds what is wrong to `faults`, and returns how many writes were acknowledged.
pub(crate) fn audited(lane: &Lane, found: &[u64], faults: &mut Vec<String>) -> usize {
    let audit = lane.ledger().audit(found);
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
    let acknowledged = audit.acknowledged;
    lane.ledger().audited(audit);
    acknowledged
}

/// Prints what was measured, and what became of the writes of each lane.
pub(crate) fn print_tables(times: &Table<4>, lanes: &[&Lane]) {
    if !times.is_empty() {
        println!("\n{times}");
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
    for lane in lanes {
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

/// A time as it is measured in its range: `412 ms`, `7.3 s`, `60 s`.
pub(crate) fn show(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    if milliseconds.is_multiple_of(1000) {
        format!("{} s", duration.as_secs())
    } else if milliseconds < 2000 {
        format!("{milliseconds} ms")
    } else {
        format!("{:.1} s", duration.as_secs_f64())
    }
}

pub(crate) fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

/// Ends with the reason when somebody asks the run to stop, so that the project is deleted in that case too.
pub(crate) async fn interruption() -> anyhow::Error {
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
