//! etcd: nothing is written to it, but what depends on it must go on when its leader is lost.
//!
//! In: an entry of the contract and what `etcdctl` prints. Out: the leader, and whether the members agree.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use super::Victim;
use crate::compose::Project;
use crate::contract;

pub(crate) struct Etcd {
    entry: contract::Etcd,
}

/// How far a member may lag behind the furthest one and still count as following.
const LAG: u64 = 100;

/// One element of `etcdctl endpoint status --write-out=json`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Endpoint {
    status: Status,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    header: Header,
    #[serde(default)]
    leader: u64,
    #[serde(default)]
    raft_index: u64,
}

#[derive(Debug, Clone, Deserialize)]
struct Header {
    member_id: u64,
}

impl Etcd {
    pub(crate) fn new(entry: &contract::Etcd) -> Self {
        Self {
            entry: entry.clone(),
        }
    }

    pub(crate) fn component(&self) -> &str {
        &self.entry.component
    }

    pub(crate) fn members(&self) -> Vec<String> {
        self.entry
            .members
            .iter()
            .map(|member| member.service.clone())
            .collect()
    }

    pub(crate) async fn victim(&self, project: &Project) -> Result<Victim> {
        let statuses = self.statuses(project).await?;
        let place = leader(&statuses)?;
        Ok(Victim {
            service: self.entry.members[place].service.clone(),
            role: format!("leader of {}", self.entry.component),
            lanes: Vec::new(),
        })
    }

    pub(crate) async fn whole(&self, project: &Project) -> Result<()> {
        let statuses = self.statuses(project).await?;
        leader(&statuses)?;
        let furthest = statuses
            .iter()
            .map(|status| status.raft_index)
            .max()
            .unwrap_or(0);
        for (member, status) in self.entry.members.iter().zip(&statuses) {
            let behind = furthest - status.raft_index;
            ensure!(
                behind <= LAG,
                "{} is {behind} entries behind",
                member.service
            );
        }
        Ok(())
    }

    /// The status of each member, in the order of the contract.
    async fn statuses(&self, project: &Project) -> Result<Vec<Status>> {
        let mut statuses = Vec::new();
        for member in &self.entry.members {
            let text = project
                .exec(&member.service, &self.entry.member_status)
                .await?;
            statuses.push(parse(&text).with_context(|| format!("inside {}", member.service))?);
        }
        Ok(statuses)
    }
}

/// Reads the status of the one member that was asked.
fn parse(text: &str) -> Result<Status> {
    let endpoints: Vec<Endpoint> =
        serde_json::from_str(text).context("the status of etcd cannot be read")?;
    match endpoints.as_slice() {
        [endpoint] => Ok(endpoint.status.clone()),
        other => bail!(
            "the status command asks {} members instead of one",
            other.len()
        ),
    }
}

/// The place of the leader that all members agree on.
fn leader(statuses: &[Status]) -> Result<usize> {
    let first = statuses.first().context("etcd has no members")?.leader;
    ensure!(
        statuses.iter().all(|status| status.leader == first),
        "the members of etcd follow different leaders"
    );
    statuses
        .iter()
        .position(|status| status.header.member_id == first)
        .context("etcd has no leader")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What etcd 3.5 prints, shortened.
    fn printed(member: u64, leader: u64) -> String {
        format!(
            r#"[{{"Endpoint":"http://127.0.0.1:2379","Status":{{"header":{{"cluster_id":14841639068965178418,"member_id":{member},
            "revision":12,"raft_term":2}},"version":"3.5.16","dbSize":24576,"leader":{leader},"raftIndex":18,"raftTerm":2}}}}]"#
        )
    }

    fn leader_of(pairs: &[(u64, u64)]) -> Result<usize> {
        let statuses: Result<Vec<_>> = pairs
            .iter()
            .map(|(member, leader)| parse(&printed(*member, *leader)))
            .collect();
        leader(&statuses?)
    }

    #[test]
    fn the_leader_is_the_member_that_all_follow() {
        let large = 10276657743932975437;
        assert_eq!(
            leader_of(&[(1, large), (large, large), (2, large)]).unwrap(),
            1
        );
    }

    #[test]
    fn members_that_disagree_have_no_leader() {
        assert!(
            leader_of(&[(1, 1), (2, 1), (3, 2)])
                .unwrap_err()
                .to_string()
                .contains("different leaders")
        );
        assert!(
            leader_of(&[(1, 0), (2, 0)])
                .unwrap_err()
                .to_string()
                .contains("no leader")
        );
    }
}
