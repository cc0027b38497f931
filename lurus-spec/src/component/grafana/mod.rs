//! Grafana: a dashboard for every component, over the series of one Prometheus.
//!
//! Components say what their panels show; this writes them as Grafana reads them, into a folder that nobody edits by hand.
//! Dashboards of a team's own are files beside the description, held to the same datasources and series. Instances know nothing of
//! each other: each has all dashboards, and its own users and preferences.
//!
//! ClickHouse needs a plugin that the image lacks, so logs have no datasource here.

mod check;
mod dashboard;
mod drawn;
mod lower;
mod observe;
mod operations;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use crate::check::{Declarations, Rule};
use crate::component::prometheus::PrometheusRef;
use crate::component::{
    Component, Declaration, Endpoint, EndpointRef, Group, Lowering, Need, Reach, SecretDeclaration,
    Site, Survival, place,
};
use crate::literal::{Given, Name, Port, Size};
use crate::model::{Meta, Setting};
use crate::plan::{Ask, Body, Probe, Procedure, Workload};
use crate::report::Origin;
use crate::words::Words;

pub use check::RULES;

/// Grafana, with a dashboard for every component that has panels.
#[derive(Component, Clone, Debug)]
#[component(kind = "grafana")]
pub struct Grafana {
    meta: Meta,
    /// The Prometheus whose series are shown. Its name is the datasource's uid.
    #[option(default = "none", cost = "restart", manual)]
    datasource: Option<Setting<PrometheusRef>>,
    /// A dashboard of one's own: a name, and the JSON that Grafana exports.
    #[option(each = "dashboard", default = "none", cost = "nothing", manual)]
    dashboards: Vec<Setting<OwnDashboard>>,
    /// Port of the pages.
    #[option(default_value = "3000", cost = "recreate")]
    port: Option<Setting<Port>>,
}

/// A dashboard that somebody drew.
#[derive(Clone, Debug, PartialEq, Eq)]
struct OwnDashboard {
    name: Name,
    /// The JSON, as it was written.
    text: String,
}

impl fmt::Display for OwnDashboard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

const WEB: &str = "web";

impl GrafanaRef {
    /// The pages of any instance.
    pub fn pages(&self) -> EndpointRef {
        EndpointRef::new(self, WEB)
    }
}

impl Grafana {
    /// Shows the series of this Prometheus.
    #[track_caller]
    #[must_use]
    pub fn datasource(mut self, prometheus: &PrometheusRef) -> Self {
        self.datasource = Some(Setting::new(prometheus.clone(), Origin::caller()));
        self
    }

    /// Adds a dashboard of one's own: `.dashboard("orders", include_str!("dashboards/orders.json"))`. Its panels name
    /// the datasource by its uid, which is the name of the Prometheus, or by a variable of the dashboard.
    #[track_caller]
    #[must_use]
    pub fn dashboard(mut self, name: impl Into<Given<Name>>, json: &str) -> Self {
        let origin = Origin::caller();
        if let Some(name) = self.meta.accept("dashboard", name.into(), &origin) {
            let text = json.to_owned();
            self.dashboards
                .push(Setting::new(OwnDashboard { name, text }, origin));
        }
        self
    }

    /// The memory limit of an instance whose author set none.
    fn instance_memory(&self) -> Size {
        self.meta.memory_or(Size::mib(512))
    }
}

impl Component for Grafana {
    fn declare(&self, site: &Site<'_>) -> Declaration {
        let meta = &self.meta;
        let name = &meta.name.value;
        let (web, origin) = self.port_or_default().into_parts();
        let instances = Group {
            ready: Some(Probe {
                port: WEB.into(),
                asks: Ask::Http("/api/health".to_owned()),
            }),
            ..Group::new(
                name.clone(),
                place(
                    meta,
                    site,
                    self.instance_memory(),
                    &[(WEB.into(), web, origin)],
                ),
            )
        };
        let survival = Survival::any(
            Words::new("one Grafana", "任意一个 Grafana 实例"),
            instances.member_names(),
        );
        let need = |set: &Setting<PrometheusRef>| Need {
            group: name.clone(),
            endpoint: set.value.queries(),
            origin: set.origin.clone(),
        };
        let secret = |suffix, english: &'static str, chinese: &'static str| {
            SecretDeclaration::new(meta, suffix, Words::new(english, chinese))
        };
        Declaration {
            image: Some("grafana"),
            endpoints: vec![Endpoint::new(WEB, "http", name.clone(), WEB, Reach::Any)],
            needs: self.datasource.iter().map(need).collect(),
            groups: vec![instances],
            metrics: vec![observe::metrics(name)],
            rule_groups: vec![observe::rules(name)],
            dashboards: vec![observe::dashboard(name)],
            drawn: self.dashboards.iter().flat_map(drawn::queries).collect(),
            secrets: vec![
                secret(
                    "admin-password",
                    "the user admin of Grafana, from its first start on",
                    "Grafana 的 admin 用户（首次启动时生效）",
                ),
                secret(
                    "secret-key",
                    "what Grafana encrypts passwords in its database with",
                    "Grafana 加密其数据库中的密码",
                ),
            ],
            survival: vec![survival],
            ..Declaration::default()
        }
    }

    fn rules(&self) -> &'static [Rule] {
        RULES
    }

    fn files(&self, site: &Site<'_>, declarations: &Declarations) -> BTreeMap<String, Body> {
        lower::dashboards(self, site, declarations)
    }

    fn lower(&self, lowering: &Lowering<'_>) -> Vec<Workload> {
        lower::lower(self, lowering)
    }

    fn operations(&self, lowering: &Lowering<'_>) -> Vec<Procedure> {
        operations::operations(self, lowering)
    }
}
