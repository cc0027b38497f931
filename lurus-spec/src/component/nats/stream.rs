//! Streams as part of the description.
//!
//! In: names, subjects and limits. Out: a checked [`Stream`]. Defaults and ranges are those of the server's
//! `StreamConfig` (nats-server, `server/stream.go`, v2.10).

use std::fmt;

use crate::literal::{Duration, Given, LiteralError, Size, literal};
use crate::model::{Refused, accept};
use crate::plan::checked;
use crate::report::Origin;

literal! {
    /// The name of a stream: one to 32 characters of `A`–`Z`, `a`–`z`, `0`–`9`, `_` and `-`.
    ///
    /// Good: `ORDERS`, `usage-events`. Bad: `orders.eu`, `a b`. The server forbids dots, spaces and `*`, `>`, `/`,
    /// `\`, because a stream's name is a token of a subject and the name of a folder.
    pub struct StreamName(check_stream_name);
}

literal! {
    /// A subject that a stream listens to: tokens joined by dots, `*` for one token, `>` for all that follow.
    ///
    /// Good: `orders.>`, `usage.*.done`. Bad: `orders..new`, `a b`, `>.x`, `$JS.API.>`, and `>` or `*.done`, which would
    /// take in the server's own subjects: the server refuses a stream that does.
    pub struct Subject(check_subject);
}

fn check_stream_name(text: &str) -> Result<(), LiteralError> {
    let fits = (1..=32).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if fits {
        return Ok(());
    }
    Err(LiteralError::not_a(
        "a stream's name",
        text,
        "write 1 to 32 letters, digits, `_` or `-`, such as `ORDERS`",
    ))
}

fn check_subject(text: &str) -> Result<(), LiteralError> {
    let tokens: Vec<&str> = text.split('.').collect();
    let plain = |token: &&str| {
        !token.is_empty()
            && token
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    let last = tokens.len() - 1;
    let fits = text.len() <= 255
        && tokens.iter().enumerate().all(|(at, token)| {
            plain(token) || at > 0 && (*token == "*" || *token == ">" && at == last)
        });
    if fits {
        return Ok(());
    }
    Err(LiteralError::not_a(
        "a subject",
        text,
        "write tokens of letters, digits, `_` and `-`, joined by dots; after the first, `*` stands for one token and a final `>` for all that follow, as in `orders.>`",
    ))
}

impl Subject {
    /// Whether a message could be for both subjects (the server's `SubjectsCollide`).
    pub(super) fn meets(&self, other: &Self) -> bool {
        let (mut ours, mut theirs) = (self.as_str().split('.'), other.as_str().split('.'));
        loop {
            match (ours.next(), theirs.next()) {
                (None, None) => return true,
                (Some(">"), Some(_)) | (Some(_), Some(">")) => return true,
                (Some(a), Some(b)) if a == b || a == "*" || b == "*" => {}
                (Some(_) | None, Some(_) | None) => return false,
            }
        }
    }
}

/// When messages leave a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// When a limit is reached.
    Limits,
    /// When every consumer has acknowledged them.
    Interest,
    /// When one consumer has acknowledged them. Cannot be changed later.
    WorkQueue,
}

/// What a full stream does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discard {
    /// Forgets the oldest message.
    Old,
    /// Refuses the new one.
    New,
}

/// A JetStream stream, kept on disk.
#[derive(Clone, Debug)]
pub struct Stream {
    pub(super) name: StreamName,
    pub(super) subjects: Vec<Subject>,
    pub(super) replicas: u32,
    pub(super) retention: Retention,
    pub(super) discard: Discard,
    pub(super) max_bytes: Size,
    pub(super) max_age: Option<Duration>,
    pub(super) duplicate_window: Duration,
    pub(super) refused: Vec<Refused>,
}

impl Stream {
    /// A stream with three replicas and 1 GiB that listens to the subject `<name in lower case>.>` until
    /// [`Stream::subject`] names others.
    #[track_caller]
    pub fn new(name: impl Into<Given<StreamName>>) -> Self {
        let mut refused = Vec::new();
        let fallback: StreamName = "UNNAMED"
            .parse()
            .expect("a literal that is a stream's name");
        let name = accept(&mut refused, "new", name.into(), Origin::caller()).unwrap_or(fallback);
        Self {
            name,
            subjects: Vec::new(),
            replicas: 3,
            retention: Retention::Limits,
            discard: Discard::Old,
            max_bytes: Size::gib(1),
            max_age: None,
            duplicate_window: Duration::secs(120),
            refused,
        }
    }

    /// Listens to this subject; may be said again.
    #[must_use]
    #[track_caller]
    pub fn subject(mut self, subject: impl Into<Given<Subject>>) -> Self {
        let subject = accept(
            &mut self.refused,
            "subject",
            subject.into(),
            Origin::caller(),
        );
        self.subjects.extend(subject);
        self
    }

    /// Copies on so many servers, 1 to 5 (the server's `StreamMaxReplicas`); 3 unless set.
    #[must_use]
    pub fn replicas(mut self, replicas: u32) -> Self {
        self.replicas = replicas;
        self
    }

    /// When messages leave the stream; [`Retention::Limits`] unless set.
    #[must_use]
    pub fn retention(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }

    /// What a full stream does; [`Discard::Old`] unless set.
    #[must_use]
    pub fn discard(mut self, discard: Discard) -> Self {
        self.discard = discard;
        self
    }

    /// The most that each copy holds, in bytes; 1 GiB unless set. A lower limit deletes messages at once.
    #[must_use]
    #[track_caller]
    pub fn max_bytes(mut self, size: impl Into<Given<Size>>) -> Self {
        if let Some(size) = accept(
            &mut self.refused,
            "max_bytes",
            size.into(),
            Origin::caller(),
        ) {
            self.max_bytes = size;
        }
        self
    }

    /// The longest that a message stays; without limit unless set.
    #[must_use]
    #[track_caller]
    pub fn max_age(mut self, age: impl Into<Given<Duration>>) -> Self {
        if let Some(age) = accept(&mut self.refused, "max_age", age.into(), Origin::caller()) {
            self.max_age = Some(age);
        }
        self
    }

    /// How long the server remembers message ids to refuse duplicates; 2 minutes unless set.
    #[must_use]
    #[track_caller]
    pub fn duplicate_window(mut self, window: impl Into<Given<Duration>>) -> Self {
        if let Some(window) = accept(
            &mut self.refused,
            "duplicate_window",
            window.into(),
            Origin::caller(),
        ) {
            self.duplicate_window = window;
        }
        self
    }

    /// The subjects, or the one that follows from the name.
    pub(super) fn listens_to(&self) -> Vec<Subject> {
        if self.subjects.is_empty() {
            return vec![checked(&format!(
                "{}.>",
                self.name.as_str().to_ascii_lowercase()
            ))];
        }
        self.subjects.clone()
    }

    /// A subject without wildcards that the stream listens to, for tests: preferably one that no program uses.
    pub(super) fn probe(&self) -> String {
        let subjects = self.listens_to();
        let open = subjects
            .iter()
            .find(|subject| subject.as_str().contains(['*', '>']))
            .unwrap_or(&subjects[0]);
        open.as_str().replace(['*', '>'], "e2e")
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subjects: Vec<String> = self.listens_to().iter().map(ToString::to_string).collect();
        write!(
            f,
            "{} ({}, {} replicas, {})",
            self.name,
            subjects.join(", "),
            self.replicas,
            self.max_bytes
        )
    }
}
