//! Comes in: the text of an image reference. Goes out: its parts. Must not know: registries, or what an image holds.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use crate::registry::{HUB, HUB_ONCE};
use crate::{Literal, LiteralError, Port};

/// The longest repository of the OCI distribution specification's clients, registry included, in characters.
const REPOSITORY_MAX: usize = 255;
/// The longest tag of the OCI distribution specification, in characters.
const TAG_MAX: usize = 128;
/// The number of hexadecimal digits of a SHA-256.
const DIGEST_DIGITS: usize = 64;

/// An image of containers, by repository and tag, and by digest when there is one.
///
/// Good: `redis:7.2.5-alpine`, `quay.io/coreos/etcd:v3.5.9`, `registry:5000/a/b:1@sha256:…` with 64 digits.
/// Bad: `redis` (no tag), `redis:latest`, `Redis:7.2`, `redis:7.2@sha256:12`, `redis@sha256:…` (no tag).
///
/// Exists because an image without a tag, or with `latest`, is another program tomorrow; the tag is wanted beside a
/// digest as well, since people and version checks read it. The grammar is that of the OCI distribution specification,
/// with lower case in the registry too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Image {
    repository: String,
    tag: String,
    digest: Option<String>,
}

impl Image {
    /// The repository as it was written, with its registry when it has one: `redis`, `quay.io/coreos/etcd`.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The registry, if one was written: `quay.io` of `quay.io/coreos/etcd`, none of `bitnami/redis`.
    #[must_use]
    pub fn registry(&self) -> Option<&str> {
        split_registry(&self.repository).0
    }

    /// The registry from which clients fetch it, and its path there, with what they fill in: `docker.io` and
    /// `library/redis` of `redis`, `quay.io` and `coreos/etcd` of `quay.io/coreos/etcd`.
    #[must_use]
    pub fn location(&self) -> (&str, String) {
        match split_registry(&self.repository) {
            (None | Some(HUB | HUB_ONCE), path) if !path.contains('/') => {
                (HUB, format!("library/{path}"))
            }
            (None | Some(HUB | HUB_ONCE), path) => (HUB, path.to_string()),
            (Some(registry), path) => (registry, path.to_string()),
        }
    }

    /// The same tag and digest in another repository.
    ///
    /// # Errors
    /// When the text is no repository.
    pub fn in_repository(&self, repository: &str) -> Result<Self, LiteralError> {
        check_repository(repository)
            .map_err(|why| LiteralError::not_a("a repository", repository, why))?;
        Ok(Self {
            repository: repository.to_string(),
            tag: self.tag.clone(),
            digest: self.digest.clone(),
        })
    }

    /// The tag: `v3.5.9`.
    #[must_use]
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// The digest with its algorithm: `sha256:` and 64 hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// The same repository and tag.
    #[must_use]
    pub fn without_digest(&self) -> Self {
        Self {
            repository: self.repository.clone(),
            tag: self.tag.clone(),
            digest: None,
        }
    }

    /// The dotted numbers that the tag begins with, after a `v`: 3, 5, 9 of `v3.5.9`; 2, 10 of `2.10-alpine`; none of
    /// `alpine`. Versions compare as these lists do.
    #[must_use]
    pub fn version(&self) -> Vec<u64> {
        let mut numbers = Vec::new();
        let mut rest = self.tag.strip_prefix('v').unwrap_or(&self.tag);
        loop {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, after) = rest.split_at(digits);
            // Also ends on an empty number, and on one of more than 64 bits: no version has one.
            let Ok(number) = number.parse() else { break };
            numbers.push(number);
            let Some(next) = after.strip_prefix('.') else {
                break;
            };
            rest = next;
        }
        numbers
    }
}

impl FromStr for Image {
    type Err = LiteralError;

    fn from_str(text: &str) -> Result<Self, LiteralError> {
        parse(text).map_err(|why| LiteralError::not_a("an image", text, why))
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            repository,
            tag,
            digest,
        } = self;
        match digest {
            Some(digest) => f.pad(&format!("{repository}:{tag}@{digest}")),
            None => f.pad(&format!("{repository}:{tag}")),
        }
    }
}

impl Literal for Image {}

fn parse(text: &str) -> Result<Image, String> {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (text, None),
    };
    // A colon before the last slash belongs to the registry's port.
    let tag_at = name
        .rfind(':')
        .filter(|&colon| !name[colon..].contains('/'));
    let Some((repository, tag)) = tag_at.map(|colon| (&name[..colon], &name[colon + 1..])) else {
        return Err(
            "it has no tag; write the version after a colon, as in `redis:7.2.5-alpine`"
                .to_string(),
        );
    };
    check_repository(repository)?;
    check_tag(tag)?;
    digest.map_or(Ok(()), check_digest)?;
    Ok(Image {
        repository: repository.to_string(),
        tag: tag.to_string(),
        digest: digest.map(ToString::to_string),
    })
}

/// The registry, if there is one, and the path. The first part is a registry when it could not be a user's name on
/// Docker Hub: the rule of the Docker engine.
pub(crate) fn split_registry(repository: &str) -> (Option<&str>, &str) {
    match repository.split_once('/') {
        Some((first, path)) if first.contains(['.', ':']) || first == "localhost" => {
            (Some(first), path)
        }
        Some(_) | None => (None, repository),
    }
}

fn check_repository(repository: &str) -> Result<(), String> {
    if repository.chars().any(|c| c.is_ascii_uppercase()) {
        let lower = repository.to_ascii_lowercase();
        return Err(format!(
            "a repository is in lower case; write `{lower}`",
            lower = lower.escape_debug()
        ));
    }
    if repository.len() > REPOSITORY_MAX {
        let length = repository.len();
        return Err(format!(
            "its repository has {length} characters, and at most {REPOSITORY_MAX} are allowed"
        ));
    }
    let (registry, path) = split_registry(repository);
    if let Some(registry) = registry {
        check_registry(registry)?;
    }
    for part in path.split('/') {
        if !is_path_part(part) {
            return Err(format!(
                "`{}` is not a part of a repository; write lower-case letters and digits, with single `.`, `_` or `-` between them",
                part.escape_debug(),
            ));
        }
    }
    Ok(())
}

pub(crate) fn check_registry(registry: &str) -> Result<(), String> {
    let (host, port) = match registry.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (registry, None),
    };
    let is_label = |label: &str| {
        let is_inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !label.is_empty()
            && label.chars().all(is_inside)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if !host.split('.').all(is_label) {
        return Err(format!(
            "`{}` is not a registry; write one such as `quay.io`",
            host.escape_debug()
        ));
    }
    match port.map(str::parse::<Port>) {
        Some(Err(error)) => Err(error.to_string()),
        Some(Ok(_)) | None => Ok(()),
    }
}

/// Letters and digits, joined by one `.`, one or two `_`, or dashes.
pub(crate) fn is_path_part(part: &str) -> bool {
    let is_alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let mut separator = String::new();
    for c in part.chars() {
        if !is_alphanumeric(c) {
            separator.push(c);
            continue;
        }
        let is_dashes = separator.chars().all(|c| c == '-');
        if !is_dashes && !matches!(separator.as_str(), "." | "_" | "__") {
            return false;
        }
        separator.clear();
    }
    part.starts_with(is_alphanumeric) && part.ends_with(is_alphanumeric)
}

fn check_tag(tag: &str) -> Result<(), String> {
    let is_inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if tag == "latest" {
        return Err(
            "`latest` is another image tomorrow; write a version, as in `redis:7.2.5-alpine`"
                .to_string(),
        );
    }
    if tag.is_empty() || tag.starts_with(['.', '-']) || !tag.chars().all(is_inside) {
        return Err(format!(
            "`{}` is not a tag; write letters, digits and `.`, `_`, `-`, as in `redis:7.2.5-alpine`",
            tag.escape_debug(),
        ));
    }
    if tag.len() > TAG_MAX {
        return Err(format!(
            "its tag has {} characters, and at most {TAG_MAX} are allowed",
            tag.len()
        ));
    }
    Ok(())
}

fn check_digest(digest: &str) -> Result<(), String> {
    let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    match digest.strip_prefix("sha256:") {
        Some(digits) if digits.len() == DIGEST_DIGITS && digits.chars().all(is_digit) => Ok(()),
        Some(_) | None => Err(format!(
            "`{}` is not a digest; write `sha256:` and {DIGEST_DIGITS} digits of `0`–`9` and `a`–`f`",
            digest.escape_debug(),
        )),
    }
}
