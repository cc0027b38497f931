//! Comes in: a text. Goes out: a path inside a container or on a host. Must not know: whether anything is there.

use alloc::format;

use crate::{LiteralError, literal};

/// Linux's `PATH_MAX` without the final zero byte, in characters.
const PATH_MAX: usize = 4095;
/// Linux's `NAME_MAX`, in characters.
const SEGMENT_MAX: usize = 255;

literal! {
    /// An absolute path with one spelling: no `.`, no `..`, no empty segment, no `/` at the end, and not `/` itself.
    ///
    /// Its segments are of letters, digits and `.`, `_`, `+`, `-`, at most 255 characters each and 4095 in all.
    /// Good: `/etc/nats/nats.conf`, `/var/lib/postgresql/data`.
    /// Bad: `etc/nats`, `/`, `/etc//nats`, `/etc/../root`, `/data/`, `/my data`, `/a:b`.
    ///
    /// Exists because a path is a word of a configuration file and a third of a compose volume `source:target:mode`,
    /// where a space or a colon would mean something else; the one spelling makes two equal mounts comparable.
    pub struct AbsPath(check_path);
}

impl AbsPath {
    /// The folder that holds it; none when that is `/`.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        match self.as_str().rsplit_once('/') {
            Some(("", _)) | None => None,
            Some((parent, _)) => Some(Self(parent.into())),
        }
    }

    /// The last segment: `nats.conf` of `/etc/nats/nats.conf`.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.as_str().rsplit('/').next().unwrap_or_default()
    }

    /// The path of something below: `/etc/nats` and `tls/ca.pem` give `/etc/nats/tls/ca.pem`.
    ///
    /// # Errors
    /// When `below` is absolute, or the result is no valid path.
    pub fn join(&self, below: &str) -> Result<Self, LiteralError> {
        if below.starts_with('/') {
            let why = "it begins with `/`; leave that out";
            return Err(LiteralError::not_a("a relative path", below, why));
        }
        format!("{self}/{below}").parse()
    }
}

fn check_path(text: &str) -> Result<(), LiteralError> {
    let refuse = |why: &str| Err(LiteralError::not_a("an absolute path", text, why));
    let Some(relative) = text.strip_prefix('/') else {
        return refuse("it does not begin with `/`; write one such as `/etc/nats/nats.conf`");
    };
    if relative.is_empty() {
        return refuse(
            "the root of a file system is nothing to write to or to mount; name a folder, as in `/data`",
        );
    }
    let is_allowed =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | '+' | '-');
    if let Some(bad) = text.chars().find(|&c| !is_allowed(c)) {
        return refuse(&format!(
            "`{}` is not allowed; write letters, digits and `.`, `_`, `+`, `-` between the slashes",
            bad.escape_debug(),
        ));
    }
    for segment in relative.split('/') {
        if segment.is_empty() {
            return refuse(
                "it has an empty segment; write one `/` between two segments, and none at the end",
            );
        }
        if segment == "." || segment == ".." {
            return refuse(&format!(
                "`{segment}` is not allowed in it; write the path that is meant"
            ));
        }
        if segment.len() > SEGMENT_MAX {
            let length = segment.len();
            return refuse(&format!(
                "a segment has {length} characters, and at most {SEGMENT_MAX} are allowed"
            ));
        }
    }
    if text.len() > PATH_MAX {
        return refuse(&format!(
            "it has {} characters, and at most {PATH_MAX} are allowed",
            text.len()
        ));
    }
    Ok(())
}
