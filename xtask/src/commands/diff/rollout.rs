//! In which order a change goes to the hosts of a cluster: the old and the new compose project of each host in, a round for each
//! component out.
//!
//! The order is the plan's, which the book prints too. Who leads is decided while the cluster runs, so that which host of a round
//! comes first is for whoever goes round; the book says how to see it. It must not know any product.

use std::collections::BTreeMap;

use lurus_spec::plan::Plan;

use super::effect::Project;

/// A component that a change makes anew, or brings.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Round {
    /// Its name.
    pub(crate) component: String,
    /// The hosts on which it has such members, with these.
    pub(crate) hosts: Vec<(String, Vec<String>)>,
}

/// The rounds of a change, in order. `projects` has the old and the new project of each host where something changes.
pub(crate) fn rounds(plan: &Plan, projects: &BTreeMap<&str, (&Project, &Project)>) -> Vec<Round> {
    let turns = plan.order.iter().map(|turn| &turn.component);
    let rounds = turns.map(|component| {
        let hosts = plan.placed(component).into_iter();
        let hosts = hosts.filter_map(|(host, members)| {
            let (before, after) = projects.get(host.as_str())?;
            let members = members.iter().map(|member| member.name.as_str());
            let changed = members.filter(|member| after.makes_anew(before, member));
            let changed: Vec<String> = changed.map(str::to_owned).collect();
            (!changed.is_empty()).then(|| (host.to_string(), changed))
        });
        Round {
            component: component.to_string(),
            hosts: hosts.collect(),
        }
    });
    rounds.filter(|round| !round.hosts.is_empty()).collect()
}

impl Round {
    /// As a line: `redis: node-1 (redis-1 redis-5), node-2 (redis-2 redis-6)`.
    pub(super) fn line(&self) -> String {
        let hosts = self.hosts.iter();
        let hosts: Vec<String> = hosts
            .map(|(host, members)| format!("{host} ({})", members.join(" ")))
            .collect();
        format!("{}: {}", self.component, hosts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use lurus_spec::target::Target as _;
    use lurus_spec::target::hosts::Hosts;

    use super::*;

    #[test]
    fn rounds_go_by_need_and_name_only_what_changed() {
        let clusters = lurus::clusters();
        let minimal = clusters
            .iter()
            .find(|cluster| cluster.name.value.as_str() == "minimal");
        let compiled = lurus_spec::compile(minimal.unwrap()).unwrap();
        let before = Project::read("services: {pg-1: {a: 1}, etcd-1: {a: 1}, redis-1: {a: 1}}");
        let after = "services: {pg-1: {a: 2}, etcd-1: {a: 2}, redis-1: {a: 1}, redis-5: {a: 1}}";
        let (before, after) = (before.unwrap(), Project::read(after).unwrap());
        let projects = BTreeMap::from([("node-1", (&before, &after))]);
        let rounds = rounds(&compiled.plans[Hosts.name()], &projects);
        let lines: Vec<String> = rounds.iter().map(Round::line).collect();
        assert_eq!(
            lines,
            [
                "etcd: node-1 (etcd-1)",
                "pg: node-1 (pg-1)",
                "redis: node-1 (redis-5)"
            ]
        );
    }
}
