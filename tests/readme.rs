//! What the README shows is what the repository has.

use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The fenced blocks of one language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.split(&fence)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap_or_default().to_owned())
        .collect()
}

/// Whether `text` has the lines of `excerpt`, one after the other, at any indentation.
fn contains(text: &str, excerpt: &str) -> bool {
    let lines = |text: &str| {
        text.lines()
            .map(|line| line.trim().to_owned())
            .filter(|line| !line.is_empty())
            .collect::<Vec<_>>()
    };
    let (text, excerpt) = (lines(text), lines(excerpt));
    !excerpt.is_empty() && text.windows(excerpt.len()).any(|window| window == excerpt)
}

#[test]
fn the_description_that_it_shows_is_the_real_one() {
    let shown = blocks(&read("README.md"), "rust");
    assert_eq!(shown.len(), 1, "one block of Rust");
    assert!(
        contains(&read("spec/system.rs"), &shown[0]),
        "spec/system.rs has changed: show what it says now"
    );
}

#[test]
fn the_output_that_it_shows_is_generated() {
    let shown = blocks(&read("README.md"), "yaml");
    assert_eq!(shown.len(), 1, "one block of YAML");
    let file = read("generated/minimal/hosts/node-2/config/pg-2/patroni/patroni.yml");
    assert!(
        contains(&file, &shown[0]),
        "the generated file has changed: show what it says now"
    );
}

#[test]
fn the_places_that_it_shows_are_still_there() {
    let text = read("README.md");
    let line = |place: &str| {
        let (file, number) = place.split_once(':').expect("a file and a line");
        let number: usize = number.parse().expect("a number");
        let of_file = read(file);
        of_file
            .lines()
            .nth(number - 1)
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    // `redis max_memory 768MiB → 1GiB (spec/system.rs:126)`
    let (option, place) = text
        .lines()
        .filter_map(|shown| shown.split_once(" (spec/"))
        .find_map(|(change, rest)| {
            let option = change.trim().split(' ').nth(1)?;
            let place = rest.split(')').next()?;
            change
                .contains(" → ")
                .then(|| (option, format!("spec/{place}")))
        })
        .expect("a change of an option");
    let there = line(&place);
    assert!(
        there.contains(&format!(".{option}(")),
        "{place} is `{there}`"
    );
    // The second place of a finding, below `::: spec/system.rs:99:10`: ` 99 |   .survives(…)`
    let (_, below) = text.split_once("::: ").expect("a second place");
    let place: Vec<&str> = below.splitn(3, ':').take(2).collect();
    let source = below.lines().nth(2).and_then(|shown| shown.split_once('|'));
    let source = source.expect("a line of it").1.trim();
    assert_eq!(line(&place.join(":")), source);
}

#[test]
fn every_file_that_it_links_exists() {
    let text = read("README.md");
    let links: Vec<&str> = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|link| !link.starts_with("http"))
        .collect();
    assert!(links.len() > 5, "only {links:?}");
    for link in links {
        assert!(
            Path::new(env!("CARGO_MANIFEST_DIR")).join(link).exists(),
            "{link} does not exist"
        );
    }
}
