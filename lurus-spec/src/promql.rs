//! What an expression in PromQL asks for.
//!
//! In: an expression, as a rule or a panel has it. Out: the series that it selects, with the position of each part in
//! bytes, or the first thing that the language does not allow. It reads words, brackets and whether operands and operators
//! take turns; types of values are left to the program that evaluates the expression. It knows no series.

mod scan;
mod select;
mod words;

use crate::literal::Duration;
pub use scan::duration;
use words::{AGGREGATIONS, FUNCTIONS, GROUPINGS, OPERATOR_WORDS};

/// What an expression asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// The series that it selects, in the order in which they stand there.
    pub selectors: Vec<Selector>,
}

/// Series that an expression selects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// The name before the braces.
    pub name: Option<String>,
    /// The conditions between them.
    pub matchers: Vec<Matcher>,
    /// The span of time in `[5m]`; of a subquery, `None`: it looks at results, not at samples.
    pub range: Option<Duration>,
    /// Where it begins.
    pub at: usize,
}

/// A condition on a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matcher {
    /// The label.
    pub label: String,
    /// How it is compared.
    pub compares: Compare,
    /// With what.
    pub value: String,
    /// Where the label stands.
    pub at: usize,
    /// Where what it is compared with stands, without the quote before it.
    pub value_at: usize,
}

/// How a label is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// `=`
    Equal,
    /// `!=`
    Unequal,
    /// `=~`
    Matches,
    /// `!~`
    MatchesNot,
}

/// Why an expression is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where, in bytes from its beginning.
    pub at: usize,
    /// What is wrong, in lower case: it follows the expression in a sentence of its own.
    pub why: String,
}

/// Reads an expression.
///
/// ```
/// use lurus_spec::promql::read;
///
/// let query = read(r#"rate(http_requests_total{code=~"5.."}[5m]) > 1"#).unwrap();
/// assert_eq!(query.selectors[0].name.as_deref(), Some("http_requests_total"));
/// assert_eq!(query.selectors[0].matchers[0].value, "5..");
///
/// assert_eq!(read("sum(up").unwrap_err().at, 3);
/// ```
///
/// # Errors
/// The first place at which it is no PromQL.
pub fn read(expression: &str) -> Result<Query, Mistake> {
    let mut reader = Reader {
        text: expression,
        at: 0,
        open: Vec::new(),
        expects: Expects::Operand,
        grouping: false,
        query: Query::default(),
    };
    while reader.step()? {}
    reader.end()
}

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expects {
    /// A number, a string, a selector, a call, an opening bracket.
    Operand,
    /// An operator, a closing bracket, or the end.
    Operator,
}

/// An opening bracket that waits for the closing one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Open {
    at: usize,
    /// Whether a comma may stand in it: it holds the arguments of a function.
    call: bool,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    open: Vec<Open>,
    expects: Expects,
    /// Whether the last words were an aggregation with its labels, after which only its argument may come.
    grouping: bool,
    query: Query,
}

impl Reader<'_> {
    /// Reads one thing; false at the end.
    fn step(&mut self) -> Result<bool, Mistake> {
        self.blank();
        let start = self.at;
        let Some(next) = self.peek() else {
            return Ok(false);
        };
        match next {
            '(' => {
                if self.expects == Expects::Operator {
                    return Err(mistake(start, "an operator is missing before `(`"));
                }
                self.at += 1;
                let call = std::mem::take(&mut self.grouping);
                self.open.push(Open { at: start, call });
            }
            ')' => {
                let Some(open) = self.open.pop() else {
                    return Err(mistake(start, "`)` closes nothing"));
                };
                let empty = self.text[open.at + 1..start].trim().is_empty();
                if self.expects == Expects::Operand && !(empty && open.call) {
                    return Err(mistake(start, "something is missing before `)`"));
                }
                self.at += 1;
                self.expects = Expects::Operator;
            }
            ',' => {
                self.operand_before(start, ',')?;
                if !self.open.last().is_some_and(|open| open.call) {
                    return Err(mistake(
                        start,
                        "`,` stands between the arguments of a function only",
                    ));
                }
                self.at += 1;
                self.expects = Expects::Operand;
            }
            '{' => {
                self.operand_may_come(start)?;
                self.selector(None, start)?;
            }
            '"' | '\'' | '`' => {
                self.operand_may_come(start)?;
                self.string()?;
                self.expects = Expects::Operator;
            }
            '[' => self.range()?,
            '0'..='9' | '.' => {
                self.operand_may_come(start)?;
                self.number();
                self.expects = Expects::Operator;
            }
            'a'..='z' | 'A'..='Z' | '_' | ':' => self.word()?,
            '@' => {
                self.operand_before(start, '@')?;
                self.at += 1;
                self.expects = Expects::Operand;
            }
            '+' | '-' | '*' | '/' | '%' | '^' | '=' | '!' | '<' | '>' => self.operator(next)?,
            _ => return Err(mistake(start, &format!("`{next}` means nothing in PromQL"))),
        }
        Ok(true)
    }

    fn end(self) -> Result<Query, Mistake> {
        if let Some(open) = self.open.last() {
            return Err(mistake(open.at, "this bracket is never closed"));
        }
        if self.expects == Expects::Operand {
            return Err(mistake(self.text.len(), "something is missing at the end"));
        }
        Ok(self.query)
    }

    fn word(&mut self) -> Result<(), Mistake> {
        let start = self.at;
        let word = self.identifier();
        let lower = word.to_ascii_lowercase();
        if self.expects == Expects::Operator {
            if OPERATOR_WORDS.contains(&lower.as_str()) {
                self.expects = Expects::Operand;
                self.modifiers()?;
                return Ok(());
            }
            return match lower.as_str() {
                "offset" => self.offset(),
                // Of an aggregation, after its argument.
                "by" | "without" => self.labels(&word),
                _ => Err(mistake(
                    start,
                    &format!("an operator is missing before `{word}`"),
                )),
            };
        }
        if self.grouping {
            return Err(mistake(
                start,
                "`(` is missing after the labels of an aggregation",
            ));
        }
        if OPERATOR_WORDS.contains(&lower.as_str()) || GROUPINGS.contains(&lower.as_str()) {
            return Err(mistake(
                start,
                &format!("something is missing before `{word}`"),
            ));
        }
        if AGGREGATIONS.contains(&lower.as_str()) && !self.is_series() {
            self.blank();
            let mark = self.at;
            let after = self.identifier().to_ascii_lowercase();
            match after.as_str() {
                "by" | "without" => self.labels(&after)?,
                _ => self.at = mark,
            }
            self.blank();
            if self.peek() != Some('(') {
                return Err(mistake(self.at, &format!("`(` is missing after `{word}`")));
            }
            self.grouping = true;
            return Ok(());
        }
        self.blank();
        if self.peek() == Some('(') {
            if FUNCTIONS.binary_search(&lower.as_str()).is_err() {
                let meant = crate::report::nearest(&lower, FUNCTIONS.iter().copied());
                let ask = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
                return Err(mistake(
                    start,
                    &format!("there is no function `{word}`{ask}"),
                ));
            }
            // Its bracket may hold commas, as that of an aggregation may.
            self.grouping = true;
            return Ok(());
        }
        if matches!(lower.as_str(), "inf" | "nan") {
            self.expects = Expects::Operator;
            return Ok(());
        }
        self.selector(Some(word), start)
    }

    /// `sum` followed by neither `(` nor `by` may be the name of a series.
    fn is_series(&self) -> bool {
        let rest = self.text[self.at..].trim_start();
        let follows = |next: &str| {
            rest.split_at_checked(next.len())
                .is_some_and(|(word, rest)| {
                    word.eq_ignore_ascii_case(next)
                        && !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
                })
        };
        !rest.starts_with('(') && !follows("by") && !follows("without")
    }

    /// What may follow an operator: `bool`, `on (…)`, `ignoring (…)`, `group_left (…)`.
    fn modifiers(&mut self) -> Result<(), Mistake> {
        loop {
            self.blank();
            let mark = self.at;
            let word = self.identifier();
            match word.to_ascii_lowercase().as_str() {
                "bool" => {}
                "on" | "ignoring" => self.labels(&word)?,
                "group_left" | "group_right" => {
                    self.blank();
                    if self.peek() == Some('(') && self.is_label_list() {
                        self.labels(&word)?;
                    }
                }
                _ => {
                    self.at = mark;
                    return Ok(());
                }
            }
        }
    }

    /// Whether the bracket that begins here holds nothing but labels. `group_left (a + b)` is an operand.
    fn is_label_list(&self) -> bool {
        self.text[self.at..]
            .split_once(')')
            .is_some_and(|(inside, _)| {
                inside[1..].chars().all(|c| {
                    c.is_ascii_alphanumeric() || matches!(c, '_' | ',') || c.is_whitespace()
                })
            })
    }

    /// `(a, b)` after `by` and its like.
    fn labels(&mut self, after: &str) -> Result<(), Mistake> {
        self.blank();
        let start = self.at;
        if self.peek() != Some('(') {
            return Err(mistake(start, &format!("`(` is missing after `{after}`")));
        }
        self.at += 1;
        loop {
            self.blank();
            match self.peek() {
                Some(')') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(',') => self.at += 1,
                Some('a'..='z' | 'A'..='Z' | '_') => {
                    self.identifier();
                }
                Some(other) => {
                    return Err(mistake(
                        self.at,
                        &format!("`{other}` is no part of a label"),
                    ));
                }
                None => return Err(mistake(start, "this bracket is never closed")),
            }
        }
    }

    fn operator(&mut self, first: char) -> Result<(), Mistake> {
        let start = self.at;
        if self.expects == Expects::Operand {
            // A sign.
            if matches!(first, '+' | '-') {
                self.at += 1;
                return Ok(());
            }
            return Err(mistake(
                start,
                &format!("something is missing before `{first}`"),
            ));
        }
        let two = self.text.get(start..start + 2).unwrap_or_default();
        self.at += match two {
            "==" | "!=" | "<=" | ">=" => 2,
            _ if matches!(first, '=' | '!') => {
                return Err(mistake(start, "two values are compared with `==` or `!=`"));
            }
            _ => 1,
        };
        self.expects = Expects::Operand;
        self.modifiers()
    }

    fn offset(&mut self) -> Result<(), Mistake> {
        self.blank();
        if self.peek() == Some('-') {
            self.at += 1;
        }
        let start = self.at;
        let length = self.text[start..]
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(self.text.len() - start);
        self.at += length;
        duration(&self.text[start..self.at], start).map(|_| ())
    }

    fn operand_may_come(&self, at: usize) -> Result<(), Mistake> {
        match self.expects {
            Expects::Operand => Ok(()),
            Expects::Operator => Err(mistake(at, "an operator is missing here")),
        }
    }

    fn operand_before(&self, at: usize, what: char) -> Result<(), Mistake> {
        match self.expects {
            Expects::Operator => Ok(()),
            Expects::Operand => Err(mistake(
                at,
                &format!("something is missing before `{what}`"),
            )),
        }
    }
}

fn mistake(at: usize, why: &str) -> Mistake {
    Mistake {
        at,
        why: why.to_owned(),
    }
}

impl Selector {
    /// The name of the series, wherever it is said: before the braces or as `__name__="…"` between them.
    pub fn series(&self) -> Option<&str> {
        self.name.as_deref().or_else(|| {
            self.matchers
                .iter()
                .find(|matcher| matcher.label == "__name__" && matcher.compares == Compare::Equal)
                .map(|matcher| matcher.value.as_str())
        })
    }
}

#[cfg(test)]
mod tests;
