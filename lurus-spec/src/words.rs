//! Text for people, in the languages of the book.
//!
//! In: what components, targets and the book say. Out: the same in one language. Findings are English; whatever else
//! people read of a cluster exists in both. It must not know what the text is about.

use std::borrow::Cow;
use std::fmt;

/// A language of the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Chinese, in simplified characters.
    Chinese,
}

/// A text in every language of the book.
///
/// Built-in components say everything twice, with [`Words::new`]. A team whose readers share one language may leave it
/// at that: a plain text is the same in both.
///
/// ```
/// use lurus_spec::words::{Language, Words};
///
/// let leader = Words::new("the leader", "主节点");
/// assert_eq!(leader.of(Language::Chinese), "主节点");
/// assert_eq!(leader.to_string(), "the leader");
///
/// let own = Words::from("the object store");
/// assert_eq!(own.of(Language::Chinese), "the object store");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Words {
    english: Cow<'static, str>,
    chinese: Option<Cow<'static, str>>,
}

impl Words {
    /// A text in English and in Chinese. Names, commands and what programs print stay as they are in both.
    pub fn new(
        english: impl Into<Cow<'static, str>>,
        chinese: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            english: english.into(),
            chinese: Some(chinese.into()),
        }
    }

    /// The text in one language.
    pub fn of(&self, language: Language) -> &str {
        match (language, &self.chinese) {
            (Language::Chinese, Some(chinese)) => chinese,
            (Language::Chinese, None) | (Language::English, _) => &self.english,
        }
    }

    /// Whether it was said in both languages.
    pub fn is_translated(&self) -> bool {
        self.chinese.is_some()
    }
}

impl fmt::Display for Words {
    /// The English text: that of findings and of generated files.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.english)
    }
}

impl From<&'static str> for Words {
    fn from(text: &'static str) -> Self {
        Self {
            english: Cow::Borrowed(text),
            chinese: None,
        }
    }
}

impl From<String> for Words {
    fn from(text: String) -> Self {
        Self {
            english: Cow::Owned(text),
            chinese: None,
        }
    }
}
