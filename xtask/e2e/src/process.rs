//! One program that runs to its end, within a time.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::process::Command;

/// Runs it, called `called` in errors, and returns what it printed.
///
/// # Errors
/// When it cannot be run, takes longer than `bound`, or fails: with the last lines that it wrote on standard error.
pub(crate) async fn run(called: &str, mut command: Command, bound: Duration) -> Result<String> {
    let output = match tokio::time::timeout(bound, command.output()).await {
        Ok(output) => {
            let program = command.as_std().get_program().display();
            output.with_context(|| format!("`{program}` cannot be run"))?
        }
        Err(_) => bail!("`{called}` did not end within {} s", bound.as_secs()),
    };
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<_> = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        let last = lines[lines.len().saturating_sub(5)..].join("\n    ");
        bail!("`{called}` failed: {last}");
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
