//! The command line.

use camino::Utf8Path;
use lurus_spec::file_tree::FileTree;
use xtask::sync::{Mode, sync};

fn main() {
    let mut tree = FileTree::default();
    for cluster in lurus::clusters() {
        match lurus_spec::compile(&cluster) {
            Ok(compiled) => compiled
                .tree
                .iter()
                .for_each(|(path, file)| tree.insert(path.clone(), file.clone()).unwrap()),
            Err(report) => {
                for finding in &report {
                    eprintln!("{finding:?}");
                }
                std::process::exit(1);
            }
        }
    }
    println!("{:?}", sync(&tree, Utf8Path::new("generated"), Mode::Write));
}
