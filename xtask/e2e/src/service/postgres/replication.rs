//! Who leads, who follows, and who streams from whom.
//!
//! In: what Patroni tells of its members, or they of themselves. Out: the leader, a follower, and what is missing until all are
//! in their places. It must not know how it was asked.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

/// The answer of Patroni's `GET /cluster`, or what members say together.
#[derive(Debug, Deserialize)]
pub(super) struct Cluster {
    pub(super) members: Vec<ClusterMember>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ClusterMember {
    pub(super) name: String,
    pub(super) role: String,
    pub(super) state: String,
}

/// The name of the one leader.
pub(super) fn leader(cluster: &Cluster) -> Result<&str> {
    let mut leaders = cluster
        .members
        .iter()
        .filter(|member| member.role == "leader");
    match (leaders.next(), leaders.next()) {
        (Some(leader), None) => Ok(&leader.name),
        (None, _) => bail!("there is no leader"),
        (Some(one), Some(other)) => bail!("both {} and {} are leaders", one.name, other.name),
    }
}

/// The name of a member that does not lead: the synchronous standby if there is one, since commits wait for it.
pub(super) fn follower(cluster: &Cluster) -> Option<&str> {
    let followers = || {
        cluster
            .members
            .iter()
            .filter(|member| member.role != "leader")
    };
    followers()
        .find(|member| member.role == "sync_standby")
        .or_else(|| followers().next())
        .map(|member| member.name.as_str())
}

/// Whether one of `names` leads, all others stream from it and, where asked for, one of them does so synchronously.
pub(super) fn whole(cluster: &Cluster, names: &[&str], synchronous: bool) -> Result<()> {
    let leader = leader(cluster)?;
    let members: BTreeMap<&str, &ClusterMember> = cluster
        .members
        .iter()
        .map(|member| (member.name.as_str(), member))
        .collect();
    for name in names {
        let member = members
            .get(name)
            .with_context(|| format!("{name} is not in the cluster"))?;
        let expected = if *name == leader {
            "running"
        } else {
            "streaming"
        };
        ensure!(
            member.state == expected,
            "{name} ({}) is {}, not {expected}",
            member.role,
            member.state
        );
    }
    ensure!(
        !synchronous
            || cluster
                .members
                .iter()
                .any(|member| member.role == "sync_standby"),
        "no standby is synchronous"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Patroni 3.2 answers, shortened.
    const ANSWER: &str = r#"{"members": [
        {"name": "pg-1", "role": "sync_standby", "state": "streaming", "api_url": "http://10.0.1.10:8008/patroni", "timeline": 1, "lag": 0},
        {"name": "pg-2", "role": "leader", "state": "running", "timeline": 1},
        {"name": "pg-3", "role": "replica", "state": "streaming", "timeline": 1, "lag": 0}], "scope": "lurus-pg"}"#;

    const NAMES: [&str; 3] = ["pg-1", "pg-2", "pg-3"];

    fn shortfall(answer: &str, synchronous: bool) -> String {
        let cluster = serde_json::from_str(answer).unwrap();
        whole(&cluster, &NAMES, synchronous)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn a_whole_cluster_has_one_leader_that_all_stream_from() {
        assert_eq!(shortfall(ANSWER, true), "");
        assert_eq!(
            leader(&serde_json::from_str(ANSWER).unwrap()).unwrap(),
            "pg-2"
        );
    }

    #[test]
    fn the_follower_that_commits_wait_for_is_found() {
        let found =
            |answer: &str| follower(&serde_json::from_str(answer).unwrap()).map(str::to_owned);
        assert_eq!(found(ANSWER).as_deref(), Some("pg-1"));
        let none = ANSWER.replace("sync_standby", "replica");
        assert_eq!(found(&none).as_deref(), Some("pg-1"));
        assert_eq!(found(r#"{"members": []}"#), None);
    }

    #[test]
    fn each_shortfall_is_named() {
        let creating = ANSWER.replace(
            r#""replica", "state": "streaming""#,
            r#""replica", "state": "creating replica""#,
        );
        assert_eq!(
            shortfall(&creating, true),
            "pg-3 (replica) is creating replica, not streaming"
        );
        assert_eq!(
            shortfall(&ANSWER.replace("sync_standby", "replica"), true),
            "no standby is synchronous"
        );
        assert_eq!(
            shortfall(&ANSWER.replace("sync_standby", "replica"), false),
            ""
        );
        assert_eq!(
            shortfall(&ANSWER.replace("leader", "replica"), true),
            "there is no leader"
        );
        assert_eq!(
            shortfall(&ANSWER.replace("sync_standby", "leader"), true),
            "both pg-1 and pg-2 are leaders"
        );
        assert_eq!(
            shortfall(&ANSWER.replace("pg-3", "pg-4"), true),
            "pg-3 is not in the cluster"
        );
    }
}
