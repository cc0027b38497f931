//! What collectors answer when they are asked for values.
//!
//! In: expressions. Out: whether each is answered, and which aggregates one collector takes from others.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::{Asked, TARGETS, Targets, Watch, Wrapped};
use crate::dashboard::Panel;
use crate::http::Client;

/// The answer of `GET /api/v1/query`, of a refusal too.
#[derive(Deserialize)]
struct Answer {
    status: String,
    #[serde(default)]
    error: String,
}

/// The data of an answer with instants of series.
#[derive(Deserialize)]
struct Found {
    result: Vec<Series>,
}

#[derive(Deserialize)]
struct Series {
    metric: BTreeMap<String, String>,
}

impl Watch {
    /// Whether every collector answers what every panel asks; of which an answer without rows is one.
    ///
    /// # Errors
    /// With the first panel that gets no answer, and why.
    pub(crate) async fn answers(&self, panels: &[Panel]) -> Result<()> {
        for Asked { service, client } in &self.collectors {
            for Panel { what, expression } in panels {
                let path = format!("/api/v1/query?query={}", encoded(expression));
                let answer = client.get(&path).await?;
                let read: Answer = serde_json::from_str(&answer.text)
                    .with_context(|| format!("{service} answers {what} with {}", answer.status))?;
                ensure!(
                    read.status == "success",
                    "{service} does not answer {what}, `{expression}`: {}",
                    read.error
                );
            }
        }
        Ok(())
    }

    /// How many aggregates one collector takes from another, where every one that is there has a value here too; `None` where
    /// none does.
    ///
    /// # Errors
    /// When one is missing, or there are none to take.
    pub(crate) async fn aggregates(&self) -> Result<Option<usize>> {
        let mut taken = None;
        for Asked { service, client } in &self.collectors {
            let targets: Wrapped<Targets> = client.json(TARGETS).await?;
            for target in &targets.data.active_targets {
                let own = |source: &&Asked| source.service == target.host();
                let Some(selector) = federated(&target.scrape_url) else {
                    continue;
                };
                let Some(source) = self.collectors.iter().find(own) else {
                    continue;
                };
                let (theirs, ours) = (
                    names(&source.client, selector).await?,
                    names(client, selector).await?,
                );
                ensure!(
                    !theirs.is_empty(),
                    "{} has nothing that {service} would take",
                    source.service
                );
                if let Some(name) = theirs.difference(&ours).next() {
                    bail!(
                        "{service} has no value of {name}, and {} has one",
                        source.service
                    );
                }
                taken = taken.max(Some(theirs.len()));
            }
        }
        Ok(taken)
    }
}

/// What is taken of another collector, as it stands in the address; `None` of an address where no collector is asked.
fn federated(address: &str) -> Option<&str> {
    let (_, asked) = address.split_once("/federate?match%5B%5D=")?;
    asked.split('&').next()
}

/// The names of the series of an encoded selector that have a value now.
async fn names(client: &Client, selector: &str) -> Result<BTreeSet<String>> {
    let count = encoded("count by (__name__) (");
    let path = format!("/api/v1/query?query={count}{selector}%29");
    let found: Wrapped<Found> = client.json(&path).await?;
    let series = found.data.result.into_iter();
    Ok(series
        .filter_map(|mut series| series.metric.remove("__name__"))
        .collect())
}

/// A text as it stands in an address.
fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_encoded_byte_by_byte() {
        assert_eq!(encoded("up{a=\"é\"}"), "up%7Ba%3D%22%C3%A9%22%7D");
    }

    #[test]
    fn what_is_taken_is_read_from_the_address() {
        let address =
            "http://prometheus-1:9090/federate?match%5B%5D=%7B__name__%3D~%22job%3A.%2A%22%7D";
        assert_eq!(
            federated(address),
            Some("%7B__name__%3D~%22job%3A.%2A%22%7D")
        );
        assert_eq!(federated("http://pg-1:8008/metrics"), None);
    }

    #[test]
    fn answers_are_read_as_prometheus_gives_them() {
        let refused: Answer = serde_json::from_str(
            r#"{"status": "error", "errorType": "bad_data", "error": "invalid parameter \"query\""}"#,
        )
        .unwrap();
        assert_eq!(refused.error, "invalid parameter \"query\"");
        let found: Wrapped<Found> = serde_json::from_str(
            r#"{"status": "success", "data": {"resultType": "vector", "result":
            [{"metric": {"__name__": "job:up:ratio"}, "value": [1700000000.1, "3"]}]}}"#,
        )
        .unwrap();
        assert_eq!(found.data.result[0].metric["__name__"], "job:up:ratio");
    }
}
