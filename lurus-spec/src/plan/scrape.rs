//! Where metrics are, for collectors that are not of the plan.

use crate::literal::Name;
use crate::plan::PortName;

/// Members of a workload answer with metrics over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scrape {
    /// The label `job` of every series.
    pub job: Name,
    /// The workload whose members answer.
    pub group: Name,
    /// On which port.
    pub port: PortName,
    /// On which path.
    pub path: &'static str,
    /// Parameters of the request.
    pub parameters: Vec<(&'static str, String)>,
    /// Whom the series are about.
    pub about: About,
}

/// Whom series are about: its name is their label `instance`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// Who answers.
    Itself,
    /// The member of this workload with the same number.
    Beside(Name),
    /// Each member of a workload in turn: whoever answers is told by the parameter `target` whom to ask.
    Asked {
        /// The workload.
        group: Name,
        /// The port that is asked.
        port: PortName,
        /// What stands before `address:port` in the parameter.
        scheme: &'static str,
    },
}
