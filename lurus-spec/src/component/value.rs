//! Values of environment variables that speak of other components.
//!
//! In: text, and references to endpoints, as an author wrote them. Out: text for one consumer on one target. It
//! knows no product: what a connection string looks like is written where the product is.

use crate::component::{EndpointRef, Lowering, Transport};
use crate::literal::Name;
use crate::model::Refused;
use crate::plan::{Piece, Symbol, Text};
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

    /// What was refused while the value was written.
    pub fn refused(&self) -> &[Refused] {
        &self.refused
    }

    /// Every endpoint that the value speaks of.
    pub fn endpoints(&self) -> impl Iterator<Item = &EndpointRef> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Addresses(endpoint)
            | Part::User(endpoint)
            | Part::Password(endpoint)
            | Part::Transport { endpoint, .. }
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
            | Part::Transport { .. } => None,
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
            }
        };
        self.parts.iter().flat_map(pieces).collect()
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::new([Part::Text(text.to_owned())])
    }
}
