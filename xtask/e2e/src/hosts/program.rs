//! The program that makes hosts, which whoever runs the test chooses: how it is called, and nothing of how it works.
//!
//! In: the program's path. Out: hosts that are up, cut off, killed and started. This is all that is asked of it:
//!
//! | call | what it does |
//! | --- | --- |
//! | `up --share DIR NAME=ADDRESS,……` | makes hosts with a Docker engine that has the images of this machine, addresses on `eth0`, `eth1`… in this order, each network a /24 without a way out; they see `DIR` where this machine has it |
//! | `up --bare NAME=ADDRESS,…` | makes a host without an engine, at any time |
//! | `exec NAME COMMAND…` | runs a command there: standard input, output and the exit code are the command's |
//! | `cut NAME`, `heal NAME` | lets no packet to or from the host pass; lets them pass again |
//! | `kill NAME`, `start NAME` | takes its power away without a word; starts it with the same disk, and returns when its engine answers |
//! | `down` | removes every host with its disk |
//!
//! A host needs no service manager: the test itself does at a start what one would do.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::process::Command;

use crate::compose::Engine;
use crate::process;

/// The program that makes hosts.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    path: PathBuf,
}

/// How long one call may take: images may be copied in it.
const BOUND: Duration = Duration::from_secs(180);

/// How long a command on a host may take.
const COMMAND: Duration = Duration::from_secs(60);

impl Program {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Makes hosts with an engine each: names with their addresses.
    pub(crate) async fn up(&self, share: &Path, hosts: &[(&str, String)]) -> Result<()> {
        let share = share.to_str().context("the folder's name is not UTF-8")?;
        let hosts: Vec<String> = hosts
            .iter()
            .map(|(name, addresses)| format!("{name}={addresses}"))
            .collect();
        let mut words = vec!["up", "--share", share];
        words.extend(hosts.iter().map(String::as_str));
        self.call(&words).await
    }

    /// Makes a host without an engine.
    pub(crate) async fn up_bare(&self, share: &Path, name: &str, addresses: &str) -> Result<()> {
        let share = share.to_str().context("the folder's name is not UTF-8")?;
        let host = format!("{name}={addresses}");
        self.call(&["up", "--bare", "--share", share, &host]).await
    }

    /// Runs a command on a host and returns what it printed.
    pub(crate) async fn exec(&self, host: &str, words: &[&str]) -> Result<String> {
        let mut command = self.command(host, words);
        command.stdin(Stdio::null());
        process::run(&format!("{} on {host}", words[0]), command, COMMAND).await
    }

    /// A command on a host, to be run.
    pub(crate) fn command(&self, host: &str, words: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command.args(["exec", host]).args(words).kill_on_drop(true);
        command
    }

    /// The engine of a host.
    pub(crate) fn engine(&self, host: &str) -> Engine {
        let words = [self.path.to_string_lossy().as_ref(), "exec", host].map(str::to_owned);
        Engine::through(words)
    }

    /// One of the verbs that name a host only.
    pub(crate) async fn order(&self, verb: &str, host: &str) -> Result<()> {
        self.call(&[verb, host]).await
    }

    pub(crate) async fn down(&self) -> Result<()> {
        self.call(&["down"]).await
    }

    async fn call(&self, words: &[&str]) -> Result<()> {
        let mut command = Command::new(&self.path);
        command.args(words).stdin(Stdio::null()).kill_on_drop(true);
        let called = format!("{} {}", self.path.display(), words[0]);
        process::run(&called, command, BOUND).await.map(drop)
    }
}
