//! How an instance is asked whether it serves, and whether it has to be started again.
//!
//! In: a path or a port, as an author wrote it. Out: a [`Probe`] over the network, and a command inside the instance
//! where its image has a program that can ask. It knows no application.

use std::fmt;

use crate::literal::{Duration, Given, LiteralError, literal};
use crate::model::Refused;
use crate::plan::{Ask, Health, PortName, Probe, Text};
use crate::report::Origin;

literal! {
    /// The path of a URL: `/`, then letters, digits and `-`, `.`, `_`, `~`, `/`; at most 256 characters.
    ///
    /// Good: `/readyz`, `/api/status`. Bad: `readyz`, `/a b`, `/a?b=c`, `http://gateway/readyz`.
    ///
    /// Exists because a path stands in probes, in lines of balancers and in arguments: with these characters it needs
    /// no escaping in any of them.
    pub struct UrlPath(check_url_path);
}

const LONGEST_PATH: usize = 256;

fn check_url_path(text: &str) -> Result<(), LiteralError> {
    let fits = text.starts_with('/')
        && text.len() <= LONGEST_PATH
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte));
    if fits {
        return Ok(());
    }
    Err(LiteralError::not_a(
        "the path of a URL",
        text,
        "write `/`, then letters, digits, `-`, `.`, `_`, `~` and `/`, as in `/readyz`",
    ))
}

/// A question to an instance over the network.
///
/// ```
/// use lurus_spec::component::service::Check;
///
/// assert_eq!(Check::http("/readyz").to_string(), "GET /readyz");
/// assert_eq!(Check::tcp().at("grpc").to_string(), "a connection at grpc");
/// ```
#[derive(Clone, Debug)]
pub struct Check {
    pub(super) port: Option<&'static str>,
    asks: Ask,
    pub(super) refused: Option<Refused>,
}

impl Check {
    /// `GET` of this path: a status from 200 to 399 is good.
    #[track_caller]
    pub fn http(path: impl Into<Given<UrlPath>>) -> Self {
        let (path, refused) = match path.into() {
            Given::Valid(path) => (path.to_string(), None),
            Given::Refused(refusal) => {
                let refused = Refused {
                    option: "http",
                    text: refusal.text,
                    why: refusal.why,
                    origin: Origin::caller(),
                };
                ("/".to_owned(), Some(refused))
            }
        };
        Self {
            port: None,
            asks: Ask::Http(path),
            refused,
        }
    }

    /// A connection that is accepted is good.
    pub fn tcp() -> Self {
        Self {
            port: None,
            asks: Ask::Tcp,
            refused: None,
        }
    }

    /// Asks the port of this name; otherwise the first port of the service.
    #[must_use]
    pub fn at(mut self, port: &'static str) -> Self {
        self.port = Some(port);
        self
    }

    /// The question, at the service's first port unless it names another.
    pub(super) fn probe(&self, first: Option<&'static str>) -> Option<Probe> {
        Some(Probe {
            port: PortName::Borrowed(self.port.or(first)?),
            asks: self.asks.clone(),
        })
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.asks {
            Ask::Http(path) => write!(f, "GET {path}")?,
            Ask::Tcp => f.write_str("a connection")?,
        }
        match self.port {
            Some(port) => write!(f, " at {port}"),
            None => Ok(()),
        }
    }
}

/// What an instance's own image has to ask it with, from inside. Public images of applications often have nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeTool {
    /// `wget`, as BusyBox has it: it asks what [`Service::readiness`](super::Service::readiness) says, over HTTP.
    Wget,
    /// `curl`: it asks what [`Service::readiness`](super::Service::readiness) says, over HTTP.
    Curl,
    /// A command of the image that ends with 0 when the instance serves; word by word, no shell reads it.
    Command(Vec<String>),
}

/// Time after the start in which failures do not count: an application connects to everything it needs first.
const START_PERIOD: Duration = Duration::secs(30);

impl ProbeTool {
    /// A command of the image.
    pub fn command<T: Into<String>>(words: impl IntoIterator<Item = T>) -> Self {
        Self::Command(words.into_iter().map(Into::into).collect())
    }

    /// The command as the engine runs it, with `address:port` of a named port as `at` says it; `None` where there is
    /// nothing that the tool could ask.
    pub(super) fn health(
        &self,
        ready: Option<&Probe>,
        at: impl Fn(&PortName) -> String,
    ) -> Option<Health> {
        let url = || {
            let probe = ready?;
            match &probe.asks {
                Ask::Http(path) => Some(format!("http://{}{path}", at(&probe.port))),
                Ask::Tcp => None,
            }
        };
        let asking = |words: &[&str], url: String| -> Vec<Text> {
            let words = words.iter().map(|word| Text::from(*word));
            words.chain([Text::from(url)]).collect()
        };
        let command = match self {
            Self::Wget => asking(&["wget", "-q", "-T", "4", "-O", "/dev/null"], url()?),
            Self::Curl => asking(&["curl", "-fsS", "-m", "4", "-o", "/dev/null"], url()?),
            Self::Command(words) => words.iter().map(|word| Text::literal(word)).collect(),
        };
        Some(Health::command(command, START_PERIOD))
    }
}

impl fmt::Display for ProbeTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wget => f.write_str("wget"),
            Self::Curl => f.write_str("curl"),
            Self::Command(words) => f.write_str(&words.join(" ")),
        }
    }
}
