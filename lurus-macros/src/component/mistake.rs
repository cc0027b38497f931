//! Everything that is wrong with a struct, told at once.
//!
//! In: what is wrong, and the tokens that made it so. Out: one error of the compiler with all of it.

use quote::ToTokens;

/// Mistakes that are found one after the other and told together.
#[derive(Default)]
pub(super) struct Mistakes(Option<syn::Error>);

impl Mistakes {
    /// Notes a mistake, and underlines all of the tokens that made it.
    pub(super) fn add(&mut self, at: &impl ToTokens, text: impl std::fmt::Display) {
        self.join(syn::Error::new_spanned(at, text));
    }

    /// The value, or nothing after its error is noted.
    pub(super) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.join(error)).ok()
    }

    fn join(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            None => self.0 = Some(error),
        }
    }

    pub(super) fn finish(self) -> syn::Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}

/// Words to choose from, for a message.
pub(super) fn one_of(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}
