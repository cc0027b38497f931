//! Comes in: a number or a text. Goes out: a port of TCP or UDP. Must not know: who listens there.

use alloc::string::ToString;
use core::fmt;
use core::num::NonZeroU16;
use core::str::FromStr;

use crate::{Given, Literal, LiteralError};

/// A port of TCP or UDP, 1 to 65535.
///
/// Good: `5432`. Bad: `0` (means any port to a system, and none to a plan), `65536`, `05432`, `+80`, `http`.
///
/// Exists because port 0 is accepted by most products and never meant, and because a port is no count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port(NonZeroU16);

impl Port {
    /// The port with this number.
    ///
    /// # Errors
    /// When the number is 0.
    pub fn new(number: u16) -> Result<Self, LiteralError> {
        NonZeroU16::new(number)
            .map(Self)
            .ok_or_else(|| refuse(number))
    }

    /// The port with this number, for constants.
    ///
    /// # Panics
    /// When the number is 0. In a constant that is an error while rustc runs.
    #[must_use]
    pub const fn constant(number: u16) -> Self {
        Self(NonZeroU16::new(number).expect("a port is a number from 1 to 65535"))
    }

    /// The number, 1 to 65535.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0.get()
    }

    /// The port that is `by` after this one: Redis' bus is at its port and 10000.
    ///
    /// # Errors
    /// When that is over 65535.
    pub fn offset(self, by: u16) -> Result<Self, LiteralError> {
        self.0
            .checked_add(by)
            .map(Self)
            .ok_or_else(|| refuse(u32::from(self.get()) + u32::from(by)))
    }
}

impl FromStr for Port {
    type Err = LiteralError;

    fn from_str(text: &str) -> Result<Self, LiteralError> {
        // The standard parser takes `+80` and `080`, which configuration files do not.
        let is_canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        match text.parse() {
            Ok(number) if is_canonical => Ok(Self(number)),
            Ok(_) | Err(_) => Err(refuse(text)),
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Literal for Port {}

impl From<u16> for Given<Port> {
    fn from(number: u16) -> Self {
        Self::from_result(&number.to_string(), Port::new(number))
    }
}

fn refuse(given: impl fmt::Display) -> LiteralError {
    LiteralError::not_a(
        "a port",
        &given.to_string(),
        "a port is a number from 1 to 65535",
    )
}
