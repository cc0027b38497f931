//! Comes in: a text of a machine's description. Goes out: the type that a cloud sells, or the kind of its disk. Must not
//! know: how large such a machine is, or what runs on it.

use alloc::format;
use core::fmt;
use core::str::FromStr;

use crate::{Literal, LiteralError, literal};

/// More than the longest name of a machine type of any cloud, in characters.
const INSTANCE_MAX: usize = 64;

literal! {
    /// A type of machine, by the name under which a cloud sells it.
    ///
    /// Words of letters and digits, joined by one `.`, `-` or `_` each; at most 64 characters.
    /// Good: `ecs.r7.xlarge`, `c6i.large`, `n2-standard-4`, `Standard_D4s_v5`. Bad: `r7 xlarge`, `r7.`, the empty text.
    ///
    /// Exists because it is shown beside the host in tables for people, where nothing may break the line.
    pub struct InstanceType(check_instance_type);
}

fn check_instance_type(text: &str) -> Result<(), LiteralError> {
    let refuse = |why: &str| Err(LiteralError::not_a("an instance type", text, why));
    if text.len() > INSTANCE_MAX {
        return refuse(&format!(
            "it has {} bytes, and at most {INSTANCE_MAX} are allowed",
            text.len()
        ));
    }
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric());
    if text.split(['.', '-', '_']).all(is_word) {
        Ok(())
    } else {
        refuse(
            "write letters and digits, with single `.`, `-` or `_` between them, as in `ecs.r7.xlarge`",
        )
    }
}

/// What a disk is made of: how long a program waits until a write is safe.
///
/// Good: `ssd`, `nvme`, `hdd`, `network`. Bad: `SSD`, `cloud`, `essd`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DiskKind {
    /// Flash behind a disk controller: tenths of a millisecond.
    Ssd,
    /// Flash on the bus: less still.
    Nvme,
    /// Spinning: ten milliseconds, and more when it has to seek.
    Hdd,
    /// Behind a network: a millisecond at best, and what the others leave at worst.
    Network,
}

impl DiskKind {
    const ALL: [Self; 4] = [Self::Ssd, Self::Nvme, Self::Hdd, Self::Network];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ssd => "ssd",
            Self::Nvme => "nvme",
            Self::Hdd => "hdd",
            Self::Network => "network",
        }
    }
}

impl FromStr for DiskKind {
    type Err = LiteralError;

    fn from_str(text: &str) -> Result<Self, LiteralError> {
        let why = "write one of `ssd`, `nvme`, `hdd`, `network`";
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| LiteralError::not_a("a kind of disk", text, why))
    }
}

impl fmt::Display for DiskKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Literal for DiskKind {}
