//! Whom Alertmanager tells, and how.

use std::fmt;

use crate::component::observe::Severity;
use crate::literal::{DomainName, Given, LiteralError, Name, Port, Url, literal};
use crate::model::Refused;
use crate::plan::checked;
use crate::report::Origin;
use crate::words::Words;

literal! {
    /// An address of electronic mail: at most 64 of letters, digits and `.`, `_`, `+`, `-`, then `@` and a domain.
    ///
    /// Good: `oncall@example.com`, `ops+night@example.com`. Bad: `oncall`, `On Call <oncall@example.com>`, `a@b@c`.
    ///
    /// Exists because an address with a line break would add a header to the message, and one with a name or a comma would
    /// be several.
    pub struct Address(check_address);
}

fn check_address(text: &str) -> Result<(), LiteralError> {
    let fits = text.split_once('@').is_some_and(|(local, domain)| {
        (1..=64).contains(&local.len())
            && local
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte))
            && domain.parse::<DomainName>().is_ok()
    });
    if fits {
        return Ok(());
    }
    Err(LiteralError::not_a(
        "an address of electronic mail",
        text,
        "write one such as `oncall@example.com`",
    ))
}

/// Somebody to tell of alerts.
///
/// ```
/// use lurus_spec::component::alertmanager::Receiver;
/// use lurus_spec::component::observe::Severity;
///
/// // A chat room's hook, whose address ends in a token: the token is the secret `<alertmanager>-oncall-token`.
/// let oncall = Receiver::webhook("oncall", "https://chat.example.com/hooks/")
///     .token()
///     .from(Severity::Critical);
/// // Everything that is at least a warning, which is what a receiver hears of unless it says otherwise.
/// let team = Receiver::email("team", "ops@example.com", "alerts@example.com", "mail.example.com", 587);
/// assert_eq!(oncall.to_string(), "oncall");
/// assert_eq!(team.to_string(), "team");
/// ```
#[derive(Clone, Debug)]
pub struct Receiver {
    pub(super) name: Name,
    pub(super) channel: Channel,
    pub(super) from: Severity,
    refused: Vec<Refused>,
}

/// How somebody is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    /// A request to an address, which ends in a token where it has one.
    Webhook { url: Url, token: bool },
    /// A message, with a password for the server where that wants one.
    Mail {
        to: Address,
        sender: Address,
        server: DomainName,
        port: Port,
        user: Option<Address>,
    },
}

impl Receiver {
    /// Sends alerts to an address over HTTP, in Alertmanager's own format.
    #[track_caller]
    #[must_use]
    pub fn webhook(name: impl Into<Given<Name>>, url: impl Into<Given<Url>>) -> Self {
        let origin = Origin::caller();
        let mut refused = Vec::new();
        let url = taken(&mut refused, url.into(), &origin, "https://unnamed.example");
        Self::new(
            name.into(),
            Channel::Webhook { url, token: false },
            refused,
            &origin,
        )
    }

    /// Sends alerts as mail: to whom, from whom, and the server that takes it, by TLS.
    #[track_caller]
    #[must_use]
    pub fn email(
        name: impl Into<Given<Name>>,
        to: impl Into<Given<Address>>,
        sender: impl Into<Given<Address>>,
        server: impl Into<Given<DomainName>>,
        port: impl Into<Given<Port>>,
    ) -> Self {
        let origin = Origin::caller();
        let mut refused = Vec::new();
        let channel = Channel::Mail {
            to: taken(&mut refused, to.into(), &origin, "unnamed@example.com"),
            sender: taken(&mut refused, sender.into(), &origin, "unnamed@example.com"),
            server: taken(&mut refused, server.into(), &origin, "unnamed.example"),
            port: taken(&mut refused, port.into(), &origin, "587"),
            user: None,
        };
        Self::new(name.into(), channel, refused, &origin)
    }

    fn new(
        name: Given<Name>,
        channel: Channel,
        mut refused: Vec<Refused>,
        origin: &Origin,
    ) -> Self {
        let name = taken(&mut refused, name, origin, "unnamed");
        Self {
            name,
            channel,
            from: Severity::Warning,
            refused,
        }
    }

    /// The address ends in a token, which is a secret: it is appended to the address as it is. Mail has no such thing.
    #[must_use]
    pub fn token(mut self) -> Self {
        if let Channel::Webhook { token, .. } = &mut self.channel {
            *token = true;
        }
        self
    }

    /// The mail server wants this user's name and a password, which is a secret. A webhook has no such thing.
    #[track_caller]
    #[must_use]
    pub fn login(mut self, user: impl Into<Given<Address>>) -> Self {
        let origin = Origin::caller();
        let name = taken(
            &mut self.refused,
            user.into(),
            &origin,
            "unnamed@example.com",
        );
        if let Channel::Mail { user, .. } = &mut self.channel {
            *user = Some(name);
        }
        self
    }

    /// Hears of alerts of this severity and above; of warnings and above unless this is said.
    #[must_use]
    pub fn from(mut self, severity: Severity) -> Self {
        self.from = severity;
        self
    }

    pub(super) fn refused(&self) -> &[Refused] {
        &self.refused
    }

    /// What its secret is for; `None` where it has none.
    pub(super) fn secret_purpose(&self) -> Option<Words> {
        match &self.channel {
            Channel::Webhook { token: true, .. } => Some(Words::new(
                format!("the end of the address to which {} is told", self.name),
                format!("接收者 {} 的通知地址末尾的令牌", self.name),
            )),
            Channel::Mail {
                user: Some(user), ..
            } => Some(Words::new(
                format!("{user} at the mail server, to tell {}", self.name),
                format!("{user} 在邮件服务器上的密码，用于通知 {}", self.name),
            )),
            Channel::Webhook { token: false, .. } | Channel::Mail { user: None, .. } => None,
        }
    }

    /// The end of its secret's name.
    pub(super) fn secret_suffix(&self) -> String {
        match &self.channel {
            Channel::Webhook { .. } => format!("{}-token", self.name),
            Channel::Mail { .. } => format!("{}-password", self.name),
        }
    }
}

/// The value, or one that stands for it after the refusal was noted.
fn taken<T: crate::literal::Literal>(
    refused: &mut Vec<Refused>,
    given: Given<T>,
    origin: &Origin,
    instead: &str,
) -> T {
    match given {
        Given::Valid(value) => value,
        Given::Refused(refusal) => {
            refused.push(Refused {
                option: "receiver",
                text: refusal.text,
                why: refusal.why,
                origin: origin.clone(),
            });
            checked(instead)
        }
    }
}

impl fmt::Display for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)
    }
}
