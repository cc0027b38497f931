//! The text of a generated file, as a member reads it.
//!
//! In: the content of a file, and what the target answers for each symbol in it. Out: its text. It knows the header of each
//! format and no product.

use crate::file_tree::header;
use crate::literal::Name;
use crate::plan::{Body, Symbol};

/// A file of a member, which `fill` answers for.
pub(super) fn written(cluster: &Name, body: &Body, fill: impl Fn(&Symbol) -> String) -> String {
    let header = header(cluster);
    let text = body.filled(&fill);
    match body {
        // A script keeps its interpreter line first: the kernel reads nothing else.
        Body::Lines(_) => match text
            .strip_prefix("#!")
            .and_then(|rest| rest.split_once('\n'))
        {
            Some((interpreter, rest)) => format!("#!{interpreter}\n# {header}\n{rest}"),
            None => format!("# {header}\n{text}"),
        },
        Body::Yaml(_) => format!("# {header}\n{text}"),
        Body::Xml(_) => format!("<!-- {header} -->\n{text}"),
        // Neither has a place for it.
        Body::Verbatim(_) | Body::Json(_) => text.into_owned(),
    }
}
