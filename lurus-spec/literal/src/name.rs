//! Comes in: a text. Goes out: a name that is valid in DNS, in compose, in Kubernetes and in every configuration file.
//! Must not know: what the name names.

use alloc::format;

use crate::{EnvName, LiteralError, literal};

/// The longest label of RFC 1123, in characters.
const LABEL_MAX: usize = 63;
/// The longest domain name of RFC 1123, in characters, without the final dot.
const DOMAIN_MAX: usize = 253;

literal! {
    /// The name of a component, a member, a volume or a network: a label of RFC 1123.
    ///
    /// One to 63 characters of `a`–`z`, `0`–`9` and `-`, with a letter or a digit at both ends.
    /// Good: `redis`, `pg-2`, `3scale`. Bad: `Redis`, `pg_2`, `-pg`, the empty text, 64 letters.
    ///
    /// Exists because a name becomes a DNS name, a file name, a key of YAML and a word of configuration files: with
    /// these characters it needs no escaping in any of them, and cannot smuggle a second setting into one.
    pub struct Name(check_name);
}

impl Name {
    /// The name of the member with this index: `redis` and 2 give `redis-2`.
    ///
    /// # Errors
    /// When the result is longer than 63 characters.
    pub fn indexed(&self, index: u32) -> Result<Self, LiteralError> {
        format!("{self}-{index}").parse()
    }
}

literal! {
    /// The name of a machine: a label of RFC 1123.
    ///
    /// Good: `node-1`, `db1`. Bad: `node_1`, `Node-1`, `node-1.example.com` (that is a [`DomainName`]).
    ///
    /// The grammar is that of [`Name`]; the type is its own, so that a host and a component are never mixed up.
    pub struct HostName(check_host_name);
}

literal! {
    /// A name in the DNS: labels of RFC 1123, joined by dots, at most 253 characters.
    ///
    /// Good: `api.example.com`, `redis-1.data.svc`, `localhost`.
    /// Bad: `API.example.com`, `api..com`, `example.com.`, `*.example.com`, `10.0.1.10` (that is an [`Ip`](crate::Ip)).
    ///
    /// Exists because it is written into certificates, server blocks and URLs.
    pub struct DomainName(check_domain_name);
}

literal! {
    /// The name of a secret. Its value is never in the compiler, so it cannot leak from there.
    ///
    /// A [`Name`] that begins with a letter. Good: `redis-password`. Bad: `REDIS_PASSWORD`, `9lives`.
    ///
    /// Exists because a secret is a file, a key of a Kubernetes `Secret` and an environment variable at the same time;
    /// one name serves all three, and the letter keeps [`SecretName::env_name`] valid.
    pub struct SecretName(check_secret_name);
}

impl SecretName {
    /// The environment variable that carries the value: `redis-password` is read from `REDIS_PASSWORD`.
    #[must_use]
    pub fn env_name(&self) -> EnvName {
        self.as_str()
            .to_ascii_uppercase()
            .replace('-', "_")
            .parse()
            .expect("a secret's name has a letter first, then only letters, digits and dashes, and is short")
    }
}

fn check_name(text: &str) -> Result<(), LiteralError> {
    check_label(text, "redis").map_err(|why| LiteralError::not_a("a name", text, why))
}

fn check_host_name(text: &str) -> Result<(), LiteralError> {
    check_label(text, "node-1").map_err(|why| LiteralError::not_a("a host name", text, why))
}

fn check_secret_name(text: &str) -> Result<(), LiteralError> {
    let example = "redis-password";
    check_label(text, example)
        .map_err(|why| LiteralError::not_a("the name of a secret", text, why))?;
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        let why = format!(
            "it begins with a digit, which an environment variable may not; write one such as `{example}`"
        );
        return Err(LiteralError::not_a("the name of a secret", text, why));
    }
    Ok(())
}

fn check_domain_name(text: &str) -> Result<(), LiteralError> {
    let refuse = |why: &str| Err(LiteralError::not_a("a domain name", text, why));
    if text.len() > DOMAIN_MAX {
        return refuse(&format!(
            "it has {} characters, and at most {DOMAIN_MAX} are allowed",
            text.len()
        ));
    }
    if text.ends_with('.') && text.len() > 1 {
        return refuse("leave out the final dot");
    }
    for label in text.split('.') {
        if label.is_empty() && !text.is_empty() {
            return refuse(
                "it has an empty label; write one dot between two labels, as in `api.example.com`",
            );
        }
        check_label(label, "api.example.com").or_else(|why| refuse(&why))?;
    }
    let last = text.rsplit('.').next().unwrap_or(text);
    if last.bytes().all(|byte| byte.is_ascii_digit()) {
        return refuse(
            "its last label is a number, so that it reads as an address; write one such as `api.example.com`",
        );
    }
    Ok(())
}

/// Says why a text is no label of RFC 1123; `example` is one that is.
fn check_label(text: &str, example: &str) -> Result<(), alloc::string::String> {
    let is_alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if text.is_empty() {
        return Err(format!("it is empty; write one such as `{example}`"));
    }
    if let Some(bad) = text.chars().find(|&c| !is_alphanumeric(c) && c != '-') {
        return Err(format!(
            "`{}` is not allowed; write lower-case letters, digits and `-`, as in `{example}`",
            bad.escape_debug(),
        ));
    }
    if !text.starts_with(is_alphanumeric) || !text.ends_with(is_alphanumeric) {
        return Err(format!(
            "it begins or ends with `-`; write a letter or a digit there, as in `{example}`"
        ));
    }
    if text.len() > LABEL_MAX {
        return Err(format!(
            "`{text}` has {} characters, and at most {LABEL_MAX} are allowed",
            text.len()
        ));
    }
    Ok(())
}
