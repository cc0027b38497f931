//! Prometheus: collects the metrics of everything in the cluster, and evaluates every component's alerts.
//!
//! Servers know nothing of each other. Each scrapes everything and keeps its own copy, so that the loss of one loses
//! neither series nor alerts; Alertmanager tells people once. A second Prometheus may take the aggregates of the first
//! ones for a view over longer times or several sites: it takes nothing else, because a copy of every series is a second
//! server, not a summary.

mod check;
mod jobs;
mod lower;
mod observe;
mod operations;
mod rules;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::check::{Declarations, Rule};
use crate::component::alertmanager::AlertmanagerRef;
use crate::component::observe::{Observed, Observer, WrittenRules};
use crate::component::{
    Component, Declaration, Endpoint, EndpointRef, Group, Lowering, Need, Reach, Site, Survival,
    place,
};
use crate::literal::{Duration, Port, Size, Url};
use crate::model::{Meta, RuleFile, Setting};
use crate::plan::{Ask, Body, Contract, Probe, Procedure, Workload};
use crate::report::Origin;
use crate::words::Words;

pub use check::RULES;

/// Prometheus servers that each collect all metrics and evaluate all alerts.
#[derive(Component, Clone, Debug)]
#[component(kind = "prometheus")]
pub struct Prometheus {
    meta: Meta,
    /// Where alerts are sent.
    #[option(default = "nowhere", cost = "reload", manual)]
    alertmanager: Option<Setting<AlertmanagerRef>>,
    /// Another Prometheus, of which it takes the aggregates (`job:…`) and nothing else. Such a server collects nothing
    /// itself.
    #[option(default = "none", cost = "reload", manual)]
    federating: Option<Setting<PrometheusRef>>,
    /// How long series are kept, unless their volume is full before.
    #[option(default_value = "15d", cost = "recreate")]
    retention: Option<Setting<Duration>>,
    /// Disk for series, in bytes, on each server. The oldest ones are deleted when four fifths of it are used.
    #[option(default_value = "10GiB", cost = "recreate")]
    disk: Option<Setting<Size>>,
    /// Time between two scrapes of a target, and between two evaluations of a rule.
    #[option(default_value = "15s", cost = "reload")]
    scrape_interval: Option<Setting<Duration>>,
    /// How long a target may take to answer; at most the interval.
    #[option(default = "10s, or the interval when that is shorter", cost = "reload")]
    scrape_timeout: Option<Setting<Duration>>,
    /// Rules that the team wrote itself, in files of Prometheus' own format. Such a server evaluates them with those of
    /// the components.
    #[option(each = "rule_files", default = "none", cost = "reload", manual)]
    rule_files: Vec<Setting<RuleFile>>,
    /// Where the runbook is: each alert links to its own name in it, `https://wiki.example.com/runbook#redisdown`.
    #[option(default = "alerts carry no link", cost = "reload")]
    runbooks: Option<Setting<Url>>,
    /// Port of the page, of queries and of its own metrics.
    #[option(default_value = "9090", cost = "recreate")]
    port: Option<Setting<Port>>,
}

const WEB: &str = "web";

impl PrometheusRef {
    /// Any server, for queries: each has all series.
    pub fn queries(&self) -> EndpointRef {
        EndpointRef::new(self, WEB)
    }

    /// Every server, for whoever takes from each what it has.
    pub fn servers(&self) -> EndpointRef {
        EndpointRef::new(self, SERVERS)
    }
}

const SERVERS: &str = "servers";

impl Prometheus {
    /// Sends alerts there.
    #[track_caller]
    #[must_use]
    pub fn alertmanager(mut self, alertmanager: &AlertmanagerRef) -> Self {
        self.alertmanager = Some(Setting::new(alertmanager.clone(), Origin::caller()));
        self
    }

    /// Takes the aggregates of this one, and collects nothing itself.
    #[track_caller]
    #[must_use]
    pub fn federating(mut self, prometheus: &PrometheusRef) -> Self {
        self.federating = Some(Setting::new(prometheus.clone(), Origin::caller()));
        self
    }

    /// Evaluates these files too, with the rules of the components: `.rule_files(alert_rules())` takes every file of
    /// `spec/rules/`. Their expressions are held to what the jobs of this cluster export.
    #[track_caller]
    #[must_use]
    pub fn rule_files(mut self, files: impl IntoIterator<Item = RuleFile>) -> Self {
        let origin = Origin::caller();
        let files = files.into_iter();
        self.rule_files
            .extend(files.map(|file| Setting::new(file, origin.clone())));
        self
    }

    fn kept(&self) -> Duration {
        self.retention_or_default().value
    }

    fn volume(&self) -> Size {
        self.disk_or_default().value
    }

    pub(super) fn interval(&self) -> Duration {
        self.scrape_interval_or_default().value
    }

    fn timeout(&self) -> Duration {
        self.scrape_timeout
            .as_ref()
            .map_or(Duration::secs(10).min(self.interval()), |set| set.value)
    }

    /// The memory limit of a server whose author set none: some hundred thousand series.
    fn server_memory(&self) -> Size {
        self.meta.memory_or(Size::gib(1))
    }
}

impl Component for Prometheus {
    fn declare(&self, site: &Site<'_>) -> Declaration {
        let meta = &self.meta;
        let name = &meta.name.value;
        let (web, origin) = self.port_or_default().into_parts();
        let servers = Group {
            ready: Some(Probe {
                port: WEB.into(),
                asks: Ask::Http("/-/ready".to_owned()),
            }),
            ..Group::new(
                name.clone(),
                place(
                    meta,
                    site,
                    self.server_memory(),
                    &[(WEB.into(), web, origin)],
                ),
            )
        };
        let observer = |sees| Observer {
            group: name.clone(),
            sees,
        };
        let alerting = self
            .alertmanager
            .iter()
            .map(|alertmanager| observer(Observed::Endpoint(alertmanager.value.members())));
        let collecting = self
            .federating
            .is_none()
            .then(|| observer(Observed::Metrics));
        let survival = Survival::any(
            Words::new("one Prometheus server", "任意一台 Prometheus 服务器"),
            servers.member_names(),
        );
        let endpoint = |endpoint, reach| Endpoint::new(endpoint, "http", name.clone(), WEB, reach);
        Declaration {
            image: Some("prometheus"),
            endpoints: vec![endpoint(WEB, Reach::Any), endpoint(SERVERS, Reach::Each)],
            needs: self
                .federating
                .iter()
                .map(|source| Need {
                    group: name.clone(),
                    endpoint: source.value.servers(),
                    origin: source.origin.clone(),
                })
                .collect(),
            metrics: vec![observe::metrics(name)],
            rule_groups: vec![observe::rules(
                name,
                self.collects(),
                self.alertmanager.is_some(),
            )],
            written_rules: self
                .rule_files
                .iter()
                .map(|file| WrittenRules::read(&file.value))
                .collect(),
            dashboards: vec![observe::dashboard(name)],
            observers: alerting.chain(collecting).collect(),
            groups: vec![servers],
            survival: vec![survival],
            ..Declaration::default()
        }
    }

    fn collects(&self) -> bool {
        self.federating.is_none()
    }

    fn rules(&self) -> &'static [Rule] {
        RULES
    }

    fn files(&self, _: &Site<'_>, declarations: &Declarations) -> BTreeMap<String, Body> {
        rules::files(self, declarations)
    }

    fn lower(&self, lowering: &Lowering<'_>) -> Vec<Workload> {
        lower::lower(self, lowering)
    }

    fn contracts(&self, lowering: &Lowering<'_>) -> Vec<Contract> {
        let group = &self.meta.name.value;
        vec![lowering.contract(&self.meta, "prometheus", group, &WEB.into())]
    }

    fn operations(&self, lowering: &Lowering<'_>) -> Vec<Procedure> {
        operations::operations(self, lowering)
    }
}
