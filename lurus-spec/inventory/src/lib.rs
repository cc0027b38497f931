//! From `spec/*.toml` to typed handles.
//!
//! In: the names and bytes of the data files. Out: Rust code with a constant for every host, network and image, and the
//! inventory of every site; or every mistake of every file, each with its line and column. A pure function, so that the
//! build script that runs it is only the reading and writing of files.
//!
//! It judges each value alone: its type, its grammar, and whether the network that an address names is declared. How
//! values fit each other (an address outside its network, two hosts with one address) is said by the compiler's checks,
//! which know the places from here.

mod emit;
mod read;
mod site;

use std::collections::BTreeMap;

use lurus_report::{Diagnostic, Report, Style};

use read::Source;

/// The largest data file that is read, in bytes: room for thousands of hosts, and an end for what is no data file.
pub const MAX_BYTES: usize = 1 << 20;

/// The code for these files, in any order: `images.toml` holds the images of all sites, every other file is a site.
///
/// # Errors
/// Every mistake of every file.
pub fn compile(files: &[File]) -> Result<String, Report> {
    let mut report = Report::new();
    let mut images = site::Images {
        path: "spec/images.toml".to_owned(),
        pins: Vec::new(),
    };
    let mut sites = BTreeMap::new();
    for file in files {
        let source = match Source::new(file) {
            Ok(source) => source,
            Err(finding) => {
                report.push(finding);
                continue;
            }
        };
        if file.stem() == IMAGES {
            let (read, findings) = site::images(&source);
            report.extend(findings);
            images = read;
        } else {
            report.extend(misnamed(file));
            let (read, findings) = site::site(&source);
            report.extend(findings);
            sites.insert(file.stem(), read);
        }
    }
    if report.is_empty() {
        Ok(emit::code(&images, &sites))
    } else {
        Err(report)
    }
}

/// Draws the mistakes of these files, with their source lines.
pub fn draw(files: &[File], report: &Report) -> String {
    let source = |path: &str| {
        let file = files.iter().find(|file| file.path == path)?;
        let readable = file.bytes.len() <= MAX_BYTES;
        readable.then(|| String::from_utf8_lossy(&file.bytes).into_owned())
    };
    lurus_report::render(report, &source, Style::Plain)
}

/// A data file.
#[derive(Clone, Debug)]
pub struct File {
    /// Its path from the root of the workspace, with `/` between the parts: `spec/minimal.toml`.
    pub path: String,
    /// What is in it. Of a file that is longer than [`MAX_BYTES`], one byte more than that is enough.
    pub bytes: Vec<u8>,
}

impl File {
    /// The name of the site: `minimal` of `spec/minimal.toml`.
    fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        name.strip_suffix(".toml").unwrap_or(name)
    }
}

/// The stem of the file that holds the images.
const IMAGES: &str = "images";

/// Words of Rust that a site cannot be called, since it becomes a module.
const WORDS_OF_RUST: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Says why a site's file has a name that no site can have.
fn misnamed(file: &File) -> Option<Diagnostic> {
    let stem = file.stem();
    let why = match stem.parse::<lurus_literal::Name>() {
        Err(error) => error.to_string(),
        Ok(_) if WORDS_OF_RUST.contains(&stem) => format!("`{stem}` is a word of Rust"),
        Ok(_) => return None,
    };
    let title = format!("`{}` does not name a site: {why}", file.path.escape_debug());
    Some(
        Diagnostic::error(None, title)
            .help("rename the file to that of a site, such as `spec/minimal.toml`"),
    )
}

#[cfg(test)]
mod tests;
