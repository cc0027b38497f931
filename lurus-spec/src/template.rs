//! Line formats: a template and the one struct that it documents in, text out.
//!
//! A template lies beside its module and looks like the file it makes. It only places names that are final: it may branch (`#if`,
//! `#unless`), repeat (`#each`) and descend (`#with`), and it never computes. Nothing is escaped here, because only checked newtypes reach a
//! template; this module must not know any format.
//!
//! Handlebars' strict mode refuses `{{typo}}` but lets `{{#if typo}}`, `{{#unless typo}}` and `{{#each typo}}…{{else}}` pass as false, so a
//! test of every component calls [`check_against`] on its templates.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use handlebars::template::{BlockParam, HelperTemplate, Parameter, TemplateElement};
use handlebars::{Context, Handlebars, RenderContext, Renderable, Template};
use serde::Serialize;
use serde_json::Value;

/// Fills a template. `name` is for the message of a panic only.
///
/// # Panics
/// The template does not parse, or reads what the data does not have. Both are bugs of this repository that no description can cause:
/// templates are compiled in, their data is a struct, and a test has checked the one against the other. There is nothing that a caller
/// could do about it, so the error is not a value.
#[track_caller]
pub fn render<T: Serialize>(name: &str, template: &str, data: &T) -> String {
    static REGISTRY: LazyLock<Handlebars<'static>> = LazyLock::new(strict);
    let data =
        Context::wraps(data).unwrap_or_else(|error| panic!("the data of template {name}: {error}"));
    compiled(name, template)
        .renders(&REGISTRY, &data, &mut RenderContext::new(None))
        .unwrap_or_else(|error| panic!("template {name}: {error}"))
}

/// The parsed template: a large cluster renders the same few thousands of times, and parsing one takes longer than filling
/// it.
#[track_caller]
fn compiled(name: &str, template: &str) -> Arc<Template> {
    static COMPILED: Mutex<BTreeMap<String, Arc<Template>>> = Mutex::new(BTreeMap::new());
    // Whoever panicked while he held it left a whole map: a template that does not parse is not put into it.
    let mut known = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    match known.get(template) {
        Some(compiled) => Arc::clone(compiled),
        None => {
            let compiled = Arc::new(compile(name, template));
            known.insert(template.to_owned(), Arc::clone(&compiled));
            compiled
        }
    }
}

fn strict() -> Handlebars<'static> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.register_escape_fn(handlebars::no_escape);
    registry
}

#[track_caller]
fn compile(name: &str, template: &str) -> Template {
    Template::compile(template).unwrap_or_else(|error| panic!("template {name}: {error}"))
}

/// Every mistake in how a template reads `example`, the one struct that fills it: paths that do not exist, and constructs that a template
/// must not use. Each is a line that names its place; none means that the template fits.
///
/// The example has to have a value at everything that the template descends into: at least one item in each list, no `None` at a `#with`.
/// What is missing there is reported too, because nothing below it can be checked.
///
/// # Panics
/// The template does not parse.
#[track_caller]
pub fn check_against<T: Serialize>(template: &str, example: &T) -> Vec<String> {
    let example =
        serde_json::to_value(example).unwrap_or_else(|error| panic!("the example: {error}"));
    expressions(template)
        .into_iter()
        .filter_map(|expression| {
            let mistake = match &expression.reads {
                Ok(path) => mistake_in(&example, path)?,
                Err(mistake) => mistake.clone(),
            };
            Some(format!(
                "line {}: `{}`: {mistake}",
                expression.line, expression.text
            ))
        })
        .collect()
}

/// One place where a template reads its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// The expression as it is written: `../port`.
    pub text: String,
    /// The line of the tag, counted from 1.
    pub line: usize,
    /// What it reads, from the root of the data, or why it can never be right.
    pub reads: Result<Vec<Step>, String>,
}

/// One step from a value into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The field of this name.
    Field(String),
    /// Each item of a list, or each value of a map.
    Item,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Field(name) => write!(f, ".{name}"),
            Step::Item => f.write_str("[]"),
        }
    }
}

/// Every place where a template reads its data, in the order of the text, with the parameters of `#if`, `#unless`, `#each` and `#with`.
/// Loop variables such as `@index` are none, where they exist.
///
/// # Panics
/// The template does not parse.
#[track_caller]
pub fn expressions(template: &str) -> Vec<Expression> {
    let mut walk = Walk {
        scopes: vec![Scope::root()],
        line: 1,
        found: Vec::new(),
    };
    walk.template(&compile("to be checked", template));
    walk.found
}

/// The first step of the path that the example does not have.
fn mistake_in(example: &Value, path: &[Step]) -> Option<String> {
    let mut here = vec![example];
    for (done, step) in path.iter().enumerate() {
        let place = || match &path[..done] {
            [] => "the data".to_owned(),
            steps => steps.iter().map(Step::to_string).collect(),
        };
        let mut next = Vec::new();
        for value in here {
            match (step, value) {
                (Step::Field(name), Value::Object(fields)) => match fields.get(name) {
                    Some(value) => next.push(value),
                    None => {
                        let names: Vec<_> = fields.keys().map(String::as_str).collect();
                        return Some(format!(
                            "{} has no field `{name}`, only {}",
                            place(),
                            names.join(", ")
                        ));
                    }
                },
                (Step::Item, Value::Array(items)) => next.extend(items),
                (Step::Item, Value::Object(fields)) => next.extend(fields.values()),
                (Step::Field(_) | Step::Item, value) => {
                    return Some(format!(
                        "{} is {value} in the example, with nothing inside",
                        place()
                    ));
                }
            }
        }
        if next.is_empty() {
            return Some(format!(
                "{} is empty in the example, so its items cannot be checked",
                place()
            ));
        }
        here = next;
    }
    None
}

/// What names mean at one depth of blocks.
struct Scope {
    /// Where a bare name is looked up; `None` if that is no data, after a mistake that is already reported.
    base: Option<Vec<Step>>,
    /// Names that the block itself gives: `as |item index|`. A value of `None` is a loop variable.
    names: BTreeMap<String, Option<Vec<Step>>>,
    /// Whether `@index` and its like exist.
    in_loop: bool,
}

impl Scope {
    fn root() -> Scope {
        Scope {
            base: Some(Vec::new()),
            names: BTreeMap::new(),
            in_loop: false,
        }
    }
}

struct Walk {
    /// The innermost scope is the last; there is always one.
    scopes: Vec<Scope>,
    line: usize,
    found: Vec<Expression>,
}

impl Walk {
    fn template(&mut self, template: &Template) {
        for (index, element) in template.elements.iter().enumerate() {
            // An `else if` has no place of its own: it keeps the one of its block.
            if let Some(place) = template.mapping.get(index) {
                self.line = place.0;
            }
            match element {
                TemplateElement::RawString(_) | TemplateElement::Comment(_) => {}
                TemplateElement::Expression(tag) | TemplateElement::HtmlExpression(tag) => {
                    self.expression(tag)
                }
                TemplateElement::HelperBlock(block) => self.block(block),
                TemplateElement::PartialExpression(partial)
                | TemplateElement::PartialBlock(partial) => {
                    self.refuse(
                        &partial.name,
                        "a template includes no other; write the text here",
                    );
                }
                TemplateElement::DecoratorExpression(decorator)
                | TemplateElement::DecoratorBlock(decorator) => {
                    self.refuse(&decorator.name, "a template does not change how it is read");
                }
                // Of a later handlebars: it must not pass unchecked.
                other => unreachable!("a construct that is unknown here: {other:?}"),
            }
        }
    }

    fn expression(&mut self, tag: &HelperTemplate) {
        if tag.params.is_empty() && tag.hash.is_empty() {
            self.parameter(&tag.name);
        } else {
            self.refuse(&tag.name, COMPUTES);
        }
    }

    fn block(&mut self, block: &HelperTemplate) {
        let line = self.line;
        let reads = block
            .params
            .first()
            .and_then(|parameter| self.parameter(parameter));
        let inner = match block.name.as_name() {
            Some("if" | "unless") => None,
            Some("with") => Some(self.scope_of(block, reads, self.innermost().in_loop)),
            Some("each") => {
                let item = reads.map(|mut path| {
                    path.push(Step::Item);
                    path
                });
                Some(self.scope_of(block, item, true))
            }
            Some(_) | None => {
                self.refuse(&block.name, COMPUTES);
                return;
            }
        };
        let depth = self.scopes.len();
        self.scopes.extend(inner);
        if let Some(template) = &block.template {
            self.template(template);
        }
        self.scopes.truncate(depth);
        // What stands after `else` belongs to the block's outside, also its line when it has none.
        self.line = line;
        if let Some(inverse) = &block.inverse {
            self.template(inverse);
        }
    }

    fn scope_of(&self, block: &HelperTemplate, base: Option<Vec<Step>>, in_loop: bool) -> Scope {
        let mut names = BTreeMap::new();
        let mut name = |parameter: &Parameter, meaning: Option<Vec<Step>>| {
            names.extend(parameter.as_name().map(|name| (name.to_owned(), meaning)));
        };
        match &block.block_param {
            None => {}
            Some(BlockParam::Single(value)) => name(value, base.clone()),
            Some(BlockParam::Pair((value, key))) => {
                name(value, base.clone());
                name(key, None);
            }
            Some(_) => unreachable!("a block names one value or two"),
        }
        Scope {
            base,
            names,
            in_loop,
        }
    }

    /// Notes what a parameter reads, and returns it if it is data.
    fn parameter(&mut self, parameter: &Parameter) -> Option<Vec<Step>> {
        match parameter {
            Parameter::Literal(_) => None,
            Parameter::Name(text) => self.path(text),
            Parameter::Path(_) => self.path(parameter.as_name()?),
            Parameter::Subexpression(inner) => {
                self.report(inner.name(), Err(COMPUTES.to_owned()));
                None
            }
            other => unreachable!("a parameter that is unknown here: {other:?}"),
        }
    }

    fn path(&mut self, text: &str) -> Option<Vec<Step>> {
        let reads = self.resolve(text).transpose()?;
        self.report(text, reads.clone());
        reads.ok()
    }

    /// What a path as it is written means here: data, or a loop variable (`None`), or a mistake.
    fn resolve(&self, text: &str) -> Result<Option<Vec<Step>>, String> {
        let is_separator = |c: char| c == '.' || c == '/';
        let (from_root, rest) = match text.strip_prefix("@root") {
            Some(rest) if rest.starts_with(is_separator) => (true, &rest[1..]),
            Some(_) | None => (false, text),
        };
        let (is_local, mut rest) = match rest.strip_prefix('@') {
            Some(rest) => (true, rest),
            None => (false, rest.strip_prefix("./").unwrap_or(rest)),
        };
        let mut up = 0;
        while let Some(after) = rest
            .strip_prefix("..")
            .and_then(|rest| rest.strip_prefix(is_separator))
        {
            rest = after;
            up += 1;
        }
        let mut names = segments(rest)
            .into_iter()
            .filter(|name| name != "this")
            .peekable();
        let Some(scope) = self.scopes.iter().rev().nth(up) else {
            return Err("it leads out of the data".to_owned());
        };
        if is_local {
            return match names.next().as_deref() {
                Some("index" | "key" | "first" | "last") if scope.in_loop => Ok(None),
                Some("index" | "key" | "first" | "last") => {
                    Err("it exists inside `#each` only".to_owned())
                }
                Some(_) | None => Err(
                    "there is no such loop variable, only @index, @key, @first, @last".to_owned(),
                ),
            };
        }
        let given = names.peek().and_then(|name| {
            self.scopes
                .iter()
                .rev()
                .find_map(|scope| scope.names.get(name))
        });
        let mut path = match given {
            _ if from_root => Vec::new(),
            Some(None) => return Ok(None),
            Some(Some(path)) => {
                names.next();
                path.clone()
            }
            None => match &scope.base {
                Some(base) => base.clone(),
                // The block's own parameter is reported already.
                None => return Ok(None),
            },
        };
        path.extend(names.map(Step::Field));
        Ok(Some(path))
    }

    fn refuse(&mut self, name: &Parameter, why: &str) {
        let text = name.as_name().unwrap_or("a computed name").to_owned();
        self.report(&text, Err(why.to_owned()));
    }

    fn report(&mut self, text: &str, reads: Result<Vec<Step>, String>) {
        self.found.push(Expression {
            text: text.to_owned(),
            line: self.line,
            reads,
        });
    }

    fn innermost(&self) -> &Scope {
        self.scopes.last().expect("the root scope is never left")
    }
}

const COMPUTES: &str = "a template does not compute, it has #if, #unless, #each and #with only; give its struct one more field";

/// The names of a path: separated by `.` or `/`, and in brackets where they have such a character themselves.
fn segments(path: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let (name, after) = match rest.strip_prefix('[') {
            Some(inner) => inner.split_once(']').unwrap_or((inner, "")),
            None => rest.split_at(rest.find(['.', '/']).unwrap_or(rest.len())),
        };
        names.push(name.to_owned());
        rest = after.strip_prefix(['.', '/']).unwrap_or(after);
    }
    names
}

#[cfg(test)]
mod tests;
