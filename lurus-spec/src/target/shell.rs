//! Commands as they are typed.
//!
//! In: a command, word by word. Out: a line for a shell that reads it back as exactly those words. It knows no target.

use std::borrow::Cow;

/// A command line. Words that a shell would change are quoted.
pub(super) fn line<T: AsRef<str>>(words: impl IntoIterator<Item = T>) -> String {
    let mut line = String::new();
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        line += &quoted(word.as_ref());
    }
    line
}

/// Whether a command on another machine gets a terminal, by which it can be interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Terminal {
    /// Its output goes through a pipe.
    None,
    /// It has one.
    Own,
}

/// A command line that a shell on another machine reads: where quoting is needed, it is quoted for both shells.
pub(super) fn remote(host: &str, command: &str, terminal: Terminal) -> String {
    let command = if command.split(' ').all(is_plain) {
        command.into()
    } else {
        quoted(command)
    };
    let ssh = match terminal {
        Terminal::None => "ssh",
        Terminal::Own => "ssh -t",
    };
    format!("{ssh} {host} {command}")
}

/// One word, in double quotes where it has single ones itself.
fn quoted(word: &str) -> Cow<'_, str> {
    if is_plain(word) {
        return word.into();
    }
    // A shell that is typed at takes `!` in double quotes for its history.
    if !word.contains('\'') || word.contains('!') {
        return format!("'{}'", word.replace('\'', r"'\''")).into();
    }
    let escaped = word.chars().fold(String::new(), |mut out, c| {
        if matches!(c, '"' | '$' | '`' | '\\') {
            out.push('\\');
        }
        out.push(c);
        out
    });
    format!("\"{escaped}\"").into()
}

fn is_plain(word: &str) -> bool {
    !word.is_empty()
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-./:=,@%+".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_the_same_words() {
        let check = |words: &[&str], expected: &str| assert_eq!(line(words), expected);
        check(&["cli", "-p", "7001", "ping"], "cli -p 7001 ping");
        check(&["sh", "-c", "echo a; echo b"], "sh -c 'echo a; echo b'");
        check(&["echo", ""], "echo ''");
        check(&["echo", "it's"], "echo \"it's\"");
        check(&["echo", "it's $HOME"], r#"echo "it's \$HOME""#);
        check(&["echo", "it's!"], r"echo 'it'\''s!'");
    }

    #[test]
    fn two_shells_read_back_the_same_words() {
        let check = |words: &[&str], expected: &str| {
            assert_eq!(remote("a", &line(words), Terminal::None), expected);
        };
        check(&["cli", "ping"], "ssh a cli ping");
        check(&["echo", "a b"], "ssh a \"echo 'a b'\"");
        check(&["echo", "$HOME"], r#"ssh a "echo '\$HOME'""#);
        assert_eq!(remote("a", "run", Terminal::Own), "ssh -t a run");
    }
}
