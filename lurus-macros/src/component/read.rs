//! From the struct of a product to a [`Component`], or to all of its mistakes.
//!
//! In: the syntax of the struct. Out: what its author declared. Nothing is written here.

use syn::{Data, DeriveInput, Field, Fields, Ident, Type};

use crate::component::attribute::{Keys, read_kind};
use crate::component::cost::Cost;
use crate::component::documented::paragraphs;
use crate::component::field::Wrapped;
use crate::component::mistake::Mistakes;
use crate::component::{Choice, Component};

impl Component {
    pub(super) fn read(input: &DeriveInput) -> syn::Result<Self> {
        let mut mistakes = Mistakes::default();
        let fields = match &input.data {
            Data::Struct(data) => match &data.fields {
                Fields::Named(fields) => &fields.named,
                Fields::Unnamed(_) | Fields::Unit => {
                    return Err(syn::Error::new(
                        input.ident.span(),
                        "a component is a struct with named fields: a field `meta: Meta` and one field per option",
                    ));
                }
            },
            Data::Enum(_) | Data::Union(_) => {
                return Err(syn::Error::new(
                    input.ident.span(),
                    "a component is a struct: make one struct per product, and an enum of its variants an option",
                ));
            }
        };
        if !input.generics.params.is_empty() {
            mistakes.add(
                &input.generics,
                "a component has no generic parameters: its option table is one constant",
            );
        }
        // After a mistake these are empty; `finish` returns before anyone reads them.
        let kind = read_kind(input, &mut mistakes).unwrap_or_default();
        let doc = paragraphs(&input.attrs)
            .into_iter()
            .next()
            .unwrap_or_default();
        if doc.is_empty() {
            mistakes.add(
                &input.ident,
                format!(
                    "`{}` has no doc comment: say in one paragraph what it is, with `///`",
                    input.ident
                ),
            );
        }

        let mut has_meta = false;
        let mut options: Vec<Choice> = Vec::new();
        for field in fields {
            let Some(ident) = &field.ident else { continue };
            if ident == "meta" {
                has_meta = true;
                check_meta(field, &mut mistakes);
                continue;
            }
            let Some(option) = Choice::read(ident, field, &mut mistakes) else {
                continue;
            };
            if let Some(first) = options.iter().find(|first| first.setter == option.setter) {
                mistakes.add(
                    &option.setter,
                    format!(
                        "the fields `{}` and `{ident}` have one setter, `{}`",
                        first.field, option.setter
                    ),
                );
            }
            options.push(option);
        }
        if !has_meta {
            mistakes.add(
                &input.ident,
                format!(
                    "`{}` has no field `meta: Meta`, which keeps the name, the place and what setters refused",
                    input.ident
                ),
            );
        }

        mistakes.finish()?;
        Ok(Self {
            visibility: input.vis.clone(),
            ident: input.ident.clone(),
            kind,
            doc,
            options,
        })
    }
}

impl Choice {
    fn read(field: &Ident, syntax: &Field, mistakes: &mut Mistakes) -> Option<Self> {
        if !syntax
            .attrs
            .iter()
            .any(|attribute| attribute.path().is_ident("option"))
        {
            mistakes.add(
                field,
                format!("`{field}` has no `#[option(…)]`: every field but `meta` is an option"),
            );
            return None;
        }
        let keys = Keys::read(&syntax.attrs, mistakes);
        let doc = paragraphs(&syntax.attrs).join("\n\n");
        if doc.is_empty() {
            mistakes.add(
                field,
                format!(
                    "`{field}` has no doc comment: write with `///` what the manual says of it"
                ),
            );
        }
        if keys.cost.is_none() {
            mistakes.add(
                field,
                format!(
                    "`{field}` does not say what a change costs: write `cost = \"…\"` with {}",
                    Cost::names()
                ),
            );
        }
        let door = keys.door(mistakes);
        let Some(wrapped) = Wrapped::read(&syntax.ty) else {
            mistakes.add(
                &syntax.ty,
                "an option is `Option<Setting<T>>`, `Vec<Setting<T>>` with `each`, or `Setting<T>` with `required`",
            );
            return None;
        };
        let (ty, shape) = match wrapped {
            Wrapped::Optional(ty) => (ty, keys.optional(field, mistakes)),
            Wrapped::Each(ty) => (ty, keys.each(field, mistakes)),
            Wrapped::Required(ty) => (ty, keys.required(field, mistakes)),
        };
        let setter = keys.each.unwrap_or_else(|| field.clone());
        if let Some((_, why)) = RESERVED.iter().find(|(name, _)| setter == name) {
            mistakes.add(
                &setter,
                format!("an option cannot be called `{setter}`: {why}"),
            );
        }
        Some(Self {
            field: field.clone(),
            setter,
            ty: ty.clone(),
            shape,
            door,
            cost: keys.cost??,
            needs: keys.needs.flatten(),
            entrusted: keys.entrusted.is_some(),
            doc_attributes: syntax
                .attrs
                .iter()
                .filter(|attribute| attribute.path().is_ident("doc"))
                .cloned()
                .collect(),
            doc,
        })
    }
}

/// The field `meta` has the type `Meta` and no attribute.
fn check_meta(field: &Field, mistakes: &mut Mistakes) {
    if !matches!(&field.ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Meta"))
    {
        mistakes.add(
            &field.ty,
            "the field `meta` has the type `lurus_spec::model::Meta`",
        );
    }
    if let Some(attribute) = field
        .attrs
        .iter()
        .find(|attribute| attribute.path().is_ident("option"))
    {
        mistakes.add(
            attribute,
            "`meta` is not an option: its setters are the same on every component",
        );
    }
}

/// Names that no option can have, and why.
const RESERVED: [(&str, &str); 2] = [
    ("new", "it is the constructor"),
    ("name", "it is the first argument of every constructor"),
];
