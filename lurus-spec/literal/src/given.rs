//! Comes in: a checked value, or a text that an author computed. Goes out: the value, or the refusal that a check turns
//! into a finding. Must not know: the setters that take it, the findings that report it.

use alloc::string::{String, ToString};
use core::str::FromStr;

use crate::LiteralError;

/// What a setter was given: a valid value, or a text that its parser refused.
///
/// Exists so that a setter neither panics nor fails on a text that a function of the description computed: the refusal
/// is kept in the model, and the checks report it with all other findings, at the line of the setter.
///
/// ```
/// use lurus_literal::{Given, Name, Port};
///
/// fn setter(name: impl Into<Given<Name>>) -> Given<Name> {
///     name.into()
/// }
///
/// let redis: Name = "redis".parse()?;
/// assert_eq!(setter(&redis), Given::Valid(redis.clone()));
/// assert_eq!(setter("redis"), Given::Valid(redis));
/// assert_eq!(setter("Redis").refusal().unwrap().text, "Redis");
///
/// let port: Given<Port> = 0.into();
/// assert_eq!(port.refusal().unwrap().why, "`0` is not a port: a port is a number from 1 to 65535");
/// # Ok::<(), lurus_literal::LiteralError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Given<T> {
    /// The text meant this value, or the value was checked before.
    Valid(T),
    /// The text means nothing of this kind.
    Refused(Refusal),
}

impl<T> Given<T> {
    /// What this parser makes of this text.
    pub fn parse(text: &str) -> Self
    where
        T: FromStr<Err = LiteralError>,
    {
        Self::from_result(text, text.parse())
    }

    /// The value, or the refusal of `text` for the reason of the error.
    pub fn from_result(text: &str, result: Result<T, LiteralError>) -> Self {
        match result {
            Ok(value) => Self::Valid(value),
            Err(error) => Self::Refused(Refusal {
                text: text.to_string(),
                why: error.to_string(),
            }),
        }
    }

    /// The value, or why there is none.
    pub fn as_result(&self) -> Result<&T, &Refusal> {
        match self {
            Self::Valid(value) => Ok(value),
            Self::Refused(refusal) => Err(refusal),
        }
    }

    /// The value, if it is valid.
    pub fn valid(&self) -> Option<&T> {
        self.as_result().ok()
    }

    /// The refusal, if there is one.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.as_result().err()
    }
}

/// A text that was given for a value, and why it is none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Refusal {
    /// The text as it was given.
    pub text: String,
    /// The message of the [`LiteralError`].
    pub why: String,
}

/// A newtype with one door, so that [`Given`] accepts it and its texts.
///
/// Implemented by every newtype of this crate, and by [`literal!`](crate::literal!) for the text newtypes of others.
pub trait Literal: Clone + FromStr<Err = LiteralError> {}

impl<T: Literal> From<T> for Given<T> {
    fn from(value: T) -> Self {
        Self::Valid(value)
    }
}

impl<T: Literal> From<&T> for Given<T> {
    fn from(value: &T) -> Self {
        Self::Valid(value.clone())
    }
}

impl<T: Literal> From<&str> for Given<T> {
    fn from(text: &str) -> Self {
        Self::parse(text)
    }
}

impl<T: Literal> From<String> for Given<T> {
    fn from(text: String) -> Self {
        Self::parse(&text)
    }
}

impl<T: Literal> From<&String> for Given<T> {
    fn from(text: &String) -> Self {
        Self::parse(text)
    }
}

/// Declares a newtype over a text, with one door.
///
/// The function says whether a text is valid, `fn(&str) -> Result<(), LiteralError>`. The newtype gets `FromStr`,
/// `TryFrom<&str>`, `Display`, `AsRef<str>`, `as_str` and [`Literal`], hence every `From` of [`Given`];
/// with the feature `serde` also `Serialize`, as the canonical text.
///
/// ```
/// use lurus_literal::LiteralError;
///
/// lurus_literal::literal! {
///     /// A colour of a dashboard.
///     pub struct Colour(check_colour);
/// }
///
/// fn check_colour(text: &str) -> Result<(), LiteralError> {
///     match text {
///         "red" | "green" => Ok(()),
///         other => Err(LiteralError::not_a("a colour", other, "write `red` or `green`")),
///     }
/// }
///
/// assert_eq!("red".parse::<Colour>()?.as_str(), "red");
/// assert!("mauve".parse::<Colour>().is_err());
/// # Ok::<(), LiteralError>(())
/// ```
#[macro_export]
macro_rules! literal {
    ($(#[$meta:meta])* $visibility:vis struct $newtype:ident($check:path);) => {
        $(#[$meta])*
        #[derive(
            ::core::clone::Clone,
            ::core::fmt::Debug,
            ::core::cmp::PartialEq,
            ::core::cmp::Eq,
            ::core::cmp::PartialOrd,
            ::core::cmp::Ord,
            ::core::hash::Hash,
        )]
        $visibility struct $newtype($crate::__private::String);

        impl $newtype {
            /// The canonical text.
            #[must_use]
            $visibility fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::core::str::FromStr for $newtype {
            type Err = $crate::LiteralError;

            fn from_str(text: &str) -> ::core::result::Result<Self, Self::Err> {
                $check(text)?;
                ::core::result::Result::Ok(Self(<$crate::__private::String as ::core::convert::From<&str>>::from(text)))
            }
        }

        impl ::core::convert::TryFrom<&str> for $newtype {
            type Error = $crate::LiteralError;

            fn try_from(text: &str) -> ::core::result::Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl ::core::convert::AsRef<str> for $newtype {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl ::core::fmt::Display for $newtype {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl $crate::Literal for $newtype {}

        $crate::__serialize_as_text!($newtype);
    };
}
