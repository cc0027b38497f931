//! What a description may say, one newtype per notion and one parser per newtype.
//!
//! Comes in: the text (or number) that an author wrote. Goes out: a value whose text can be printed into any generated
//! file without escaping, because no newtype here admits a line break, a quote, a space or a `$`.
//! Must not know: components, targets, the files that are generated, the places in `spec/` where a text stands.
//!
//! The crate is a leaf: the literal macros (`cidr!`, `name!`, …) and the compiler share it, so that a text means the
//! same thing while rustc runs and while the compiler runs.
//!
//! ```
//! use lurus_literal::{Cidr, Given, Name};
//!
//! let network: Cidr = "10.0.1.0/24".parse()?;
//! assert_eq!(network.nth(10).unwrap().to_string(), "10.0.1.10");
//!
//! // A setter takes `impl Into<Given<Name>>`: a bad dynamic text becomes a finding, not a panic.
//! let given: Given<Name> = "Redis".into();
//! assert!(matches!(given, Given::Refused(_)));
//! # Ok::<(), lurus_literal::LiteralError>(())
//! ```
#![no_std]

extern crate alloc;

mod duration;
mod env_name;
mod error;
mod given;
mod image;
mod machine;
mod name;
mod network;
mod path;
mod port;
mod quantity;
mod registry;
#[cfg(feature = "serde")]
mod serialize;
mod size;
#[cfg(test)]
mod tests;
mod url;

pub use duration::Duration;
pub use env_name::EnvName;
pub use error::LiteralError;
pub use given::{Given, Literal, Refusal};
pub use image::Image;
pub use machine::{DiskKind, InstanceType};
pub use name::{DomainName, HostName, Name, SecretName};
pub use network::{Cidr, Ip};
pub use path::AbsPath;
pub use port::Port;
pub use registry::{Mirror, Registry};
pub use size::Size;
pub use url::Url;

/// Without the feature `serde`, the newtypes of [`literal!`] have no `Serialize`.
#[cfg(not(feature = "serde"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __serialize_as_text {
    ($newtype:ident) => {};
}

/// What the expansions of this crate's and of the literal macros call. Not for people.
#[doc(hidden)]
pub mod __private {
    pub use alloc::string::String;
    #[cfg(feature = "serde")]
    pub use serde_core::{Serialize, Serializer};

    use crate::Literal;

    /// The value of a text that a literal macro parsed with the same parser while rustc ran.
    #[must_use]
    pub fn checked<T: Literal>(text: &str) -> T {
        text.parse().expect("checked while rustc ran")
    }
}
