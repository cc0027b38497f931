//! What those who watch the cluster know of it while all is well: collectors what panels ask, one what others recorded, and the
//! catalogue who runs.
//!
//! In: the contract, the dashboards beside it, and what watches the cluster. Out: checks. It must not know what is asked for.

use std::time::Duration;

use super::Drill;
use super::alarm::OFTEN;
use crate::watch::Watch;
use crate::{catalogue, dashboard, patience};

/// Until what began with the cluster is known: a few probes, recordings and scrapes, one after the other.
const KNOWN: Duration = Duration::from_secs(120);

impl Drill {
    /// Whether every panel is answered, and every aggregate is where it is taken to.
    pub(super) async fn values(&mut self, watch: &Watch) {
        match dashboard::panels(&self.directory) {
            Ok(panels) if panels.is_empty() => {}
            Ok(panels) => {
                let outcome =
                    patience::until("every panel is answered", KNOWN, OFTEN, async || {
                        watch.answers(&panels).await
                    });
                let title = format!(
                    "monitoring: what every panel asks is answered, {} expressions in all",
                    panels.len()
                );
                self.score.check("", &title, outcome.await);
            }
            Err(why) => self
                .score
                .check("", "monitoring: every dashboard is read", Err(why)),
        }

        let mut taken = None;
        let outcome = patience::until("every aggregate is taken", KNOWN, OFTEN, async || {
            taken = watch.aggregates().await?;
            Ok(())
        })
        .await;
        if outcome.is_err() || taken.is_some() {
            let taken = taken.unwrap_or_default();
            let title = format!(
                "monitoring: every aggregate has a value where it is taken to, {taken} in all"
            );
            self.score.check("", &title, outcome);
        }
    }

    /// Whether each catalogue lists who is started, and nobody else.
    pub(super) async fn listed(&mut self) {
        for consul in &self.clients.consul {
            let mut members = consul.members.iter();
            if !members.any(|member| self.project.has(&member.service)) {
                continue;
            }
            let mut listed = 0;
            let component = &consul.component;
            let outcome = patience::until("every instance is listed", KNOWN, OFTEN, async || {
                listed = catalogue::listed(consul, |service| self.project.has(service)).await?;
                Ok(())
            });
            let outcome = outcome.await;
            let title =
                format!("{component}: every instance that is started is listed, {listed} in all");
            self.score.check(component, &title, outcome);
        }
    }
}
