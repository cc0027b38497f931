//! Waiting with an end: every loop of this crate that waits for the world goes through here.
//!
//! In: a probe and a bound. Out: nothing once it is so, or why it is still not.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};

/// Asks `probe` every `interval` until it agrees.
///
/// # Errors
/// After `bound`, with `what` was waited for and the last reason that the probe gave.
pub(crate) async fn until(
    what: &str,
    bound: Duration,
    interval: Duration,
    mut probe: impl AsyncFnMut() -> Result<()>,
) -> Result<()> {
    let start = Instant::now();
    let mut reason = anyhow!("no answer yet");
    loop {
        let left = bound.saturating_sub(start.elapsed());
        match tokio::time::timeout(left, probe()).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(why)) => reason = why,
            Err(_) => {}
        }
        if start.elapsed() + interval >= bound {
            bail!("{what}: not within {} s: {reason:#}", bound.as_secs());
        }
        tokio::time::sleep(interval).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_ends_with_the_last_reason() {
        let mut asked = 0;
        let probe = async || {
            asked += 1;
            Err(anyhow!("asked {asked} times"))
        };
        let error = until(
            "the moon",
            Duration::from_millis(50),
            Duration::from_millis(10),
            probe,
        )
        .await
        .unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("the moon: not within 0 s: asked "),
            "{text}"
        );
        assert!(asked > 1, "{text}");
    }

    #[tokio::test]
    async fn a_probe_that_hangs_does_not_hang_the_wait() {
        let probe = async || std::future::pending().await;
        assert!(
            until(
                "x",
                Duration::from_millis(20),
                Duration::from_millis(5),
                probe
            )
            .await
            .is_err()
        );
    }
}
