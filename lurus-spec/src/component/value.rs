//! Values of environment variables that speak of other components.
//!
//! In: text, and references to endpoints, as an author wrote them. Out: text for one consumer on one target. It
//! knows no product: what a connection string looks like is written where the product is.

use std::fmt;

use crate::component::{EndpointRef, Lowering, Transport};
use crate::literal::{Name, SecretName};
use crate::model::Refused;
use crate::plan::{Piece, PortName, Symbol, Text};
use crate::report::Origin;

/// A value with holes for what only a target knows.
///
/// A component that carries one needs every endpoint of [`Value::endpoints`], and hands it out in
/// [`Component::values`](crate::component::Component::values), so that the checks see what it asks for and refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Value {
    parts: Vec<Part>,
    refused: Vec<Refused>,
}

/// A part of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text as it is.
    Text(String),
    /// `address:port` of whatever the consumer shall connect to, joined by commas.
    Addresses(EndpointRef),
    /// The user of the endpoint's login.
    User(EndpointRef),
    /// The password of the endpoint's login.
    Password(EndpointRef),
    /// One of three texts, by how what is said to the endpoint is kept from others.
    Transport {
        /// The endpoint.
        endpoint: EndpointRef,
        /// Where it is not.
        plain: &'static str,
        /// Where it is encrypted.
        encrypted: &'static str,
        /// Where whoever answers shows a certificate.
        verified: &'static str,
        /// What stands before the file with the authorities that sign the certificate, where there is one.
        authorities: &'static str,
    },
    /// `scheme://user:password@address:port` for each of the [`Part::Addresses`], joined by commas; without user and
    /// password where the endpoint has no login.
    Urls {
        /// What stands before `://`.
        scheme: &'static str,
        /// The endpoint.
        endpoint: EndpointRef,
    },
    /// The value of a secret.
    Secret(SecretName),
    /// Something of the instance that reads the value.
    Own(Own),
    /// Something behind the endpoint that clients ask for by name, such as a database.
    Inside {
        /// The endpoint.
        endpoint: EndpointRef,
        /// The name.
        name: String,
        /// Where its author asked for it.
        origin: Origin,
    },
}

/// What an instance is told of itself: a value that is another for each instance.
///
/// ```
/// use lurus_spec::component::{Own, Value};
///
/// let port = Value::from(Own::port("http"));
/// assert_eq!(port.to_string(), "{own port http}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Own {
    /// Its name: `gateway-3`.
    Name,
    /// The name of its host.
    Host,
    /// How others reach it: a name or an address.
    Address,
    /// The address to listen on.
    Bind,
    /// Its number of a named port.
    Port(PortName),
    /// One text for the first instance, and another for every other: for programs of which one is special by
    /// configuration. Nobody takes over from the first instance while it is lost.
    FirstElse(String, String),
}

impl Own {
    /// Its number of a named port. Instances of one host have different ones.
    pub fn port(name: impl Into<PortName>) -> Self {
        Self::Port(name.into())
    }

    /// One text for the first instance, and another for every other.
    pub fn first_else(first: impl Into<String>, others: impl Into<String>) -> Self {
        Self::FirstElse(first.into(), others.into())
    }

    fn symbol(&self) -> Symbol {
        match self {
            Self::Name => Symbol::OwnName,
            Self::Host => Symbol::OwnHost,
            Self::Address => Symbol::OwnAddress,
            Self::Bind => Symbol::OwnBind,
            Self::Port(port) => Symbol::OwnPort(port.clone()),
            Self::FirstElse(first, others) => Symbol::FirstElse(first.clone(), others.clone()),
        }
    }
}

impl Value {
    /// A value of these parts.
    pub fn new(parts: impl IntoIterator<Item = Part>) -> Self {
        Self {
            parts: parts.into_iter().collect(),
            refused: Vec::new(),
        }
    }

    /// The same value with what its author wrote and a type refused.
    #[must_use]
    pub fn refusing(mut self, refused: impl IntoIterator<Item = Refused>) -> Self {
        self.refused.extend(refused);
        self
    }

    /// The parts, in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Every text that its author wrote, or that instances are told.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().flat_map(|part| match part {
            Part::Text(text) => vec![text.as_str()],
            Part::Own(Own::FirstElse(first, others)) => vec![first.as_str(), others.as_str()],
            Part::Own(Own::Name | Own::Host | Own::Address | Own::Bind | Own::Port(_))
            | Part::Addresses(_)
            | Part::User(_)
            | Part::Password(_)
            | Part::Urls { .. }
            | Part::Secret(_)
            | Part::Transport { .. }
            | Part::Inside { .. } => Vec::new(),
        })
    }

    /// What was refused while the value was written.
    pub fn refused(&self) -> &[Refused] {
        &self.refused
    }

    /// Every endpoint that the value speaks of.
    pub fn endpoints(&self) -> impl Iterator<Item = &EndpointRef> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) | Part::Secret(_) | Part::Own(_) => None,
            Part::Addresses(endpoint)
            | Part::User(endpoint)
            | Part::Password(endpoint)
            | Part::Transport { endpoint, .. }
            | Part::Urls { endpoint, .. }
            | Part::Inside { endpoint, .. } => Some(endpoint),
        })
    }

    /// Everything that the value asks for by name, with the endpoint behind which it has to be and the place that asks.
    pub fn inside(&self) -> impl Iterator<Item = (&EndpointRef, &str, &Origin)> {
        self.parts.iter().filter_map(|part| match part {
            Part::Inside {
                endpoint,
                name,
                origin,
            } => Some((endpoint, name.as_str(), origin)),
            Part::Text(_)
            | Part::Addresses(_)
            | Part::User(_)
            | Part::Password(_)
            | Part::Transport { .. }
            | Part::Urls { .. }
            | Part::Secret(_)
            | Part::Own(_) => None,
        })
    }

    /// The value as a group's members shall read it. An endpoint without a login leaves user and password empty.
    pub fn resolve(&self, consumer: &Name, lowering: &Lowering<'_>) -> Text {
        let login = |endpoint: &EndpointRef| lowering.login(endpoint);
        let pieces = |part: &Part| -> Vec<Piece> {
            match part {
                Part::Text(text) | Part::Inside { name: text, .. } => {
                    vec![Piece::Literal(text.clone())]
                }
                Part::Addresses(endpoint) => {
                    let addresses = lowering.addresses(consumer, endpoint).join(",");
                    Text::from(addresses).pieces().to_vec()
                }
                Part::Transport {
                    endpoint,
                    plain,
                    encrypted,
                    verified,
                    authorities,
                } => {
                    let transport = lowering.endpoint(endpoint).map(|found| &found.transport);
                    vec![Piece::Literal(match transport {
                        None | Some(Transport::Plain) => (*plain).to_owned(),
                        Some(Transport::Encrypted) => (*encrypted).to_owned(),
                        Some(Transport::Verified { authorities: None }) => (*verified).to_owned(),
                        Some(Transport::Verified {
                            authorities: Some(file),
                        }) => format!("{verified}{authorities}{file}"),
                    })]
                }
                Part::User(endpoint) => login(endpoint)
                    .map(|login| Piece::Literal(login.user.clone()))
                    .into_iter()
                    .collect(),
                Part::Password(endpoint) => login(endpoint)
                    .map(|login| Piece::Hole(Symbol::Secret(login.password.clone())))
                    .into_iter()
                    .collect(),
                Part::Urls { scheme, endpoint } => {
                    let login = login(endpoint).map_or_else(String::new, |login| {
                        let password = Symbol::Secret(login.password.clone());
                        format!("{}:{password}@", login.user)
                    });
                    let addresses = lowering.addresses(consumer, endpoint);
                    let urls: Vec<String> = addresses
                        .iter()
                        .map(|address| format!("{scheme}://{login}{address}"))
                        .collect();
                    Text::from(urls.join(",")).pieces().to_vec()
                }
                Part::Secret(secret) => vec![Piece::Hole(Symbol::Secret(secret.clone()))],
                Part::Own(own) => vec![Piece::Hole(own.symbol())],
            }
        };
        self.parts.iter().flat_map(pieces).collect()
    }
}

/// The value for people: text as it is, and each hole in words between braces.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| part.fmt(f))
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Inside { name: text, .. } => f.write_str(text),
            Self::Addresses(endpoint) => write!(f, "{{addresses of {endpoint}}}"),
            Self::User(endpoint) => write!(f, "{{user of {endpoint}}}"),
            Self::Password(endpoint) => write!(f, "{{password of {endpoint}}}"),
            Self::Urls { endpoint, .. } => write!(f, "{{URLs of {endpoint}}}"),
            // It says how to connect, which an author did not choose.
            Self::Transport { .. } => Ok(()),
            Self::Secret(secret) => write!(f, "{{secret {secret}}}"),
            Self::Own(own) => write!(f, "{{own {own}}}"),
        }
    }
}

impl fmt::Display for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => f.write_str("name"),
            Self::Host => f.write_str("host"),
            Self::Address => f.write_str("address"),
            Self::Bind => f.write_str("address to listen on"),
            Self::Port(port) => write!(f, "port {port}"),
            Self::FirstElse(first, others) => {
                write!(f, "rank: {first} for the first, else {others}")
            }
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::new([Part::Text(text.to_owned())])
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::new([Part::Text(text)])
    }
}

/// The addresses of an endpoint, joined by commas.
impl From<EndpointRef> for Value {
    fn from(endpoint: EndpointRef) -> Self {
        Self::new([Part::Addresses(endpoint)])
    }
}

impl From<SecretName> for Value {
    fn from(secret: SecretName) -> Self {
        Self::new([Part::Secret(secret)])
    }
}

impl From<Own> for Value {
    fn from(own: Own) -> Self {
        Self::new([Part::Own(own)])
    }
}
