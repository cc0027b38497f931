//! Selectors: what stands in braces, and the span of time behind them.

use super::scan::duration;
use super::{Compare, Expects, Matcher, Mistake, Reader, Selector, mistake};

impl Reader<'_> {
    /// A selector of which the name was read.
    pub(super) fn selector(&mut self, name: Option<String>, at: usize) -> Result<(), Mistake> {
        self.blank();
        let mut matchers = Vec::new();
        if self.peek() == Some('{') {
            matchers = self.braces()?;
        }
        let anything = name.is_some() || !matchers.is_empty();
        if !anything {
            return Err(mistake(at, "`{}` selects everything; say what"));
        }
        self.query.selectors.push(Selector {
            name,
            matchers,
            range: None,
            at,
        });
        self.expects = Expects::Operator;
        Ok(())
    }

    pub(super) fn braces(&mut self) -> Result<Vec<Matcher>, Mistake> {
        let open = self.at;
        self.at += 1;
        let mut matchers = Vec::new();
        loop {
            self.blank();
            let at = self.at;
            match self.peek() {
                Some('}') => {
                    self.at += 1;
                    return Ok(matchers);
                }
                Some('a'..='z' | 'A'..='Z' | '_') => {
                    let label = self.identifier();
                    matchers.push(self.matcher(label, at)?);
                    self.blank();
                    match self.peek() {
                        Some(',') => self.at += 1,
                        Some('}') => {}
                        Some(_) => {
                            return Err(mistake(self.at, "`,` is missing between two conditions"));
                        }
                        None => return Err(mistake(open, "this brace is never closed")),
                    }
                }
                Some(other) => {
                    return Err(mistake(
                        at,
                        &format!("a label is expected here, not `{other}`"),
                    ));
                }
                None => return Err(mistake(open, "this brace is never closed")),
            }
        }
    }

    pub(super) fn matcher(&mut self, label: String, at: usize) -> Result<Matcher, Mistake> {
        self.blank();
        let rest = &self.text[self.at..];
        let (compares, length) = if rest.starts_with("=~") {
            (Compare::Matches, 2)
        } else if rest.starts_with("!~") {
            (Compare::MatchesNot, 2)
        } else if rest.starts_with("!=") {
            (Compare::Unequal, 2)
        } else if rest.starts_with('=') {
            (Compare::Equal, 1)
        } else {
            let why = "a label is compared with `=`, `!=`, `=~` or `!~`";
            return Err(mistake(self.at, why));
        };
        self.at += length;
        self.blank();
        if !matches!(self.peek(), Some('"' | '\'' | '`')) {
            return Err(mistake(
                self.at,
                &format!("`{label}` is compared with a string in quotes"),
            ));
        }
        let value_at = self.at + 1;
        let value = self.string()?;
        Ok(Matcher {
            label,
            compares,
            value,
            at,
            value_at,
        })
    }

    /// `[5m]`, and `[1h:5m]` of a subquery.
    pub(super) fn range(&mut self) -> Result<(), Mistake> {
        let open = self.at;
        if self.expects == Expects::Operand {
            return Err(mistake(open, "a span of time stands after what it is of"));
        }
        let Some((inside, _)) = self.text[open + 1..].split_once(']') else {
            return Err(mistake(open, "this bracket is never closed"));
        };
        let (span, step) = match inside.split_once(':') {
            Some((span, step)) => (span, Some(step)),
            None => (inside, None),
        };
        let span = duration(span.trim(), open + 1)?;
        if let Some(step) = step.map(str::trim).filter(|step| !step.is_empty()) {
            duration(step, open + 1)?;
        }
        // What stands directly before is a selector, unless a bracket was closed.
        let of_selector = !self.text[..open].trim_end().ends_with(')');
        match (self.query.selectors.last_mut(), step) {
            (Some(selector), None) if of_selector => selector.range = Some(span),
            (_, Some(_)) => {}
            (_, None) => {
                return Err(mistake(open, "a result has no samples; write `[5m:1m]`"));
            }
        }
        self.at = open + inside.len() + 2;
        Ok(())
    }
}
