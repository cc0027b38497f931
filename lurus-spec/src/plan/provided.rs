//! Files that the operator provides.
//!
//! In: what a component needs to read and no compiler may hold, such as the key of a certificate. Out: names, from which a
//! target writes mounts and a command line knows what to ask for. The content is never known here.

use crate::literal::{AbsPath, Name};
use crate::model::CertificateName;
use crate::plan::Cost;
use crate::report::Origin;

/// A directory of files that the operator provides; each member sees it read-only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provided {
    /// What is provided: an identity, and the name of the folder wherever it lies.
    pub name: Name,
    /// Where it is mounted.
    pub mount: AbsPath,
    /// What it holds.
    pub content: Content,
    /// What new files cost.
    pub cost: Cost,
    /// Where it was described.
    pub origin: Origin,
}

/// What is in a directory of [`Provided`] files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A certificate with everything up to its authority's, [`Content::CHAIN`], and its key, [`Content::KEY`], both in
    /// PEM.
    Certificate {
        /// The names that it covers.
        names: Vec<CertificateName>,
    },
}

impl Content {
    /// The certificate, followed by those between it and its authority's.
    pub const CHAIN: &str = "tls.crt";
    /// The key of the certificate.
    pub const KEY: &str = "tls.key";

    /// The files, each by its name.
    pub fn files(&self) -> &'static [&'static str] {
        match self {
            Self::Certificate { .. } => &[Self::CHAIN, Self::KEY],
        }
    }
}
