//! Comes in: the text of a registry, or of a place in one. Goes out: the same, checked. Must not know: images, or which
//! of them come from where.

use alloc::format;
use alloc::string::String;

use crate::image::{check_registry, is_path_part, split_registry};
use crate::{LiteralError, literal};

/// The registry of images that name none.
pub(crate) const HUB: &str = "docker.io";
/// Its name of old, which clients still take for it.
pub(crate) const HUB_ONCE: &str = "index.docker.io";

literal! {
    /// A registry of images: a host, and a port where it is not that of HTTPS.
    ///
    /// Good: `docker.io`, `quay.io`, `registry.lan:5000`, `localhost`.
    /// Bad: `quay` (a user of Docker Hub), `https://quay.io`, `quay.io/coreos`, `index.docker.io` (that is `docker.io`).
    ///
    /// Exists because clients take the first part of an image's name for a registry only when it looks like one.
    pub struct Registry(check_registry_name);
}

literal! {
    /// Where images of other registries are found: a registry, and a path in it where it keeps several mirrors.
    ///
    /// Good: `harbor.example.com/dockerhub`, `mirror.example.com`, `10.0.0.5:5000/mirror`.
    /// Bad: `mirror/dockerhub` (a user of Docker Hub), `https://mirror.example.com`, `mirror.example.com/`.
    ///
    /// Exists because it becomes the beginning of every image's name.
    pub struct Mirror(check_mirror);
}

impl Mirror {
    /// The registry that keeps it: `harbor.example.com` of `harbor.example.com/dockerhub`.
    #[must_use]
    pub fn registry(&self) -> &str {
        self.as_str().split('/').next().unwrap_or_default()
    }
}

fn check_registry_name(text: &str) -> Result<(), LiteralError> {
    let refuse = |why: &str| Err(LiteralError::not_a("a registry", text, why));
    if text.contains("://") {
        return refuse("leave out the part before the host, as in `quay.io`");
    }
    if text.contains('/') {
        return refuse("leave out what follows the host, as in `quay.io`");
    }
    if text == HUB_ONCE {
        return refuse("write its name of today, `docker.io`");
    }
    check_host(text).map_err(|why| LiteralError::not_a("a registry", text, why))
}

fn check_mirror(text: &str) -> Result<(), LiteralError> {
    let refuse = |why: &str| Err(LiteralError::not_a("a mirror", text, why));
    if text.contains("://") {
        return refuse("leave out the part before the host, as in `registry.example.com/mirror`");
    }
    let (registry, path) = text
        .split_once('/')
        .map_or((text, None), |(registry, path)| (registry, Some(path)));
    check_host(registry).map_err(|why| LiteralError::not_a("a mirror", text, why))?;
    match path {
        Some(path) if !path.split('/').all(is_path_part) => refuse(
            "after the host, write lower-case letters and digits, with single `.`, `_` or `-` between them, as in `registry.example.com/mirror`",
        ),
        Some(_) | None => Ok(()),
    }
}

/// A host that clients do not take for a user's name on Docker Hub.
fn check_host(text: &str) -> Result<(), String> {
    match split_registry(&format!("{text}/x")) {
        (Some(registry), _) => check_registry(registry),
        (None, _) => Err(format!(
            "clients take `{}` for a user of Docker Hub; write a host with a dot or a port, as in `registry.example.com`",
            text.escape_debug(),
        )),
    }
}
