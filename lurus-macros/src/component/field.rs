//! Types of fields: how often an option may be set, and of what type its values are.
//!
//! In: the type of a field. Out: the type inside its wrappers, and its name as authors read it.

use quote::quote;
use syn::{GenericArgument, PathArguments, Type};

/// A field's type, taken apart.
pub(super) enum Wrapped<'a> {
    Optional(&'a Type),
    Each(&'a Type),
    Required(&'a Type),
}

impl<'a> Wrapped<'a> {
    pub(super) fn read(ty: &'a Type) -> Option<Self> {
        if let Some(inner) = argument_of("Setting", ty) {
            Some(Self::Required(inner))
        } else if let Some(inner) = argument_of("Option", ty) {
            argument_of("Setting", inner).map(Self::Optional)
        } else {
            argument_of("Vec", ty)
                .and_then(|inner| argument_of("Setting", inner))
                .map(Self::Each)
        }
    }
}

/// The `T` of `Wrapper<T>`, whatever path leads to the wrapper.
fn argument_of<'a>(wrapper: &str, ty: &'a Type) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path
        .path
        .segments
        .last()
        .filter(|last| last.ident == wrapper)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    if arguments.args.len() != 1 {
        return None;
    }
    arguments.args.iter().find_map(|argument| {
        if let GenericArgument::Type(argument) = argument {
            Some(argument)
        } else {
            None
        }
    })
}

/// A type as authors read it: names without the paths before them, references without their lifetimes.
pub(super) fn readable(ty: &Type) -> String {
    if let Type::Reference(reference) = ty {
        return format!("&{}", readable(&reference.elem));
    }
    let Type::Path(path) = ty else {
        return quote!(#ty).to_string();
    };
    let Some(last) = path.path.segments.last() else {
        return quote!(#ty).to_string();
    };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return last.ident.to_string();
    };
    let arguments = arguments.args.iter().map(|argument| {
        if let GenericArgument::Type(ty) = argument {
            readable(ty)
        } else {
            quote!(#argument).to_string()
        }
    });
    format!(
        "{}<{}>",
        last.ident,
        arguments.collect::<Vec<_>>().join(", ")
    )
}

#[cfg(test)]
mod tests;
