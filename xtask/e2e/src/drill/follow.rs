//! Following a procedure: what it says is typed, step by step, while all lanes are at work.
//!
//! In: a [`Procedure`] that somebody wrote down. Out: checks and a measured time. It must not know what the procedure is for: each
//! command is run as it is written, and everything that was answered has to be there at the end.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use tokio::process::Command;

use super::{Drill, INTERVAL, STEADY};
use crate::lane::Lane;
use crate::patience;
use crate::service::Hazard;

/// What a person does who follows the book of a cluster: members are stopped in order, none is killed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Procedure {
    /// What it is for.
    title: String,
    /// Where its commands are typed.
    directory: PathBuf,
    /// What to do, in order.
    steps: Vec<Step>,
}

/// One step.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// What the step is, for whoever watches.
    says: String,
    /// What is typed, one line after the other.
    commands: Vec<String>,
    /// All that the last line then prints.
    #[serde(default)]
    expect: Option<String>,
}

/// How long one command may take: the longest stop grace in use is two minutes.
const COMMAND: Duration = Duration::from_secs(300);

impl Procedure {
    /// Reads a procedure.
    ///
    /// # Errors
    /// When the text is not of the form that the fields say.
    pub fn parse(text: &str) -> Result<Self> {
        serde_json::from_str(text).context("the procedure cannot be read")
    }
}

impl Drill {
    /// Follows a procedure while all lanes are at work, waits until every member is in its place, and reads everything back.
    pub(super) async fn follow(&mut self, procedure: &Procedure) -> Result<()> {
        self.open_lanes(Hazard::Stopped).await?;
        let title = &procedure.title;
        eprintln!("{title}");
        let begin = Instant::now();
        self.lanes.iter_mut().for_each(Lane::start);
        let what = "every lane is answered before it";
        patience::until(what, self.bounds.others, INTERVAL, async || {
            self.recovered(begin)
        })
        .await?;
        tokio::time::sleep(STEADY).await;

        let first = Instant::now();
        for (number, step) in (1..).zip(&procedure.steps) {
            eprintln!("  {number}. {}", step.says);
            let outcome = step.take(procedure).await;
            let failed = outcome.is_err();
            let done = format!("{title}: step {number} is done");
            self.score.check("", &done, outcome);
            if failed {
                bail!("the rest of the procedure is not tried");
            }
        }
        let bound = self.bounds.rejoin;
        let last = Instant::now();
        let whole = self.wait_whole(bound).await;
        let done = format!("{title}: every member is in its place");
        self.score.check("", &done, whole);
        let what = "every lane is answered after it";
        let recovered = patience::until(what, self.bounds.others, INTERVAL, async || {
            self.recovered(last)
        })
        .await;
        let done = format!("{title}: writes go on");
        self.score.check("", &done, recovered);
        tokio::time::sleep(STEADY).await;
        for lane in &mut self.lanes {
            lane.stop().await?;
        }
        let end = Instant::now();
        let pauses = self
            .lanes
            .iter()
            .map(|lane| lane.ledger().longest_pause(first, end));
        let longest = pauses.max().unwrap_or_default();
        self.measure(title, "longest pause of writes", longest, bound);
        self.read_back(&format!("after: {title}")).await;
        Ok(())
    }
}

impl Step {
    /// Types what it says, and looks at what the last line prints.
    async fn take(&self, procedure: &Procedure) -> Result<()> {
        let mut printed = String::new();
        for line in &self.commands {
            eprintln!("    $ {line}");
            let mut command = Command::new("sh");
            command
                .args(["-ec", line])
                .current_dir(&procedure.directory)
                .stdin(Stdio::null())
                .kill_on_drop(true);
            let Ok(output) = tokio::time::timeout(COMMAND, command.output()).await else {
                bail!("`{line}` did not end within {} s", COMMAND.as_secs());
            };
            let output = output.with_context(|| format!("`{line}` cannot be run"))?;
            ensure!(
                output.status.success(),
                "`{line}` ended with {}: {}",
                output.status,
                String::from_utf8_lossy(&output.stderr).trim()
            );
            printed = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        }
        if let Some(expect) = &self.expect {
            ensure!(
                &printed == expect,
                "it printed `{printed}`, and the procedure says `{expect}`"
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn outcome(commands: &[&str], expect: Option<&str>) -> String {
        let step = Step {
            says: "Do it:".to_owned(),
            commands: commands.iter().map(|&line| line.to_owned()).collect(),
            expect: expect.map(str::to_owned),
        };
        let procedure = Procedure {
            title: "a trial".to_owned(),
            directory: "/".into(),
            steps: Vec::new(),
        };
        match step.take(&procedure).await {
            Ok(()) => "done".to_owned(),
            Err(why) => format!("{why:#}"),
        }
    }

    #[tokio::test]
    async fn a_step_is_held_to_what_it_says() {
        assert_eq!(outcome(&["pwd"], Some("/")).await, "done");
        assert_eq!(outcome(&["echo f", "echo t"], Some("t")).await, "done");
        let other = outcome(&["echo f"], Some("t")).await;
        assert_eq!(other, "it printed `f`, and the procedure says `t`");
        let failed = outcome(&["echo no >&2; exit 3", "echo t"], Some("t")).await;
        assert!(failed.ends_with("exit status: 3: no"), "{failed}");
    }

    #[test]
    fn a_procedure_is_read() {
        let text = r#"{"title": "a switch", "directory": "/", "steps": [{"says": "Stop it:", "commands": ["true"], "expect": "t"},
            {"says": "Look:", "commands": []}]}"#;
        assert_eq!(Procedure::parse(text).unwrap().steps.len(), 2);
        assert!(Procedure::parse(&text.replace("says", "say")).is_err());
    }
}
