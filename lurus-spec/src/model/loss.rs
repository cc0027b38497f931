//! A claim about what the cluster outlives.

use std::collections::BTreeSet;
use std::fmt;

use crate::literal::Name;
use crate::model::ComponentRef;

/// What fails together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureDomain {
    /// One machine.
    Host,
    /// All machines of one zone.
    Zone,
}

impl fmt::Display for FailureDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "host",
            Self::Zone => "zone",
        })
    }
}

/// A number of failure domains that may be lost at once: `Loss::of(1).hosts()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// How many domains are lost together.
    pub count: usize,
    /// Which kind of domain.
    pub domain: FailureDomain,
    /// Components that the claim leaves out: accepted single points of failure, listed in the cluster's book.
    pub except: BTreeSet<Name>,
}

impl Loss {
    /// So many failure domains; say which with [`Loss::hosts`] (what it is until then) or [`Loss::zones`].
    pub fn of(count: usize) -> Self {
        Self {
            count,
            domain: FailureDomain::Host,
            except: BTreeSet::new(),
        }
    }

    /// Hosts are lost.
    #[must_use]
    pub fn hosts(mut self) -> Self {
        self.domain = FailureDomain::Host;
        self
    }

    /// Zones are lost, each with all its hosts.
    #[must_use]
    pub fn zones(mut self) -> Self {
        self.domain = FailureDomain::Zone;
        self
    }

    /// The claim does not hold for this component: an accepted single point of failure.
    #[must_use]
    pub fn except(mut self, component: &impl ComponentRef) -> Self {
        self.except.insert(component.name().clone());
        self
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.count == 1 { "" } else { "s" };
        write!(f, "{} {}{plural}", self.count, self.domain)
    }
}
