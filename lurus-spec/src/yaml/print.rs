//! How a tree is printed: as YAML and as JSON.

use std::fmt::Write as _;

use super::{Key, Node};

/// Prints what stands after `key:` or `-`, with the space or the line break before it. `column` is where the children of the value begin.
fn yaml_value(out: &mut String, value: &Node, column: usize) {
    match value {
        Node::Seq(items) if !items.is_empty() => {
            out.push('\n');
            indent(out, column);
            yaml_items(out, items, column);
        }
        Node::Map(entries) if !entries.is_empty() => {
            out.push('\n');
            indent(out, column);
            yaml_entries(out, entries, column);
        }
        Node::Null
        | Node::Bool(_)
        | Node::Int(_)
        | Node::Str(_)
        | Node::Block(_)
        | Node::Seq(_)
        | Node::Map(_) => {
            out.push(' ');
            yaml_scalar(out, value, column);
        }
    }
}

/// Prints the items of a list; the place of the first `-` is already reached.
pub(super) fn yaml_items(out: &mut String, items: &[Node], column: usize) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            indent(out, column);
        }
        out.push('-');
        match item {
            Node::Seq(inner) if !inner.is_empty() => {
                out.push(' ');
                yaml_items(out, inner, column + 2);
            }
            Node::Map(entries) if !entries.is_empty() => {
                out.push(' ');
                yaml_entries(out, entries, column + 2);
            }
            Node::Null
            | Node::Bool(_)
            | Node::Int(_)
            | Node::Str(_)
            | Node::Block(_)
            | Node::Seq(_)
            | Node::Map(_) => {
                yaml_value(out, item, column + 2);
            }
        }
    }
}

/// Prints the entries of a map; the place of the first key is already reached.
pub(super) fn yaml_entries(out: &mut String, entries: &[(Key, Node)], column: usize) {
    refuse_repeated(entries);
    for (index, (key, value)) in entries.iter().enumerate() {
        if index > 0 {
            indent(out, column);
        }
        let start = out.len();
        plain_or_quoted(out, key);
        // YAML readers look at most 1024 characters ahead for the colon; a longer key has to announce itself.
        if out.len() - start > 1024 {
            out.insert_str(start, "? ");
            out.push('\n');
            indent(out, column);
        }
        out.push(':');
        yaml_value(out, value, column + 2);
    }
}

/// Prints a value that needs no lines of its own, or a block, and ends the line. `column` is where the lines of a block begin.
pub(super) fn yaml_scalar(out: &mut String, value: &Node, column: usize) {
    match value {
        Node::Null => out.push_str("null"),
        Node::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Node::Int(value) => write!(out, "{value}").expect("writing to a String cannot fail"),
        Node::Str(text) => plain_or_quoted(out, text),
        Node::Block(text) if fits_a_block(text) => return block(out, text, column),
        Node::Block(text) => quoted(out, text),
        Node::Seq(_) => out.push_str("[]"),
        Node::Map(_) => out.push_str("{}"),
    }
    out.push('\n');
}

/// Prints a literal block: `|`, how its end is meant, and its lines.
fn block(out: &mut String, text: &str, column: usize) {
    out.push('|');
    // Without the digit a reader takes the spaces of the first line for indentation.
    if text.trim_start_matches('\n').starts_with(' ') {
        out.push('2');
    }
    let body = text.trim_end_matches('\n');
    match text.len() - body.len() {
        0 => out.push('-'),
        1 => {}
        2.. => out.push('+'),
    }
    out.push('\n');
    for line in text.lines() {
        if !line.is_empty() {
            indent(out, column);
            out.push_str(line);
        }
        out.push('\n');
    }
}

/// Whether a literal block gives back exactly this text in every reader, and shows it: no invisible space at the end of a line, no tab
/// where indentation is read, no line break that only some readers know.
fn fits_a_block(text: &str) -> bool {
    let bytes = text.as_bytes();
    let stands = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    // Without a way out in the middle of a chunk, all of its bytes are looked at at once.
    let all_stand = |chunk: &[u8]| chunk.iter().fold(true, |all, byte| all & stands(byte));
    let escaped = |c| c != '\n' && c != '\t' && needs_escape(c);
    // Between them a line begins with a tab, or ends with a space or a tab.
    let hidden = |pair: &[u8; 2]| matches!(pair, b"\n\t" | b" \n" | b"\t\n");
    let invisible = text.starts_with('\t')
        || text.ends_with([' ', '\t'])
        || bytes
            .array_windows()
            .fold(false, |any, pair| any | hidden(pair));
    let empty = text.bytes().all(|byte| byte == b'\n');
    // Nearly all text is ASCII, which is seen much sooner.
    let plain = || bytes.chunks(64).all(all_stand) || !text.contains(escaped);
    !empty && !invisible && plain()
}

fn plain_or_quoted(out: &mut String, text: &str) {
    if is_plain(text) {
        out.push_str(text)
    } else {
        quoted(out, text)
    }
}

/// Whether no reader can take the bare text for anything but this string.
fn is_plain(text: &str) -> bool {
    let first = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'_');
    // Every part of a character beyond ASCII is refused, so bytes will do.
    let other =
        |byte: u8| first(&byte) || matches!(byte, b'0'..=b'9' | b'-' | b'.' | b'@' | b'+' | b'=');
    text.as_bytes().first().is_some_and(first) && text.bytes().all(other) && !is_reserved(text)
}

/// Words that some reader of YAML 1.1 or 1.2 takes for null, for a truth value or for a number. Those that begin with `.` or `~` are never
/// plain anyway.
fn is_reserved(text: &str) -> bool {
    const WORDS: [&str; 12] = [
        "false", "inf", "infinity", "n", "nan", "no", "null", "off", "on", "true", "y", "yes",
    ];
    const LONGEST: usize = "infinity".len();
    text.len() <= LONGEST && WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Prints a string as JSON does, which every YAML reader takes for the same string.
pub(super) fn quoted(out: &mut String, text: &str) {
    let plain = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    out.push('"');
    let mut rest = text;
    // What stands for itself is copied at once: it is nearly all of every text.
    while let Some(at) = rest.bytes().position(|byte| !plain(byte)) {
        out.push_str(&rest[..at]);
        // All bytes before it are characters of their own, so another one begins here.
        let mut chars = rest[at..].chars();
        match chars.next() {
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(c @ ('"' | '\\')) => out.extend(['\\', c]),
            Some(c) if needs_escape(c) => {
                write!(out, "\\u{:04x}", u32::from(c)).expect("writing to a String cannot fail");
            }
            Some(c) => out.push(c),
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

/// Characters that YAML does not let stand for themselves, or that YAML 1.1 takes for a line break; all of them fit in four digits.
fn needs_escape(c: char) -> bool {
    matches!(
        c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
    )
}

pub(super) fn json_value(out: &mut String, value: &Node, column: usize) {
    match value {
        Node::Null => out.push_str("null"),
        Node::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Node::Int(value) => write!(out, "{value}").expect("writing to a String cannot fail"),
        Node::Str(text) | Node::Block(text) => quoted(out, text),
        Node::Seq(items) if items.is_empty() => out.push_str("[]"),
        Node::Map(entries) if entries.is_empty() => out.push_str("{}"),
        Node::Seq(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                json_line(out, index, column + 2);
                json_value(out, item, column + 2);
            }
            out.push('\n');
            indent(out, column);
            out.push(']');
        }
        Node::Map(entries) => {
            refuse_repeated(entries);
            out.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                json_line(out, index, column + 2);
                quoted(out, key);
                out.push_str(": ");
                json_value(out, value, column + 2);
            }
            out.push('\n');
            indent(out, column);
            out.push('}');
        }
    }
}

/// Begins the line of the item at `index`.
fn json_line(out: &mut String, index: usize, column: usize) {
    out.push_str(if index > 0 { ",\n" } else { "\n" });
    indent(out, column);
}

fn indent(out: &mut String, column: usize) {
    const SPACES: &str = "                                ";
    let mut left = column;
    while left > SPACES.len() {
        out.push_str(SPACES);
        left -= SPACES.len();
    }
    out.push_str(&SPACES[..left]);
}

/// A repeated key is dropped by one reader and refused by the next, so it must not be printed.
fn refuse_repeated(entries: &[(Key, Node)]) {
    let refuse = |key: &str| panic!("the key {key:?} stands twice in one map");
    // Nearly all maps are so small that looking at each pair costs less than sorting them.
    if entries.len() <= 16 {
        for (index, (key, _)) in entries.iter().enumerate() {
            if entries[..index].iter().any(|(before, _)| before == key) {
                refuse(key);
            }
        }
        return;
    }
    let mut keys: Vec<&str> = entries.iter().map(|(key, _)| key.as_ref()).collect();
    keys.sort_unstable();
    for pair in keys.windows(2) {
        if pair[0] == pair[1] {
            refuse(pair[0]);
        }
    }
}
