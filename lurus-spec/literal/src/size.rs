//! Comes in: a text such as `512MiB`. Goes out: a number of bytes. Must not know: of what, memory or disk.

use core::fmt;
use core::str::FromStr;

use crate::quantity::{self, Unit};
use crate::{Literal, LiteralError};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const TIB: u64 = 1 << 40;

/// The largest unit first; powers of 1024 by IEC 80000-13, powers of 1000 by the SI.
const UNITS: [Unit; 9] = [
    ("TiB", TIB),
    ("TB", 1_000_000_000_000),
    ("GiB", GIB),
    ("GB", 1_000_000_000),
    ("MiB", MIB),
    ("MB", 1_000_000),
    ("KiB", KIB),
    ("kB", 1_000),
    ("B", 1),
];

/// An amount of memory or disk, in bytes.
///
/// Good: `512MiB`, `2GiB`, `64KiB`, `1TiB`, `10GB`, `5MB`, `100kB`, `123B`.
/// Bad: `512` (of what?), `512M` and `10G` (1000 or 1024?), `1.5GiB`, `10 GiB`, `99999999TiB` (overflows 64 bits).
///
/// Exists because the products disagree about a bare `MB`: PostgreSQL and Redis' `mb` mean 1024 × 1024, Docker's `m` as
/// well, Redis' `m` does not. Each component prints the bytes in its product's own spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size(u64);

impl Size {
    /// This many bytes.
    #[must_use]
    pub const fn of_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// This many times 1024 × 1024 bytes, at most [`u64::MAX`] bytes.
    #[must_use]
    pub const fn mib(mib: u64) -> Self {
        Self(mib.saturating_mul(MIB))
    }

    /// This many times 1024 × 1024 × 1024 bytes, at most [`u64::MAX`] bytes.
    #[must_use]
    pub const fn gib(gib: u64) -> Self {
        Self(gib.saturating_mul(GIB))
    }

    /// The number of bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// The sum, or none when it overflows 64 bits.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(bytes) => Some(Self(bytes)),
            None => None,
        }
    }

    /// The sum, at most [`u64::MAX`] bytes: a budget that large is over any machine's.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left, at least 0 bytes.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The size for people: rounded up to whole times 1024 × 1024 bytes.
    #[must_use]
    pub const fn in_whole_mib(self) -> Self {
        Self::mib(self.0.div_ceil(MIB))
    }

    /// This many times the size, or none when it overflows 64 bits.
    #[must_use]
    pub const fn checked_mul(self, times: u64) -> Option<Self> {
        match self.0.checked_mul(times) {
            Some(bytes) => Some(Self(bytes)),
            None => None,
        }
    }

    /// This many times the size, at most [`u64::MAX`] bytes.
    #[must_use]
    pub const fn saturating_mul(self, times: u64) -> Self {
        Self(self.0.saturating_mul(times))
    }
}

impl FromStr for Size {
    type Err = LiteralError;

    fn from_str(text: &str) -> Result<Self, LiteralError> {
        quantity::parse(text, &UNITS, "512MiB")
            .map(Self)
            .map_err(|why| LiteralError::not_a("a size", text, why))
    }
}

/// The text in the largest exact unit, for people and for [`FromStr`]: `1024MiB` is shown as `1GiB`.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&quantity::print(self.0, &UNITS))
    }
}

impl Literal for Size {}
