//! The text of a generated file, as a member reads it.
//!
//! In: the content of a file, and what the target answers for each symbol in it. Out: its text. It knows the header of each
//! format and no product.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::file_tree::header;
use crate::literal::{AbsPath, Name};
use crate::plan::{Body, ConfigDir, ConfigFile, Plan, Symbol, Text, Workload, has_holes};
use crate::yaml::{Node, document};

/// The texts of files without holes. All members of a workload read the same there, so that it is printed once: rules and
/// dashboards are most of what is written.
pub(super) struct Alike<'a>(BTreeMap<(&'a Name, &'a AbsPath, &'a str), String>);

impl<'a> Alike<'a> {
    pub(super) fn of(plan: &'a Plan) -> Self {
        let dirs = plan.workloads.iter().flat_map(|workload| {
            let dirs = workload.all_config();
            dirs.map(move |dir| (workload, dir))
        });
        let files = dirs.flat_map(|(workload, dir)| {
            let files = dir.files.iter().filter(|file| !file.body.has_holes());
            files.map(move |file| {
                let text = written(&plan.cluster, &file.body, |_| {
                    unreachable!("it has no holes")
                });
                (key(workload, dir, file), text)
            })
        });
        Self(files.collect())
    }

    /// The text of a file of a workload; none where it has holes.
    pub(super) fn text<'s>(
        &'s self,
        workload: &'s Workload,
        dir: &'s ConfigDir,
        file: &'s ConfigFile,
    ) -> Option<&'s str> {
        self.0.get(&key(workload, dir, file)).map(String::as_str)
    }
}

fn key<'a>(
    workload: &'a Workload,
    dir: &'a ConfigDir,
    file: &'a ConfigFile,
) -> (&'a Name, &'a AbsPath, &'a str) {
    (&workload.name, &dir.mount, &file.name)
}

/// A file of a member, which `fill` answers for.
pub(super) fn written(cluster: &Name, body: &Body, fill: impl Fn(&Symbol) -> String) -> String {
    let header = header(cluster);
    match body {
        Body::Lines(text) => {
            let body = text.resolve(fill);
            // A script keeps its interpreter line first: the kernel reads nothing else.
            match body
                .strip_prefix("#!")
                .and_then(|rest| rest.split_once('\n'))
            {
                Some((interpreter, rest)) => format!("#!{interpreter}\n# {header}\n{rest}"),
                None => format!("# {header}\n{body}"),
            }
        }
        Body::Xml(text) => format!("<!-- {header} -->\n{}", text.resolve(fill)),
        Body::Verbatim(text) => text.clone(),
        Body::Yaml(node) => document(&header, &filled(node, &fill)),
        Body::Json(node) => filled(node, &fill).to_json(),
    }
}

/// A tree whose holes are filled. Most have none.
fn filled<'a>(node: &'a Node, fill: &dyn Fn(&Symbol) -> String) -> Cow<'a, Node> {
    if node.any_string(&has_holes) {
        Cow::Owned(node.map_strings(&|text| Text::fill(text, fill)))
    } else {
        Cow::Borrowed(node)
    }
}
