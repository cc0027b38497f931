//! Comes in: a text such as `30s`. Goes out: a number of milliseconds. Must not know: any clock.

use core::fmt;
use core::str::FromStr;

use crate::quantity::{self, Unit};
use crate::{Literal, LiteralError};

const SECOND: u64 = 1_000;

/// The largest unit first.
const UNITS: [Unit; 5] = [
    ("d", 24 * 60 * 60 * SECOND),
    ("h", 60 * 60 * SECOND),
    ("m", 60 * SECOND),
    ("s", SECOND),
    ("ms", 1),
];

/// A span of time, in milliseconds.
///
/// Good: `250ms`, `30s`, `10m`, `2h`, `15d`. Bad: `30` (of what?), `1.5h`, `1h30m` (write `90m`), `10 s`, `1w`.
///
/// Exists because the products read a bare number each in their own unit: Redis' timeouts are milliseconds here and
/// seconds there, Patroni's are seconds, HAProxy's are milliseconds. Each component prints its product's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

impl Duration {
    /// This many milliseconds.
    #[must_use]
    pub const fn millis(millis: u64) -> Self {
        Self(millis)
    }

    /// This many seconds, at most [`u64::MAX`] milliseconds.
    #[must_use]
    pub const fn secs(secs: u64) -> Self {
        Self(secs.saturating_mul(SECOND))
    }

    /// This many minutes, at most [`u64::MAX`] milliseconds.
    #[must_use]
    pub const fn minutes(minutes: u64) -> Self {
        Self(minutes.saturating_mul(60 * SECOND))
    }

    /// The number of milliseconds.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The number of whole seconds; what is left of a second is dropped.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0 / SECOND
    }
}

impl FromStr for Duration {
    type Err = LiteralError;

    fn from_str(text: &str) -> Result<Self, LiteralError> {
        quantity::parse(text, &UNITS, "30s")
            .map(Self)
            .map_err(|why| LiteralError::not_a("a duration", text, why))
    }
}

/// The text in the largest exact unit, for people and for [`FromStr`]: `120s` is shown as `2m`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&quantity::print(self.0, &UNITS))
    }
}

impl Literal for Duration {}
