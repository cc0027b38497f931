//! What the book of the cluster says, and how it is typed: the commands that an operator copies from it, on a machine from which
//! every host is reached by `ssh`.
//!
//! In: steps as the book has them. Out: what they print, held to what the book says that they print. It must not know any product.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use tokio::process::Command;

/// A step of a procedure.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    /// What it is, for whoever watches.
    pub(super) says: String,
    /// What is typed, one line after the other.
    pub(super) lines: Vec<Line>,
    /// What is then to be seen, with `…` for what is left out.
    pub(super) expect: Option<String>,
}

/// A line, and the member that it is about.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub(super) member: String,
    pub(super) types: String,
}

/// Where lines are typed.
pub(super) struct Desk {
    /// A folder with the `ssh` of this desk.
    tools: PathBuf,
    /// Names and addresses of the cluster: which of them holds a role is decided while it runs.
    names: Vec<String>,
}

/// Longest stop grace and slowest start together.
const LINE: Duration = Duration::from_secs(300);

impl Desk {
    /// A desk from which `program` reaches hosts. Its `ssh` is written into `tools`. A host's user is root there, who needs no `sudo`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) fn new(tools: PathBuf, program: &Path, mut names: Vec<String>) -> Result<Self> {
        std::fs::create_dir_all(&tools)?;
        let mut ssh = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o755)
            .open(tools.join("ssh"))?;
        write!(
            ssh,
            "#!/bin/sh\nhost=$1; shift\nexec '{}' exec \"$host\" sh -c 'cd /root; sudo() {{ \"$@\"; }}; eval \"$0\"' \"$*\"\n",
            program.display()
        )?;
        // A longer name may begin with a shorter one.
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        Ok(Self { tools, names })
    }

    /// Types a line and returns what it printed, and whether it succeeded.
    async fn output(&self, line: &str) -> Result<(String, bool)> {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("sh");
        command
            .args(["-c", line])
            .env("PATH", format!("{}:{path}", self.tools.display()))
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let Ok(output) = tokio::time::timeout(LINE, command.output()).await else {
            bail!("`{line}` did not end within {} s", LINE.as_secs());
        };
        let output = output.with_context(|| format!("`{line}` cannot be typed"))?;
        let mut printed = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            printed += &String::from_utf8_lossy(&output.stderr);
        }
        Ok((printed, output.status.success()))
    }

    /// Types a line that has to succeed.
    pub(super) async fn types(&self, line: &str) -> Result<String> {
        let (printed, succeeded) = self.output(line).await?;
        ensure!(succeeded, "`{line}` failed: {}", last_lines(&printed));
        Ok(printed)
    }

    /// Does a step, and compares what is seen with what the book says. A command whose output is told may say by it, and not by how
    /// it ends, whether all is well.
    pub(super) async fn does(&self, step: &Step) -> Result<()> {
        let mut printed = String::new();
        for line in &step.lines {
            let (more, succeeded) = self.output(&line.types).await?;
            ensure!(
                succeeded || step.expect.is_some(),
                "`{}` failed: {}",
                line.types,
                last_lines(&more)
            );
            printed += &more;
            // Not every program ends its last line.
            printed.push('\n');
        }
        match &step.expect {
            Some(expect) => shows(&printed, expect, &self.names),
            None => Ok(()),
        }
    }
}

fn last_lines(printed: &str) -> String {
    let lines: Vec<&str> = printed.lines().collect();
    lines[lines.len().saturating_sub(5)..].join("\n    ")
}

/// Whether each line of `expect` is among those that were printed. The members and addresses in it stand for any: who leads is
/// decided while the cluster runs, and the order of lines with it.
fn shows(printed: &str, expect: &str, names: &[String]) -> Result<()> {
    if expect.is_empty() {
        ensure!(printed.trim().is_empty(), "it printed {}", printed.trim());
        return Ok(());
    }
    let mut left: Vec<String> = printed.lines().map(|line| plain(line, names)).collect();
    for expected in expect.lines().filter(|line| line.trim() != "…") {
        let pattern = plain(expected, names);
        let found = left.iter().position(|line| fits(line, &pattern));
        let Some(found) = found else {
            bail!(
                "`{expected}` is not in what it printed: {}",
                last_lines(printed)
            );
        };
        left.remove(found);
    }
    Ok(())
}

/// A line with every name made one, single spaces, and no number of the other end of a virtual wire (`eth0@if7`).
fn plain(line: &str, names: &[String]) -> String {
    let line = names.iter().fold(line.to_owned(), |line, name| {
        line.replace(name.as_str(), "@")
    });
    let words = line
        .split_whitespace()
        .map(|word| match word.split_once("@if") {
            Some((interface, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                interface
            }
            Some(_) | None => word,
        });
    words.collect::<Vec<_>>().join(" ")
}

/// Whether a line is of a form in which `…` stands for anything.
fn fits(line: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('…');
    let first = parts.next().unwrap_or_default().trim_end();
    let Some(mut rest) = line.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.map(str::trim).collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        rest = after;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(printed: &str, expect: &str, is_shown: bool) {
        let names = ["pg-1", "pg-2", "10.0.0.11", "10.0.0.12"].map(str::to_owned);
        let outcome = shows(printed, expect, &names);
        assert_eq!(outcome.is_ok(), is_shown, "{outcome:?}");
    }

    #[test]
    fn roles_may_be_elsewhere_and_must_be_as_many() {
        let expect = "| pg-1 | … | Leader  | running   |\n| pg-2 | … | Replica | streaming |";
        let printed = "+ Cluster +\n| pg-1 | 10.0.0.11 | Replica | streaming |\n| pg-2 | 10.0.0.12 | Leader | running |";
        check(printed, expect, true);
        check(&printed.replace("Replica", "Leader"), expect, false);
        check(&printed.replace("streaming", "stopped"), expect, false);
    }

    #[test]
    fn what_is_left_out_may_be_anything() {
        check(
            r#"{"cluster":{"leader":"a","replicas":[]}}"#,
            r#"{…,"leader":"…",…}"#,
            false,
        );
        check(
            r#"{"c":{"x":1,"leader":"a","replicas":[]}}"#,
            r#"{…,"leader":"…",…}"#,
            true,
        );
        check("x\nok\n", "…\nok", true);
        check("x\nnot ok\n", "…\nok", false);
    }

    #[test]
    fn nothing_is_nothing() {
        check(" \n", "", true);
        check("up{}", "", false);
    }

    #[test]
    fn an_interface_is_one_at_whichever_end() {
        check(
            "eth0@if7  UP  10.0.0.11/24 10.0.0.100/24",
            "eth0 UP 10.0.0.11/… 10.0.0.100/…",
            true,
        );
        check(
            "eth0@if7  UP  10.0.0.11/24",
            "eth0 UP 10.0.0.11/… 10.0.0.100/…",
            false,
        );
    }
}
