//! Text with holes that only a target can fill.
//!
//! In: what components write. Out: pieces, in order. Holes travel through templates and YAML trees as tokens made
//! of private-use characters, which no checked newtype lets in; [`Text::decode`] finds them again.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use crate::literal::{Name, SecretName};
use crate::yaml::Node;

/// A value that differs from member to member, or from target to target.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Symbol {
    /// The member's own name: `redis-3`.
    OwnName,
    /// The member's number in its group, from 1.
    OwnIndex,
    /// The name of the host that carries the member.
    OwnHost,
    /// How its peers and clients reach the member: a name or an address.
    OwnAddress,
    /// The member's IP address, stable for as long as its description is.
    OwnIp,
    /// The address to listen on.
    OwnBind,
    /// The member's own number of a named port.
    OwnPort(PortName),
    /// `address:port` of the member of another workload that lives on the same host, for consumers that use
    /// the one beside them.
    Beside(Name, PortName),
    /// The address in [`Symbol::Beside`], for formats that keep it apart from the port.
    BesideAddress(Name, PortName),
    /// The port in [`Symbol::Beside`].
    BesidePort(Name, PortName),
    /// `address:port` at which an operator's programs reach a member from outside the cluster.
    Outside(Name, PortName),
    /// `address:port` at which programs inside the cluster reach a member, those in its own container included.
    Inside(Name, PortName),
    /// One text for the first member of the group, and another for every other.
    FirstElse(String, String),
    /// `address:port` of a member, for programs that look names up only when they start: the address survives the member's
    /// re-creation.
    Lasting(Name, PortName),
    /// `address:port` of every member of another workload that lives on the same host, joined by spaces.
    EachBeside(Name, PortName),
    /// The value of a secret: never known to the compiler, always a reference in what it writes.
    Secret(SecretName),
}

/// Whom a [`Symbol`] speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose<'s> {
    /// The member in whose text it stands, or those that this one sees: each member reads something else.
    Own,
    /// A member that it names, at one of its ports: everyone reads the same, who is no member too.
    Named(&'s Name, &'s PortName),
    /// Nobody: it stands for the value of a secret.
    Secret(&'s SecretName),
}

impl Symbol {
    /// Whom it speaks of: who fills symbols asks this first, and then for itself.
    pub fn whose(&self) -> Whose<'_> {
        match self {
            Self::Secret(secret) => Whose::Secret(secret),
            Self::Outside(member, port) | Self::Inside(member, port) => Whose::Named(member, port),
            Self::OwnName
            | Self::OwnIndex
            | Self::OwnHost
            | Self::OwnAddress
            | Self::OwnIp
            | Self::OwnBind
            | Self::OwnPort(_)
            | Self::Beside(..)
            | Self::BesideAddress(..)
            | Self::BesidePort(..)
            | Self::FirstElse(..)
            | Self::Lasting(..)
            | Self::EachBeside(..) => Whose::Own,
        }
    }
}

/// The name of a port of a workload: `client`, `peer`, `metrics`.
pub type PortName = Cow<'static, str>;

/// One piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text as it is.
    Literal(String),
    /// A hole.
    Hole(Symbol),
}

/// Text with holes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(Vec<Piece>);

const OPEN: char = '\u{F0001}';
const CLOSE: char = '\u{F0002}';
const SEPARATOR: char = '\u{F0003}';

/// Whether a text has a character of which tokens are made: no author's text may have one.
pub fn has_token_characters(text: &str) -> bool {
    text.contains([OPEN, CLOSE, SEPARATOR])
}

/// Whether a text carries tokens, so that it has holes.
fn has_holes(text: &str) -> bool {
    // Nearly all text is ASCII, which is seen much sooner.
    !text.is_ascii() && text.contains(OPEN)
}

/// What stands in the holes of a tree. Keys have none: nothing would fill them.
pub fn holes_of_tree(node: &Node) -> BTreeSet<Symbol> {
    let mut found = BTreeSet::new();
    let mut todo = vec![node];
    while let Some(node) = todo.pop() {
        match node {
            Node::Null | Node::Bool(_) | Node::Int(_) => {}
            Node::Str(text) | Node::Block(text) if has_holes(text) => {
                found.extend(Text::decode(text).holes().cloned());
            }
            Node::Str(_) | Node::Block(_) => {}
            Node::Seq(items) => todo.extend(items),
            Node::Map(entries) => todo.extend(entries.iter().map(|(_, value)| value)),
        }
    }
    found
}

impl Text {
    /// Text in which nothing is a hole, whatever its characters are.
    pub fn literal(text: &str) -> Self {
        Self(vec![Piece::Literal(text.to_owned())])
    }

    /// The pieces, in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// What stands in the holes, without the text between them.
    pub fn holes(&self) -> impl Iterator<Item = &Symbol> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Hole(symbol) => Some(symbol),
            Piece::Literal(_) => None,
        })
    }

    /// The secrets that the text refers to.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretName> {
        self.holes().filter_map(|symbol| match symbol.whose() {
            Whose::Secret(name) => Some(name),
            Whose::Own | Whose::Named(..) => None,
        })
    }

    /// Whether it tells a member something of itself, so that two members of one host may read different texts.
    pub fn is_of_one_member(&self) -> bool {
        self.holes().any(Symbol::is_of_one_member)
    }

    /// The text with its holes as tokens, to be found again by [`Text::decode`].
    pub fn tokens(&self) -> String {
        self.resolve(Symbol::token)
    }

    /// Fills every hole and keeps the rest.
    pub fn resolve(&self, mut fill: impl FnMut(&Symbol) -> String) -> String {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Literal(literal) => text += literal,
                Piece::Hole(symbol) => text += &fill(symbol),
            }
        }
        text
    }

    /// Fills the holes of text that carries tokens. Most carries none.
    ///
    /// # Panics
    /// As [`Text::decode`].
    pub fn fill(text: &str, fill: impl FnMut(&Symbol) -> String) -> String {
        if has_holes(text) {
            Self::decode(text).resolve(fill)
        } else {
            text.to_owned()
        }
    }

    /// Fills every hole, and lets `literal` escape the rest for the format that holds the result.
    pub fn resolve_with(
        &self,
        literal: impl Fn(&str) -> String,
        mut fill: impl FnMut(&Symbol) -> String,
    ) -> String {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => literal(text),
                Piece::Hole(symbol) => fill(symbol),
            })
            .collect()
    }

    /// Finds the holes in text that carries tokens.
    ///
    /// # Panics
    /// On a token that [`Symbol::token`] did not write: a bug of this crate, since no checked value can hold one.
    pub fn decode(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((literal, tail)) = rest.split_once(OPEN) {
            let (token, tail) = tail
                .split_once(CLOSE)
                .expect("an opened token is closed: both come from Symbol::token");
            if !literal.is_empty() {
                pieces.push(Piece::Literal(literal.to_owned()));
            }
            pieces.push(Piece::Hole(Symbol::from_token(token)));
            rest = tail;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Literal(rest.to_owned()));
        }
        Self(pieces)
    }
}

impl Symbol {
    /// The hole as text, to be found again by [`Text::decode`].
    pub fn token(&self) -> String {
        let parts: Vec<&str> = match self {
            Self::OwnName => vec!["own-name"],
            Self::OwnIndex => vec!["own-index"],
            Self::OwnHost => vec!["own-host"],
            Self::OwnAddress => vec!["own-address"],
            Self::OwnIp => vec!["own-ip"],
            Self::OwnBind => vec!["own-bind"],
            Self::OwnPort(port) => vec!["own-port", port],
            Self::Beside(workload, port) => vec!["beside", workload.as_str(), port],
            Self::BesideAddress(workload, port) => {
                vec!["beside-address", workload.as_str(), port]
            }
            Self::BesidePort(workload, port) => vec!["beside-port", workload.as_str(), port],
            Self::Outside(member, port) => vec!["outside", member.as_str(), port],
            Self::Inside(member, port) => vec!["inside", member.as_str(), port],
            Self::FirstElse(first, others) => vec!["first-else", first, others],
            Self::Lasting(member, port) => vec!["lasting", member.as_str(), port],
            Self::EachBeside(workload, port) => vec!["each-beside", workload.as_str(), port],
            Self::Secret(name) => vec!["secret", name.as_str()],
        };
        let separator = SEPARATOR.to_string();
        format!("{OPEN}{}{CLOSE}", parts.join(&separator))
    }

    fn is_of_one_member(&self) -> bool {
        match self {
            Self::OwnName
            | Self::OwnIndex
            | Self::OwnAddress
            | Self::OwnIp
            | Self::OwnBind
            | Self::OwnPort(_)
            | Self::FirstElse(..) => true,
            Self::OwnHost
            | Self::Beside(..)
            | Self::BesideAddress(..)
            | Self::BesidePort(..)
            | Self::Outside(..)
            | Self::Inside(..)
            | Self::Lasting(..)
            | Self::EachBeside(..)
            | Self::Secret(_) => false,
        }
    }

    fn from_token(token: &str) -> Self {
        let mut parts = token.split(SEPARATOR);
        let mut next = || parts.next().expect("a token has all its parts");
        let name = |text: &str| text.parse().expect("the token was made of a checked name");
        match next() {
            "own-name" => Self::OwnName,
            "own-index" => Self::OwnIndex,
            "own-host" => Self::OwnHost,
            "own-address" => Self::OwnAddress,
            "own-ip" => Self::OwnIp,
            "own-bind" => Self::OwnBind,
            "own-port" => Self::OwnPort(Cow::Owned(next().to_owned())),
            "beside" => Self::Beside(name(next()), Cow::Owned(next().to_owned())),
            "beside-address" => Self::BesideAddress(name(next()), Cow::Owned(next().to_owned())),
            "beside-port" => Self::BesidePort(name(next()), Cow::Owned(next().to_owned())),
            "outside" => Self::Outside(name(next()), Cow::Owned(next().to_owned())),
            "inside" => Self::Inside(name(next()), Cow::Owned(next().to_owned())),
            "first-else" => Self::FirstElse(next().to_owned(), next().to_owned()),
            "lasting" => Self::Lasting(name(next()), Cow::Owned(next().to_owned())),
            "each-beside" => Self::EachBeside(name(next()), Cow::Owned(next().to_owned())),
            "secret" => Self::Secret(
                next()
                    .parse()
                    .expect("the token was made of a checked name"),
            ),
            other => panic!("token {other:?} was not made by Symbol::token"),
        }
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.token())
    }
}

impl From<&str> for Text {
    /// Text that may carry tokens.
    fn from(text: &str) -> Self {
        Self::decode(text)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::decode(&text)
    }
}

impl FromIterator<Piece> for Text {
    fn from_iter<I: IntoIterator<Item = Piece>>(pieces: I) -> Self {
        Self(pieces.into_iter().collect())
    }
}

impl From<Symbol> for Text {
    fn from(symbol: Symbol) -> Self {
        Self(vec![Piece::Hole(symbol)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symbol_comes_back_from_its_token() {
        let name: Name = "redis-1".parse().unwrap();
        let symbols = [
            Symbol::OwnName,
            Symbol::OwnIndex,
            Symbol::OwnHost,
            Symbol::OwnAddress,
            Symbol::OwnIp,
            Symbol::OwnBind,
            Symbol::OwnPort("client".into()),
            Symbol::Beside(name.clone(), "write".into()),
            Symbol::BesideAddress(name.clone(), "write".into()),
            Symbol::BesidePort(name.clone(), "write".into()),
            Symbol::Outside(name.clone(), "client".into()),
            Symbol::Inside(name.clone(), "client".into()),
            Symbol::Lasting(name.clone(), "client".into()),
            Symbol::EachBeside(name, "client".into()),
            Symbol::FirstElse("master".into(), String::new()),
            Symbol::Secret("redis-password".parse().unwrap()),
        ];
        for symbol in symbols {
            let text = Text::from(format!("a{symbol}b").as_str());
            assert_eq!(
                text.pieces(),
                [
                    Piece::Literal("a".into()),
                    Piece::Hole(symbol),
                    Piece::Literal("b".into())
                ]
            );
        }
    }
}
