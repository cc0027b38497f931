//! What `#[component(…)]` and `#[option(…)]` say.
//!
//! In: the attributes of a struct or a field. Out: the kind of the component, and the keys of an option, compared with what
//! the field's type says of it.

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Attribute, DeriveInput, Expr, ExprLit, Ident, Lit, LitStr, Path, Token};

use crate::component::cost::Cost;
use crate::component::mistake::Mistakes;
use crate::component::need::Need;
use crate::component::{Door, Shape, Unset};

/// What `#[option(…)]` says, before it is compared with the field's type.
#[derive(Default)]
pub(super) struct Keys {
    default: Option<LitStr>,
    default_value: Option<LitStr>,
    /// The inner value is absent when the text is no cost, which is a mistake already noted.
    pub(super) cost: Option<Option<Cost>>,
    /// The inner value is absent when the text is no need, which is a mistake already noted.
    pub(super) needs: Option<Option<Need>>,
    pub(super) each: Option<Ident>,
    required: Option<Path>,
    plain: Option<Path>,
    manual: Option<Path>,
    pub(super) entrusted: Option<Path>,
}

impl Keys {
    pub(super) fn read(attributes: &[Attribute], mistakes: &mut Mistakes) -> Self {
        let mut keys = Self::default();
        for attribute in attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("option"))
        {
            let read = attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("default") {
                    let text = text(&meta, mistakes)?;
                    set_once(mistakes, &meta, &mut keys.default, text);
                } else if meta.path.is_ident("default_value") {
                    let text = text(&meta, mistakes)?;
                    set_once(mistakes, &meta, &mut keys.default_value, text);
                } else if meta.path.is_ident("cost") {
                    let literal = text(&meta, mistakes)?;
                    let cost = mistakes.take(Cost::read(&literal));
                    set_once(mistakes, &meta, &mut keys.cost, cost);
                } else if meta.path.is_ident("needs") {
                    let literal = text(&meta, mistakes)?;
                    let need = mistakes.take(Need::read(&literal));
                    set_once(mistakes, &meta, &mut keys.needs, need);
                } else if meta.path.is_ident("each") {
                    let literal = text(&meta, mistakes)?;
                    match literal.parse_with(Ident::parse_any) {
                        Ok(setter) => set_once(mistakes, &meta, &mut keys.each, setter),
                        Err(_) => mistakes.add(
                            &literal,
                            "`each` is the name of the setter that adds one element, as in `each = \"stream\"`",
                        ),
                    }
                } else if meta.path.is_ident("required") {
                    set_once(mistakes, &meta, &mut keys.required, meta.path.clone());
                } else if meta.path.is_ident("plain") {
                    set_once(mistakes, &meta, &mut keys.plain, meta.path.clone());
                } else if meta.path.is_ident("entrusted") {
                    set_once(mistakes, &meta, &mut keys.entrusted, meta.path.clone());
                } else if meta.path.is_ident("manual") {
                    set_once(mistakes, &meta, &mut keys.manual, meta.path.clone());
                } else {
                    mistakes.add(
                        &meta.path,
                        format!(
                            "`{}` is no key of an option: write `default`, `default_value`, `cost`, `needs`, `entrusted`, \
                             `each`, `required`, `plain` or `manual`",
                            key(&meta)
                        ),
                    );
                    return skip_value(&meta);
                }
                Ok(())
            });
            mistakes.take(read);
        }
        keys
    }

    /// What the setter takes.
    pub(super) fn door(&self, mistakes: &mut Mistakes) -> Door {
        match (&self.plain, &self.manual) {
            (None, None) => Door::Given,
            (Some(_), None) => Door::Plain,
            (None, Some(_)) => Door::Manual,
            (Some(plain), Some(_)) => {
                mistakes.add(plain, "`plain` is about the setter, and `manual` says that you write it: leave one out");
                Door::Manual
            }
        }
    }

    pub(super) fn optional(&self, field: &Ident, mistakes: &mut Mistakes) -> Shape {
        self.refuse_each(mistakes);
        self.refuse_required(mistakes);
        let default = match (&self.default, &self.default_value) {
            (Some(words), None) => Unset::Words(words.value()),
            (None, Some(value)) => Unset::Value(value.value()),
            (None, None) => {
                mistakes.add(
                    field,
                    format!(
                        "`{field}` does not say what holds when it is not set: write `default_value = \"…\"`, or `default = \"…\"` \
                         with words where it is no value"
                    ),
                );
                Unset::Words(String::new())
            }
            (Some(words), Some(value)) => {
                mistakes.add(
                    words,
                    "`default` says in words what `default_value` says as a value: leave one out",
                );
                Unset::Value(value.value())
            }
        };
        Shape::Optional { default }
    }

    pub(super) fn each(&self, field: &Ident, mistakes: &mut Mistakes) -> Shape {
        self.refuse_required(mistakes);
        if let Some(value) = &self.default_value {
            mistakes.add(
                value,
                "several values have no default value: say with `default = \"…\"` what holds without one",
            );
        }
        if self.each.is_none() {
            mistakes.add(
                field,
                format!("`{field}` holds several values: name the setter that adds one, as in `each = \"stream\"`"),
            );
        }
        Shape::Each {
            default: self
                .default
                .as_ref()
                .map_or_else(|| "none".to_owned(), LitStr::value),
        }
    }

    pub(super) fn required(&self, field: &Ident, mistakes: &mut Mistakes) -> Shape {
        self.refuse_each(mistakes);
        if self.required.is_none() {
            mistakes.add(
                field,
                format!("`{field}` always has a value: write `required`, or make it an `Option<Setting<T>>`"),
            );
        }
        for default in self.default.iter().chain(&self.default_value) {
            mistakes.add(
                default,
                "what the constructor requires has no default: leave it out",
            );
        }
        if let Some(manual) = &self.manual {
            mistakes.add(
                manual,
                "what the constructor requires has no setter: leave `manual` out",
            );
        } else if self.plain.is_none() {
            mistakes.add(
                field,
                format!("`{field}` needs `plain` beside `required`: were the text refused, there would be no value"),
            );
        }
        Shape::Required
    }

    fn refuse_each(&self, mistakes: &mut Mistakes) {
        if let Some(each) = &self.each {
            mistakes.add(each, "`each` is for a field `Vec<Setting<T>>`");
        }
    }

    fn refuse_required(&self, mistakes: &mut Mistakes) {
        if let Some(required) = &self.required {
            mistakes.add(
                required,
                "`required` is for a field `Setting<T>`, which always has a value",
            );
        }
    }
}

/// The kind in `#[component(kind = "…")]`.
pub(super) fn read_kind(input: &DeriveInput, mistakes: &mut Mistakes) -> Option<String> {
    let mut kind: Option<LitStr> = None;
    let attributes = input
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("component"));
    for attribute in attributes {
        let read = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("kind") {
                let text = text(&meta, mistakes)?;
                set_once(mistakes, &meta, &mut kind, text);
                return Ok(());
            }
            mistakes.add(
                &meta.path,
                format!(
                    "`{}` is no key of a component: it has `kind` only, as in `kind = \"nats\"`",
                    key(&meta)
                ),
            );
            skip_value(&meta)
        });
        mistakes.take(read);
    }
    let Some(kind) = kind else {
        mistakes.add(
            &input.ident,
            format!(
                "`{}` has no kind: write `#[component(kind = \"…\")]` above the struct",
                input.ident
            ),
        );
        return None;
    };
    if !is_kind(&kind.value()) {
        mistakes.add(
            &kind,
            format!(
                "`{}` is not a kind: a lower-case letter, then lower-case letters, digits and `-`, as in \
                 `redis-cluster`",
                kind.value()
            ),
        );
    }
    Some(kind.value())
}

fn is_kind(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !text.ends_with('-')
}

/// Notes a value, or that its key is said twice.
fn set_once<T>(mistakes: &mut Mistakes, meta: &ParseNestedMeta, slot: &mut Option<T>, value: T) {
    if slot.is_some() {
        mistakes.add(
            &meta.path,
            format!("`{}` is said twice: leave one out", key(meta)),
        );
    } else {
        *slot = Some(value);
    }
}

/// The key, as the author wrote it.
fn key(meta: &ParseNestedMeta) -> String {
    meta.path.to_token_stream().to_string()
}

/// The text of `key = "text"`. A value without quotes is a mistake, and is read as if it had them, so that nothing
/// else is said of it.
fn text(meta: &ParseNestedMeta, mistakes: &mut Mistakes) -> syn::Result<LitStr> {
    let value: Expr = meta.value()?.parse()?;
    if let Expr::Lit(ExprLit {
        lit: Lit::Str(text),
        ..
    }) = value
    {
        return Ok(text);
    }
    let unquoted = value.to_token_stream().to_string();
    mistakes.add(
        &value,
        format!("`{0}` is text: write `{0} = \"{unquoted}\"`", key(meta)),
    );
    Ok(LitStr::new(&unquoted, value.span()))
}

/// Steps over the value of an unknown key, so that the keys after it are read too.
fn skip_value(meta: &ParseNestedMeta) -> syn::Result<()> {
    if meta.input.peek(Token![=]) {
        meta.value()?.parse::<Expr>()?;
    } else if meta.input.peek(syn::token::Paren) {
        meta.input.parse::<proc_macro2::Group>()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
