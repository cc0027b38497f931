//! The catalogue of what runs where, asked at each of those who keep it.
//!
//! In: an entry of the contract. Out: how many instances are listed, or which are not. It must not know what an instance is.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};
use serde::Deserialize;

use crate::contract::Consul;
use crate::http::Client;

/// One element of the answer of `GET /v1/health/service/<name>`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    service: Instance,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Instance {
    meta: BTreeMap<String, String>,
}

/// How many instances every member lists as passing, when these are those of the contract that are started.
///
/// # Errors
/// When a member lists fewer or others, with the first name of which it does.
pub(crate) async fn listed(consul: &Consul, has: impl Fn(&str) -> bool) -> Result<usize> {
    let mut count = 0;
    for member in consul.members.iter().filter(|member| has(&member.service)) {
        count = 0;
        let client = Client::plain(member.address.socket());
        for (name, placed) in &consul.services {
            let wanted: BTreeSet<&str> = placed
                .iter()
                .map(String::as_str)
                .filter(|service| has(service))
                .collect();
            let path = format!("/v1/health/service/{name}?passing");
            let answer: Vec<Listed> = client.json(&path).await?;
            let passing = passing(&answer);
            ensure!(
                passing == wanted,
                "{} lists {passing:?} of {name}, and {wanted:?} are started",
                member.service
            );
            count += passing.len();
        }
    }
    Ok(count)
}

/// The members that an answer lists.
fn passing(answer: &[Listed]) -> BTreeSet<&str> {
    answer
        .iter()
        .filter_map(|listed| listed.service.meta.get("member"))
        .map(String::as_str)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_as_consul_gives_it() {
        let answer: Vec<Listed> = serde_json::from_str(
            r#"[{"Node": {"Node": "consul-1", "Address": "10.0.1.151"}, "Service": {"ID": "pg-primary:haproxy-1",
            "Service": "pg-primary", "Tags": ["haproxy"], "Address": "haproxy-1", "Meta": {"member": "haproxy-1"}, "Port": 5000},
            "Checks": [{"CheckID": "service:pg-primary:haproxy-1", "Status": "passing"}]}]"#,
        )
        .unwrap();
        assert_eq!(passing(&answer), BTreeSet::from(["haproxy-1"]));
    }
}
