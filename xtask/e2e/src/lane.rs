//! One writer at work: a task that writes number after number to one service and keeps a ledger of the answers.
//!
//! In: a [`Writer`] of some service. Out: its [`Ledger`]. It must not know protocols, nor faults.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::ledger::Ledger;
use crate::service::{Offer, Writer};

/// A writer with its ledger.
pub(crate) struct Lane {
    /// What is written to, such as `pg through 127.0.0.1:5000`.
    pub(crate) title: String,
    /// The place of its service in the list of services.
    pub(crate) service: usize,
    /// What the service calls the lane; the numbers are read back by it.
    pub(crate) key: String,
    /// The one address that it goes through; `None` where its client knows several and finds its way.
    pub(crate) door: Option<SocketAddr>,
    ledger: Arc<Mutex<Ledger>>,
    work: Work,
}

enum Work {
    Resting(Box<Writer>),
    Running {
        stop: watch::Sender<bool>,
        task: JoinHandle<Box<Writer>>,
    },
    Lost,
}

/// How long one write may take before it is given up.
const PATIENCE: Duration = Duration::from_secs(5);

impl Lane {
    /// A lane at rest, of the service at `place` in the list of services.
    pub(crate) fn new(offer: Offer, place: usize) -> Self {
        Self {
            title: offer.title,
            service: place,
            key: offer.key,
            door: offer.door,
            ledger: Arc::default(),
            work: Work::Resting(Box::new(offer.writer)),
        }
    }

    /// What was promised so far.
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.ledger)
    }

    /// Begins to write, one number after the other.
    pub(crate) fn start(&mut self) {
        self.work = match std::mem::replace(&mut self.work, Work::Lost) {
            Work::Resting(writer) => {
                let (stop, stopped) = watch::channel(false);
                Work::Running {
                    stop,
                    task: tokio::spawn(write(writer, Arc::clone(&self.ledger), stopped)),
                }
            }
            running @ (Work::Running { .. } | Work::Lost) => running,
        };
    }

    /// Ends after the write at hand.
    ///
    /// # Errors
    /// When the writer itself broke.
    pub(crate) async fn stop(&mut self) -> Result<()> {
        self.work = match std::mem::replace(&mut self.work, Work::Lost) {
            Work::Running { stop, task } => {
                stop.send_replace(true);
                Work::Resting(
                    task.await
                        .with_context(|| format!("the writer of {} broke", self.title))?,
                )
            }
            resting @ (Work::Resting(_) | Work::Lost) => resting,
        };
        Ok(())
    }
}

async fn write(
    mut writer: Box<Writer>,
    ledger: Arc<Mutex<Ledger>>,
    stopped: watch::Receiver<bool>,
) -> Box<Writer> {
    while !*stopped.borrow() {
        let id = lock(&ledger).next();
        let started = Instant::now();
        let answer = tokio::time::timeout(PATIENCE, writer.write(id)).await;
        match answer {
            Ok(Ok(answer)) => lock(&ledger).answered(id, started, answer),
            Ok(Err(error)) => lock(&ledger).failed(started, format!("{error:#}")),
            Err(_) => {
                let why = format!("no answer within {} s", PATIENCE.as_secs());
                lock(&ledger).failed(started, why);
            }
        }
        tokio::time::sleep(writer.pace()).await;
    }
    writer
}

/// A ledger stays consistent even if its writer panicked between two entries.
fn lock(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}
