//! Certificates by reference: which names one covers, and never what is in it.
//!
//! In: names, as an author knows them from whoever issues the certificate. Out: answers about what it covers. Where its
//! files come from is the operator's business: a component that uses one asks for [`Provided`](crate::plan::Provided)
//! files.

use std::fmt;

use crate::literal::{DomainName, Given, LiteralError, Name, literal};
use crate::model::{Refused, Setting, accept};
use crate::report::Origin;

literal! {
    /// A name that a certificate covers: a domain name, or `*.` and a domain name of two labels or more.
    ///
    /// Good: `api.lurus.cn`, `*.lurus.cn`. Bad: `*`, `*.cn`, `a*.lurus.cn`, `*.*.lurus.cn`.
    ///
    /// Exists because browsers take a star for one whole label at the very left and nothing else (RFC 6125, 6.4.3), and no
    /// authority signs one for a top-level domain.
    pub struct CertificateName(check_certificate_name);
}

fn check_certificate_name(text: &str) -> Result<(), LiteralError> {
    let refuse = |why: &str| Err(LiteralError::not_a("a certificate's name", text, why));
    let domain = text.strip_prefix("*.").unwrap_or(text);
    if domain.contains('*') {
        return refuse("a star stands for the first label and nothing else, as in `*.example.com`");
    }
    if let Err(error) = domain.parse::<DomainName>() {
        return refuse(error.message());
    }
    if domain.len() < text.len() && !domain.contains('.') {
        return refuse(
            "no authority signs a star for a top-level domain; write one such as `*.example.com`",
        );
    }
    Ok(())
}

impl CertificateName {
    /// Whether a client that asks for this name accepts it: the same name, or the same but for one first label where the
    /// star is (RFC 6125, 6.4.3).
    pub fn covers(&self, name: &DomainName) -> bool {
        match self.as_str().strip_prefix("*.") {
            None => self.as_str() == name.as_str(),
            Some(parent) => name
                .as_str()
                .split_once('.')
                .is_some_and(|(_, rest)| rest == parent),
        }
    }
}

/// A certificate with its key, which the operator provides.
///
/// ```
/// use lurus_spec::model::Certificate;
///
/// let certificate = Certificate::new("lurus-cn").covers("lurus.cn").covers("*.lurus.cn");
/// let name = |text: &str| text.parse().unwrap();
/// assert!(certificate.is_for(&name("api.lurus.cn")));
/// assert!(!certificate.is_for(&name("v1.api.lurus.cn")));
/// ```
#[derive(Clone, Debug)]
pub struct Certificate {
    /// An identity: the name of the folder in which its files are.
    pub name: Name,
    /// The names that it covers.
    pub names: Vec<Setting<CertificateName>>,
    /// What its setters refused.
    pub refused: Vec<Refused>,
}

impl Certificate {
    /// A certificate that covers nothing yet. Its files are looked for in a folder of this name.
    #[track_caller]
    pub fn new(name: impl Into<Given<Name>>) -> Self {
        let mut refused = Vec::new();
        let name = accept(&mut refused, "new", name.into(), Origin::caller())
            .unwrap_or_else(|| "unnamed".parse().expect("a literal that is a name"));
        Self {
            name,
            names: Vec::new(),
            refused,
        }
    }

    /// Says a name that it covers, such as `api.example.com` or `*.example.com`; may be said again.
    #[must_use]
    #[track_caller]
    pub fn covers(mut self, name: impl Into<Given<CertificateName>>) -> Self {
        let origin = Origin::caller();
        let name = accept(&mut self.refused, "covers", name.into(), origin.clone());
        self.names
            .extend(name.map(|name| Setting::new(name, origin)));
        self
    }

    /// Whether a client that asks for this name accepts it.
    pub fn is_for(&self, name: &DomainName) -> bool {
        self.names.iter().any(|covered| covered.value.covers(name))
    }
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.names.iter().map(|name| name.value.as_str()).collect();
        write!(f, "{} ({})", self.name, names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_one_whole_label() {
        let covers = |covered: &str, name: &str| {
            let covered: CertificateName = covered.parse().unwrap();
            covered.covers(&name.parse().unwrap())
        };
        assert!(covers("api.lurus.cn", "api.lurus.cn"));
        assert!(!covers("api.lurus.cn", "ai.lurus.cn"));
        assert!(covers("*.lurus.cn", "ai.lurus.cn"));
        assert!(!covers("*.lurus.cn", "lurus.cn"));
        assert!(!covers("*.lurus.cn", "a.b.lurus.cn"));
        assert!(!covers("*.lurus.cn", "a.xlurus.cn"));
    }

    #[test]
    fn what_no_authority_signs_is_refused() {
        for text in [
            "*",
            "*.",
            "*.cn",
            "a*.lurus.cn",
            "*.*.lurus.cn",
            "a.*.cn",
            "",
            "API.lurus.cn",
            "10.0.0.1",
            "a;b.cn",
            "a b.cn",
            "a.cn\n",
            "*.a.cn}",
        ] {
            assert!(text.parse::<CertificateName>().is_err(), "{text:?}");
        }
    }
}
