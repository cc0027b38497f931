//! What a server scrapes, computed from what components declare.
//!
//! In: declared metrics and placed members. Out: scrape configurations. Targets are listed, since the description knows
//! every member; each has the label `instance` with the name of the member that the series are about, and `host` where that is known.

use crate::component::Lowering;
use crate::component::observe::{Asked, Metrics};
use crate::component::prometheus::PrometheusRef;
use crate::literal::HostName;
use crate::plan::Member;
use crate::yaml::{Node, map, seq};

/// The name of the job that takes aggregates.
pub(super) const FEDERATION: &str = "federation";

/// One configuration for each job, by name.
pub(super) fn all(lowering: &Lowering<'_>) -> Vec<Node> {
    let mut declared: Vec<&Metrics> = lowering
        .declarations()
        .flat_map(|(_, declaration)| &declaration.metrics)
        .collect();
    declared.sort_by(|a, b| a.job.cmp(&b.job));
    declared
        .into_iter()
        .map(|metrics| job(metrics, lowering))
        .collect()
}

fn job(metrics: &Metrics, lowering: &Lowering<'_>) -> Node {
    let parameters = metrics
        .parameters
        .iter()
        .map(|(name, value)| (*name, seq([value.as_str()])));
    Node::empty_map()
        .with("job_name", metrics.job.as_str())
        .with("metrics_path", metrics.path)
        .with_filled("params", map(parameters))
        .with("static_configs", seq(targets(metrics, lowering)))
}

fn targets(metrics: &Metrics, lowering: &Lowering<'_>) -> Vec<Node> {
    let members = lowering.members(&metrics.group);
    let answering = lowering.peers(&metrics.group, &metrics.port);
    match &metrics.asks {
        Some(asked) => lowering
            .members(&asked.group)
            .iter()
            .zip(lowering.peers(&asked.group, &asked.port))
            .filter_map(|(member, peer)| {
                // The exporter on the member's host: losing another host then hides nothing.
                let near = near(members, &member.host);
                let target = format!("{}{peer}", asked.scheme);
                Some(about(
                    lowering,
                    member,
                    answering.get(near)?,
                    Some((asked, target)),
                ))
            })
            .collect(),
        None => members
            .iter()
            .zip(&answering)
            .map(|(member, peer)| {
                let subject = metrics.beside.as_ref().and_then(|group| {
                    let watched = lowering.members(group);
                    watched.iter().find(|other| other.host == member.host)
                });
                about(lowering, subject.unwrap_or(member), peer, None)
            })
            .collect(),
    }
}

/// The index of the member on a host, or of the first.
fn near(members: &[Member], host: &HostName) -> usize {
    members
        .iter()
        .position(|member| &member.host == host)
        .unwrap_or_default()
}

fn about(
    lowering: &Lowering<'_>,
    member: &Member,
    answers: &impl ToString,
    asked: Option<(&Asked, String)>,
) -> Node {
    let labels = map([("instance", member.name.as_str())])
        .with_some("host", lowering.host_of(member).map(HostName::as_str))
        .with_some("__param_target", asked.map(|(_, target)| target));
    map([("targets", seq([answers.to_string()])), ("labels", labels)])
}

/// The aggregates of every server of another Prometheus, under the names and labels that they have there.
pub(super) fn federation(source: &PrometheusRef, lowering: &Lowering<'_>) -> Node {
    let (members, peers) = lowering
        .entry(&source.servers())
        .map(|(group, port)| (lowering.members(group), lowering.peers(group, port)))
        .unwrap_or_default();
    let targets = members
        .iter()
        .zip(&peers)
        .map(|(member, peer)| about(lowering, member, peer, None));
    map([
        ("job_name", Node::str(FEDERATION)),
        ("honor_labels", Node::Bool(true)),
        ("metrics_path", Node::str("/federate")),
        (
            "params",
            map([("match[]", seq([r#"{__name__=~"job:.*"}"#]))]),
        ),
        ("static_configs", seq(targets)),
    ])
}
