//! What an author says of one service, as values of its options.
//!
//! In: what setters were given. Out: values that print themselves for the book and for `diff`.

use std::fmt;

use crate::component::{EndpointRef, Value};
use crate::literal::{EnvName, Given, Port, Refusal, SecretName};

/// A variable of the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: EnvName,
    /// Its value.
    pub value: Value,
}

/// A variable that carries a secret of the service itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnSecret {
    /// The variable.
    pub name: EnvName,
    /// The end of the secret's name.
    pub suffix: SecretName,
}

/// A port with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPort {
    /// Its name in the service.
    pub name: &'static str,
    /// Its number at the first instance of a host.
    pub port: Port,
}

/// Words of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordList(pub Vec<String>);

/// The most connections of one instance to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// The endpoint.
    pub endpoint: EndpointRef,
    /// How many.
    pub connections: u32,
}

/// What the client library of a service makes of the Redis that it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedisClient {
    /// It sends every command to one server: a node of a cluster answers most of them with `MOVED`.
    Single,
    /// It asks which node has a key: a server that is no cluster answers that with an error.
    Cluster,
}

impl RedisClient {
    /// The protocol of endpoints that it can use.
    pub(super) fn protocol(self) -> &'static str {
        match self {
            Self::Single => "redis",
            Self::Cluster => "redis-cluster",
        }
    }
}

/// The series that a service exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series {
    pub(super) exporter: &'static str,
    pub(super) lines: &'static str,
}

/// The types that a series can have.
const KINDS: [&str; 5] = ["counter", "gauge", "histogram", "summary", "untyped"];

impl Series {
    /// Series as an author listed them, or the first line that is none.
    pub(super) fn read(exporter: &'static str, lines: &'static str) -> Given<Self> {
        let is_series = |line: &&str| {
            let fields: Vec<&str> = line.split('\t').collect();
            matches!(fields[..], [name, kind, _] if !name.is_empty() && KINDS.contains(&kind))
        };
        match lines.lines().find(|line| !is_series(line)) {
            None => Given::Valid(Self { exporter, lines }),
            Some(line) => Given::Refused(Refusal {
                text: line.to_owned(),
                why: format!(
                    "`{}` is not a series: write its name, its type (one of {}) and its labels joined by commas, with a tab between",
                    line.escape_debug(),
                    KINDS.join(", ")
                ),
            }),
        }
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.value)
    }
}

impl fmt::Display for OwnSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={{secret …-{}}}", self.name, self.suffix)
    }
}

impl fmt::Display for NamedPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.port)
    }
}

impl fmt::Display for WordList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

impl fmt::Display for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.endpoint, self.connections)
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.lines.lines().count(), self.exporter)
    }
}
