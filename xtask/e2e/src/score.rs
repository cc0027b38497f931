//! What was checked, and how it went.
//!
//! In: one call per group of assertions. Out: a line for each on standard error as it happens, and the count at the end.

use std::collections::BTreeSet;

use anyhow::Result;

/// The checks so far.
#[derive(Debug, Default)]
pub(crate) struct Score {
    passed: usize,
    failed: Vec<String>,
    left_out: usize,
    suspects: BTreeSet<String>,
}

impl Score {
    /// Records a check of `component`.
    pub(crate) fn check(&mut self, component: &str, title: &str, outcome: Result<()>) {
        match outcome {
            Ok(()) => {
                self.passed += 1;
                eprintln!("  ok    {title}");
            }
            Err(why) => {
                eprintln!("  FAIL  {title}: {why:#}");
                self.failed.push(format!("{title}: {why:#}"));
                self.suspect(component);
            }
        }
    }

    /// Records that something was not tried, and why.
    pub(crate) fn leave_out(&mut self, what: &str, why: &str) {
        eprintln!("  left out: {what} ({why})");
        self.left_out += 1;
    }

    /// Marks `component` as one to look at when the run fails.
    pub(crate) fn suspect(&mut self, component: &str) {
        self.suspects.insert(component.to_owned());
    }

    /// Records that the run cannot go on.
    pub(crate) fn abort(&mut self, why: &anyhow::Error) {
        eprintln!("  FAIL  {why:#}");
        self.failed.push(format!("{why:#}"));
    }

    /// The components to look at: a check of theirs failed, or they kept the run waiting.
    pub(crate) fn suspects(&self) -> &BTreeSet<String> {
        &self.suspects
    }

    /// The failed checks, in order.
    pub(crate) fn failures(&self) -> &[String] {
        &self.failed
    }

    /// The last line of a run. What was left out has neither passed nor failed.
    pub(crate) fn summary(&self) -> String {
        let tried = format!("{} passed, {} failed", self.passed, self.failed.len());
        match self.left_out {
            0 => tried,
            left_out => format!("{tried}, {left_out} left out"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_check_is_counted_and_remembered() {
        let mut score = Score::default();
        score.check("pg", "rows", Ok(()));
        score.check("nats", "messages", Err(anyhow::anyhow!("2 lost")));
        score.suspect("redis");
        score.abort(&anyhow::anyhow!("engine gone"));
        assert_eq!(score.summary(), "1 passed, 2 failed");
        score.leave_out("grafana", "its image cannot be had here");
        assert_eq!(score.summary(), "1 passed, 2 failed, 1 left out");
        assert_eq!(score.failures(), ["messages: 2 lost", "engine gone"]);
        assert_eq!(
            score.suspects().iter().collect::<Vec<_>>(),
            ["nats", "redis"]
        );
    }
}
