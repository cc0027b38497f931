//! `[registry]`
//!
//! In: the mirror of every registry, and a table of mirrors of single ones. Out: both, checked. Must not know: images.

use lurus_literal::{Mirror, Registry};
use lurus_report::Diagnostic;
use toml::de::DeValue;

use crate::read::Entry;
use crate::reading::{Key, Reading, optional, shown};
use crate::site::{MirrorOf, Placed};

const MIRROR: Key = optional("mirror", "mirror = \"registry.example.com/mirror\"");
const MIRRORS: Key = optional("mirrors", "[registry.mirrors]");

impl Reading<'_> {
    /// The mirrors: that of every registry first, then those of single ones in the order of the file.
    pub(crate) fn mirrors(&mut self, entry: &Entry<'_>) -> Vec<MirrorOf> {
        let keys = [MIRROR, MIRRORS];
        let Some([every, single]) = self.fields(entry, "the registry", "[registry]", keys) else {
            return Vec::new();
        };
        let every = every.and_then(|field| {
            let mirror = self.text::<Mirror>(&field, "the registry", MIRROR.example)?;
            Some(MirrorOf { of: None, mirror })
        });
        let single = single.map(|field| self.mirrors_of(&field));
        every
            .into_iter()
            .chain(single.into_iter().flatten())
            .collect()
    }

    fn mirrors_of(&mut self, field: &Entry<'_>) -> Vec<MirrorOf> {
        let Some(table) = self.table(field, MIRRORS.example) else {
            return Vec::new();
        };
        let entries = self.source.entries(table);
        let mirror = |entry: &Entry<'_>| {
            if let DeValue::Table(_) = entry.value {
                self.unquoted(entry);
                return None;
            }
            let of = self.name::<Registry>(entry);
            let example = format!("\"{}\" = \"registry.example.com/mirror\"", shown(entry.key));
            let what = "the mirrors";
            let mirror = self.text::<Mirror>(entry, what, &example);
            let Placed { value: of, .. } = of?;
            Some(MirrorOf {
                of: Some(of),
                mirror: mirror?,
            })
        };
        entries.iter().filter_map(mirror).collect()
    }

    /// `docker.io = "…"`, which is a table `docker` with a key `io`.
    fn unquoted(&mut self, entry: &Entry<'_>) {
        let title = format!("`{}` of the mirrors is a table", shown(entry.key));
        let finding = Diagnostic::error(None, title)
            .primary(entry.key_origin.clone(), "expected a registry")
            .help("put the registry in quotation marks, as in `\"docker.io\" = \"registry.example.com/mirror\"`");
        self.findings.push(finding);
    }
}
