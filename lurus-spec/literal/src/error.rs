//! Comes in: a text and what is wrong with it. Goes out: the one error of every parser of this crate.
//! Must not know: where the text stood; rustc or a finding points there.

use alloc::format;
use alloc::string::String;
use core::fmt;

/// Why a text is refused, in lower case and with what to type instead.
///
/// ```
/// let error = "10.0.1.0/33".parse::<lurus_literal::Cidr>().unwrap_err();
/// assert_eq!(
///     error.message(),
///     "`10.0.1.0/33` is not a network: the prefix of an IPv4 network is at most 32, not 33",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LiteralError {
    message: String,
}

impl LiteralError {
    /// An error with this message. It is lower case, names what is wrong and says what to type.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }

    /// An error of the usual form: `` `text` is not <notion>: <why> ``.
    ///
    /// `notion` carries its article (`a name`). The text is escaped, so that a line break in it cannot break the line
    /// on which the error is shown.
    pub fn not_a(notion: &str, text: &str, why: impl fmt::Display) -> Self {
        Self::new(format!("`{}` is not {notion}: {why}", text.escape_debug()))
    }

    /// The message, without a final full stop.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for LiteralError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl core::error::Error for LiteralError {}
