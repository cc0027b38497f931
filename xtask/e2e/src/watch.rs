//! What watches the cluster: collectors of metrics, and who is told of alerts.
//!
//! In: entries of the contract. Out: which instances are not seen, which rules cannot be evaluated, which alerts are on, and what
//! is answered of values.
//! It must not know what an alert is about.

mod query;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use serde::Deserialize;

use crate::contract::{Clients, Web};
use crate::http::Client;

/// Every collector and every member of whoever is told, each asked by itself: which of them knows is part of the question.
pub(crate) struct Watch {
    collectors: Vec<Asked>,
    told: Vec<Asked>,
}

struct Asked {
    service: String,
    client: Client,
}

/// How far an alert has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Its condition does not hold.
    Silent,
    /// Its condition holds, not yet for as long as the rule asks for.
    Pending,
    /// Who is to be told has been.
    Told,
}

/// Where a collector says what it looks at.
const TARGETS: &str = "/api/v1/targets?state=active";

/// The answer of `GET /api/v1/targets`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Targets {
    active_targets: Vec<Target>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    scrape_pool: String,
    scrape_url: String,
    health: String,
    #[serde(default)]
    last_error: String,
}

/// The answer of `GET /api/v1/rules`.
#[derive(Deserialize)]
struct Rules {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    name: String,
    health: String,
    #[serde(default, rename = "lastError")]
    last_error: String,
    /// Seconds for which the condition must hold; only of alerts.
    duration: Option<f64>,
    /// `inactive`, `pending` or `firing`; only of alerts.
    state: Option<String>,
}

/// One element of the answer of `GET /api/v2/alerts`.
#[derive(Deserialize)]
struct Alert {
    labels: BTreeMap<String, String>,
}

/// What every answer of a collector is wrapped in.
#[derive(Deserialize)]
struct Wrapped<T> {
    data: T,
}

impl Watch {
    /// Whoever of the contract is started; `None` where nobody watches.
    pub(crate) fn new(clients: &Clients, has: impl Fn(&str) -> bool) -> Option<Self> {
        let asked = |entries: &[Web]| -> Vec<Asked> {
            let members = entries.iter().flat_map(|entry| &entry.members);
            members
                .filter(|member| has(&member.service))
                .map(|member| Asked {
                    service: member.service.clone(),
                    client: Client::plain(member.address.socket()),
                })
                .collect()
        };
        let watch = Self {
            collectors: asked(&clients.prometheus),
            told: asked(&clients.alertmanager),
        };
        (!watch.collectors.is_empty() && !watch.told.is_empty()).then_some(watch)
    }

    /// How many instances all collectors see together, when each sees all of its own but those that `is_away`.
    pub(crate) async fn seen(&self, is_away: impl Fn(&str) -> bool) -> Result<usize> {
        let mut seen = 0;
        for Asked { service, client } in &self.collectors {
            let targets: Wrapped<Targets> = client.json(TARGETS).await?;
            ensure!(
                !targets.data.active_targets.is_empty(),
                "{service} has nothing to look at"
            );
            for target in &targets.data.active_targets {
                if is_away(target.host()) {
                    continue;
                }
                if target.health != "up" {
                    bail!(
                        "{service} sees {} of {} {}: {}",
                        target.scrape_url,
                        target.scrape_pool,
                        target.health,
                        target.last_error
                    );
                }
                seen += 1;
            }
        }
        Ok(seen)
    }

    /// The alerts of all collectors, with the time for which the condition must hold, when every rule can be evaluated.
    pub(crate) async fn rules(&self) -> Result<BTreeMap<String, Duration>> {
        let mut alerts = BTreeMap::new();
        for (service, rule) in self.every_rule().await? {
            ensure!(
                rule.health == "ok",
                "{service} cannot evaluate {}: {} {}",
                rule.name,
                rule.health,
                rule.last_error
            );
            if let Some(seconds) = rule.duration {
                let duration = Duration::try_from_secs_f64(seconds)?;
                alerts
                    .entry(rule.name)
                    .and_modify(|longest: &mut Duration| *longest = duration.max(*longest))
                    .or_insert(duration);
            }
        }
        Ok(alerts)
    }

    /// How far the alert has come.
    pub(crate) async fn stage(&self, alert: &str) -> Result<Stage> {
        if self.active().await?.contains(alert) {
            return Ok(Stage::Told);
        }
        let rules = self.every_rule().await?;
        let on = rules.iter().any(|(_, rule)| {
            rule.name == alert && matches!(rule.state.as_deref(), Some("pending" | "firing"))
        });
        Ok(if on { Stage::Pending } else { Stage::Silent })
    }

    /// The alerts that any of those who are told knows of.
    pub(crate) async fn active(&self) -> Result<BTreeSet<String>> {
        let mut names = BTreeSet::new();
        for Asked { client, .. } in &self.told {
            let alerts: Vec<Alert> = client.json("/api/v2/alerts?active=true").await?;
            names.extend(
                alerts
                    .into_iter()
                    .filter_map(|mut alert| alert.labels.remove("alertname")),
            );
        }
        Ok(names)
    }

    /// Every rule, with the collector that evaluates it.
    async fn every_rule(&self) -> Result<Vec<(&str, Rule)>> {
        let mut found = Vec::new();
        for Asked { service, client } in &self.collectors {
            let rules: Wrapped<Rules> = client.json("/api/v1/rules").await?;
            let rules = rules.data.groups.into_iter().flat_map(|group| group.rules);
            found.extend(rules.map(|rule| (service.as_str(), rule)));
        }
        Ok(found)
    }
}

impl Target {
    /// The name of the container that is asked.
    fn host(&self) -> &str {
        let rest = self
            .scrape_url
            .split_once("://")
            .map_or("", |(_, rest)| rest);
        rest.split([':', '/']).next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_as_prometheus_gives_them() {
        let targets: Wrapped<Targets> = serde_json::from_str(
            r#"{"status": "success", "data": {"activeTargets": [{"discoveredLabels": {}, "labels": {"job": "redis"},
            "scrapePool": "redis", "scrapeUrl": "http://redis-exporter-1:9121/scrape?target=redis-1", "lastError": "",
            "lastScrape": "2026-11-23T02:00:00Z", "health": "up"}], "droppedTargets": []}}"#,
        )
        .unwrap();
        assert_eq!(targets.data.active_targets[0].host(), "redis-exporter-1");
        let rules: Wrapped<Rules> = serde_json::from_str(
            r#"{"status": "success", "data": {"groups": [{"name": "redis", "file": "x.yml", "interval": 15, "rules": [
            {"state": "inactive", "name": "RedisClusterDown", "query": "x", "duration": 60, "labels": {}, "annotations": {}, "alerts": [],
             "health": "ok", "evaluationTime": 0.1, "type": "alerting"},
            {"name": "x:y:z", "query": "x", "health": "ok", "evaluationTime": 0.1, "type": "recording"}]}]}}"#,
        )
        .unwrap();
        let [alert, recording] = &rules.data.groups[0].rules[..] else {
            panic!("two rules are written")
        };
        assert_eq!(
            (alert.duration, alert.state.as_deref()),
            (Some(60.0), Some("inactive"))
        );
        assert_eq!(
            (recording.duration, recording.state.as_deref()),
            (None, None)
        );
    }
}
