//! `#[derive(Component)]`: from the struct of a product to its constructor, setters, reference and option table.
//!
//! In: a struct with a field `meta: Meta` and one `#[option(…)]` field per option. Out: the code of
//! [`Component::write`], or every mistake in the attributes at once, each at the place that made it. It knows no
//! product and no literal type: what a value may be is the business of the field's type.

mod attribute;
mod common;
mod cost;
mod documented;
mod field;
mod mistake;
mod need;
mod read;
mod write;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::{Attribute, DeriveInput, Ident, Type, Visibility};

use cost::Cost;
use need::Need;

/// Writes the code for one struct, or returns all of its mistakes in one error.
pub(crate) fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    Ok(Component::read(input)?.write())
}

/// A component as its author declared it, without mistakes.
struct Component {
    visibility: Visibility,
    ident: Ident,
    kind: String,
    /// First paragraph of the doc comment.
    doc: String,
    /// In the order of the fields, which is the order of the constructor's arguments and of the option table.
    options: Vec<Choice>,
}

/// One option of a component: a field with `#[option(…)]`.
struct Choice {
    field: Ident,
    /// Name of the setter, and the option's name in the table. A field `streams` has the setter `stream`.
    setter: Ident,
    /// The `T` of `Setting<T>`.
    ty: Type,
    shape: Shape,
    door: Door,
    cost: Cost,
    needs: Option<Need>,
    /// Whether a platform that does what the component is for is told it too.
    entrusted: bool,
    /// The doc comment, as rustdoc is given it.
    doc_attributes: Vec<Attribute>,
    /// The doc comment, as the option table is given it.
    doc: String,
}

/// How often an option may be set, which the field's type says.
enum Shape {
    /// `Option<Setting<T>>`: at most one value; what holds without one.
    Optional { default: Unset },
    /// `Vec<Setting<T>>`: one value per call of the setter; what holds without one.
    Each { default: String },
    /// `Setting<T>`: an argument of the constructor.
    Required,
}

/// What holds when an option is not set.
enum Unset {
    /// A value of the option's type, as it is written.
    Value(String),
    /// Words for the manual: it follows from the rest, or is absent.
    Words(String),
}

impl Unset {
    fn as_str(&self) -> &str {
        match self {
            Self::Value(text) | Self::Words(text) => text,
        }
    }
}

/// What a setter takes.
#[derive(Clone, Copy)]
enum Door {
    /// `impl Into<Given<T>>`: a checked value, or text that the type may refuse.
    Given,
    /// `T` itself.
    Plain,
    /// The author writes the setter, because it takes more than one argument.
    Manual,
}

impl Choice {
    /// The option's name, as the table and the findings have it.
    fn name(&self) -> String {
        self.setter.unraw().to_string()
    }
}
