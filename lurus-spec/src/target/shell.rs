//! Commands as they are typed.
//!
//! In: a command, word by word. Out: a line for a shell that reads it back as exactly those words. It knows no target.

/// A command line. Words that a shell would change are quoted.
pub(super) fn line<T: AsRef<str>>(words: impl IntoIterator<Item = T>) -> String {
    let words: Vec<String> = words
        .into_iter()
        .map(|word| quoted(word.as_ref()))
        .collect();
    words.join(" ")
}

/// A command line that a shell on another machine reads: where quoting is needed, it is quoted for both shells.
pub(super) fn remote(host: &str, command: &str) -> String {
    let is_plain = command.split(' ').all(is_plain);
    let command = if is_plain {
        command.to_owned()
    } else {
        quoted(command)
    };
    format!("ssh {host} {command}")
}

/// One word. Double quotes where the word has single ones and nothing that they would expand.
fn quoted(word: &str) -> String {
    if is_plain(word) {
        return word.to_owned();
    }
    if word.contains('\'') && !word.contains(['"', '$', '`', '\\', '!']) {
        return format!("\"{word}\"");
    }
    format!("'{}'", word.replace('\'', r"'\''"))
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
        check(&["client", "-p", "7001", "ping"], "client -p 7001 ping");
        check(&["sh", "-c", "echo a; echo b"], "sh -c 'echo a; echo b'");
        check(&["echo", ""], "echo ''");
        check(&["echo", "it's"], "echo \"it's\"");
        check(&["echo", "it's $HOME"], r"echo 'it'\''s $HOME'");
    }

    #[test]
    fn two_shells_read_back_the_same_words() {
        let check =
            |words: &[&str], expected: &str| assert_eq!(remote("a", &line(words)), expected);
        check(&["client", "ping"], "ssh a client ping");
        check(&["echo", "a b"], "ssh a \"echo 'a b'\"");
        check(&["echo", "$HOME"], r"ssh a 'echo '\''$HOME'\'''");
    }
}
