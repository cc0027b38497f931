//! Doc comments as data, for the manual.
//!
//! In: the attributes of a struct or a field. Out: the paragraphs of its doc comment.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The paragraphs of a doc comment, each on one line: a reader breaks lines where its page ends, not where the
/// source did. Lists keep one line per entry, and fenced code stays as it is.
pub(super) fn paragraphs(attributes: &[Attribute]) -> Vec<String> {
    let mut paragraphs = Vec::new();
    let mut paragraph = String::new();
    let mut fenced = false;
    for line in attributes.iter().filter_map(doc_text).flat_map(|text| {
        text.lines()
            .map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned())
            .collect::<Vec<_>>()
    }) {
        let fence = line.trim_start().starts_with("```");
        if line.is_empty() && !fenced {
            if !paragraph.is_empty() {
                paragraphs.push(std::mem::take(&mut paragraph));
            }
            continue;
        }
        if !paragraph.is_empty() {
            let entry = line.starts_with("- ") || line.starts_with("* ");
            paragraph.push(if fenced || fence || entry { '\n' } else { ' ' });
        }
        paragraph.push_str(&line);
        fenced ^= fence;
    }
    if !paragraph.is_empty() {
        paragraphs.push(paragraph);
    }
    paragraphs
}

/// The text of one `#[doc = "…"]`, which is what `/// …` becomes.
fn doc_text(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    if !pair.path.is_ident("doc") {
        return None;
    }
    let Expr::Lit(ExprLit {
        lit: Lit::Str(text),
        ..
    }) = &pair.value
    else {
        return None;
    };
    // An empty line of a comment is an empty text, which `str::lines` would not show.
    Some(if text.value().is_empty() {
        "\n".to_owned()
    } else {
        text.value()
    })
}

#[cfg(test)]
mod tests;
