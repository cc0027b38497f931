//! What compose lists of a project: its words in, which services are not ready out. It runs nothing.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::layout::Kind;

/// A container, as `docker compose ps` lists it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Container {
    #[serde(rename = "ID")]
    pub(super) id: String,
    pub(super) service: String,
    pub(super) state: String,
    #[serde(default)]
    pub(super) health: String,
    #[serde(default)]
    pub(super) exit_code: i64,
}

impl Container {
    /// What is missing until it is ready.
    pub(super) fn shortfall(&self, kind: Kind) -> Option<String> {
        match (kind, self.state.as_str(), self.health.as_str()) {
            (Kind::Server, "running", "" | "healthy") => None,
            (Kind::Server, "running", health) => Some(health.to_owned()),
            (Kind::Task, "exited", _) if self.exit_code == 0 => None,
            (_, "exited", _) => Some(format!("exited with {}", self.exit_code)),
            (_, state, _) => Some(state.to_owned()),
        }
    }
}

/// Which of the services `kinds` have no container that is ready, in one line.
pub(super) fn shortfalls(kinds: &BTreeMap<String, Kind>, containers: &[Container]) -> Result<()> {
    let mut missing: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (service, kind) in kinds {
        let own: Vec<_> = containers
            .iter()
            .filter(|container| container.service == *service)
            .collect();
        let shortfall = if own.is_empty() {
            Some(String::from("not created"))
        } else {
            own.iter().find_map(|container| container.shortfall(*kind))
        };
        if let Some(shortfall) = shortfall {
            missing.entry(shortfall).or_default().push(service);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let ready = kinds.len() - missing.values().map(Vec::len).sum::<usize>();
    let groups: Vec<_> = missing
        .iter()
        .map(|(shortfall, services)| format!("{shortfall}: {}", services.join(" ")))
        .collect();
    bail!("{ready} of {} ready; {}", kinds.len(), groups.join("; "));
}

/// Reads `docker compose ps --format json`: one object a line, or one array in versions before 2.21.
pub(super) fn parse_containers(text: &str) -> Result<Vec<Container>> {
    if text.trim_start().starts_with('[') {
        return serde_json::from_str(text).context("`docker compose ps` printed something unknown");
    }
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            serde_json::from_str(line).context("`docker compose ps` printed something unknown")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(containers: &str) -> String {
        let kinds = [
            ("nats-1", Kind::Server),
            ("nats-streams", Kind::Task),
            ("redis-1", Kind::Server),
            ("redis-init", Kind::Task),
        ];
        let kinds = kinds.map(|(name, kind)| (name.to_owned(), kind)).into();
        shortfalls(&kinds, &parse_containers(containers).unwrap())
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn servers_must_be_healthy_and_tasks_must_have_ended() {
        let ready = r#"
            {"ID": "1", "Service": "redis-1", "State": "running", "Health": "healthy", "ExitCode": 0}
            {"ID": "2", "Service": "redis-init", "State": "exited", "Health": "", "ExitCode": 0}
            {"ID": "3", "Service": "nats-1", "State": "running", "Health": "", "ExitCode": 0}
            {"ID": "4", "Service": "nats-streams", "State": "exited", "Health": "", "ExitCode": 0}"#;
        assert_eq!(waiting(ready), "");
        let text = waiting(&ready.replace("healthy", "starting"));
        assert_eq!(text, "3 of 4 ready; starting: redis-1");
        let text = waiting(&ready.replace(
            r#""redis-init", "State": "exited""#,
            r#""redis-init", "State": "running""#,
        ));
        assert_eq!(text, "3 of 4 ready; running: redis-init");
        let text = waiting(&ready.replace(
            r#""running", "Health": "", "ExitCode": 0"#,
            r#""exited", "Health": "", "ExitCode": 0"#,
        ));
        assert_eq!(
            text, "3 of 4 ready; exited with 0: nats-1",
            "a server that ended well is still gone"
        );
    }

    #[test]
    fn a_service_without_a_container_is_not_ready() {
        let text = waiting(
            r#"[{"ID": "1", "Service": "redis-1", "State": "running", "Health": "healthy", "ExitCode": 0}]"#,
        );
        assert_eq!(
            text,
            "1 of 4 ready; not created: nats-1 nats-streams redis-init"
        );
    }
}
