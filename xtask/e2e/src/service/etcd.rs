//! etcd: nothing is written to it, but what depends on it must go on when its leader is lost.
//!
//! In: an entry of the contract and what `etcdctl` prints. Out: the leader, and whether the members agree.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use super::Victim;
use crate::compose::Inside;
use crate::contract::{self, Member};

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

    pub(crate) async fn leader(&self, inside: &impl Inside) -> Result<Victim> {
        // A member that is away does not answer, and does not lead.
        let answers = self.statuses(inside).await;
        let statuses: Vec<_> = answers
            .into_iter()
            .filter_map(|(member, status)| Some((member, status.ok()?)))
            .collect();
        let leader = leader(&statuses)?;
        let role = format!("leader of {}", self.entry.component);
        Ok(Victim {
            service: leader.service.clone(),
            role,
            lanes: Vec::new(),
        })
    }

    pub(crate) async fn whole(&self, inside: &impl Inside) -> Result<()> {
        let answers = self.statuses(inside).await.into_iter();
        let statuses = answers
            .map(|(member, status)| Ok((member, status?)))
            .collect::<Result<Vec<_>>>()?;
        leader(&statuses)?;
        let furthest = statuses
            .iter()
            .map(|(_, status)| status.raft_index)
            .max()
            .unwrap_or(0);
        for (member, status) in statuses {
            let behind = furthest - status.raft_index;
            ensure!(
                behind <= LAG,
                "{} is {behind} entries behind",
                member.service
            );
        }
        Ok(())
    }

    /// What each member says of itself, in the order of the contract.
    async fn statuses(&self, inside: &impl Inside) -> Vec<(&Member, Result<Status>)> {
        let mut statuses = Vec::new();
        for member in &self.entry.members {
            let text = inside.exec(&member.service, &member.status).await;
            let status = text.and_then(|text| {
                parse(&text).with_context(|| format!("inside {}", member.service))
            });
            statuses.push((member, status));
        }
        statuses
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

/// The leader that all these members agree on.
fn leader<'a>(statuses: &[(&'a Member, Status)]) -> Result<&'a Member> {
    let (_, first) = statuses.first().context("no member of etcd answers")?;
    let agree = statuses
        .iter()
        .all(|(_, status)| status.leader == first.leader);
    ensure!(agree, "the members of etcd follow different leaders");
    let leads = |(_, status): &&(&Member, Status)| status.header.member_id == first.leader;
    let (leader, _) = statuses.iter().find(leads).context("etcd has no leader")?;
    Ok(leader)
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

    /// The service of the leader, of members `a`, `b`, … with these ids and leaders.
    fn leader_of(pairs: &[(u64, u64)]) -> Result<String> {
        let members: Vec<Member> = ["a", "b", "c"]
            .map(|service| serde_json::from_value(serde_json::json!({"service": service})).unwrap())
            .into();
        let statuses: Result<Vec<_>> = members
            .iter()
            .zip(pairs)
            .map(|(member, (id, leader))| Ok((member, parse(&printed(*id, *leader))?)))
            .collect();
        Ok(leader(&statuses?)?.service.clone())
    }

    #[test]
    fn the_leader_is_the_member_that_all_follow() {
        let large = 10276657743932975437;
        assert_eq!(
            leader_of(&[(1, large), (large, large), (2, large)]).unwrap(),
            "b"
        );
    }

    #[test]
    fn members_that_disagree_have_no_leader() {
        let refusal = |pairs| leader_of(pairs).unwrap_err().to_string();
        assert!(refusal(&[(1, 1), (2, 1), (3, 2)]).contains("different leaders"));
        assert!(refusal(&[(1, 0), (2, 0)]).contains("no leader"));
        assert!(
            refusal(&[(1, 3), (2, 3)]).contains("no leader"),
            "a leader that does not answer"
        );
        assert!(refusal(&[]).contains("no member of etcd answers"));
    }
}
