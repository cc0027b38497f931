//! From `spec/*.toml` and `spec/rules/*.yml` to typed handles.
//!
//! In: the names and bytes of the data files. Out: Rust code with a constant for every host, network and image, the
//! inventory of every site, and the texts of the team's own alert rules; or every mistake of every file, each with its
//! line and column. A pure function, so that the build script that runs it is only the reading and writing of files.
//!
//! # The files
//!
//! `spec/images.toml` pins the images of all sites. Every other `spec/*.toml` is a site, called as its file:
//!
//! ```toml
//! [networks.data]
//! cidr = "10.0.1.0/24"
//! gateway = "10.0.1.1"
//!
//! [hosts.node-1]
//! addresses = { data = "10.0.1.11" }
//! cores = 4
//! memory = "16GiB"
//! disk = "100GiB"
//! disk_kind = "ssd"            # or "nvme", "hdd", "network"; may be left out
//! zone = "a"                   # what fails together; may be left out
//!
//! [hosts.db-1]
//! addresses = { data = "10.0.1.12" }
//! instance = "ecs.r7.xlarge"   # in place of `cores` and `memory`
//! disk = "200GiB"
//!
//! [registry]                   # may be left out
//! mirror = "registry.example.com/mirror"
//!
//! [registry.mirrors]           # may be left out
//! "docker.io" = "harbor.example.com/dockerhub"
//! ```
//!
//! The `mirror` stands for every registry, with each under its own name: `quay.io/coreos/etcd:v3.5.9` is then fetched as
//! `registry.example.com/mirror/quay.io/coreos/etcd:v3.5.9`. A mirror in `[registry.mirrors]` stands for one registry
//! and has the paths of that one, as a proxy project of Harbor has: `redis:7.2.5` is fetched as
//! `harbor.example.com/dockerhub/library/redis:7.2.5`. It goes before the mirror of every registry.
//!
//! Images that lie at a mirror's registry already stay where they are. That is the place for images that a team builds
//! itself where its mirror can only be read: `patroni = "harbor.example.com/lurus/patroni:3.2.0-pg16"`.
//!
//! `spec/rules/*.yml` are embedded as they are, for whoever reads alert rules.
//!
//! # What is judged here
//!
//! It judges each value alone: its type, its grammar, and whether the network that an address names is declared. How
//! values fit each other (an address outside its network, two hosts with one address) is said by the compiler's checks,
//! which know the places from here.

mod emit;
mod host;
mod instance;
mod mirror;
mod read;
mod reading;
mod site;

use std::collections::BTreeMap;

use lurus_report::{Diagnostic, Report, Style};

use read::Source;

/// The largest data file that is read, in bytes: room for thousands of hosts, and an end for what is no data file.
pub const MAX_BYTES: usize = 1 << 20;

/// The code for these files, in any order: `spec/rules/` holds alert rules, `images.toml` the images of all sites, and
/// every other file is a site.
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
    let mut rules = BTreeMap::new();
    for file in files {
        let source = match Source::new(file) {
            Ok(source) => source,
            Err(finding) => {
                report.push(finding);
                continue;
            }
        };
        if file.path.starts_with(RULES) {
            report.extend(unread(file));
            rules.insert(file.path.as_str(), source.text());
        } else if file.stem() == IMAGES {
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
        Ok(emit::code(&images, &sites, &rules))
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
    /// Its path from the root of the workspace, with `/` between the parts: `spec/minimal.toml`, `spec/rules/team.yml`.
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

/// The folder of alert rules that a team wrote itself.
pub const RULES: &str = "spec/rules/";

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

/// Says that a file of rules has another extension than the one that is read.
fn unread(file: &File) -> Option<Diagnostic> {
    let stem = file.path.strip_suffix(".yaml")?;
    let title = format!("`{}` is not read as rules", file.path.escape_debug());
    Some(
        Diagnostic::error(None, title)
            .help(format!("rename the file to `{}.yml`", stem.escape_debug())),
    )
}

#[cfg(test)]
mod tests;
