//! Comes in: a text. Goes out: the address of a page. Must not know: whether anything answers there.

use alloc::format;

use crate::{LiteralError, literal};

/// The longest URL, in characters: what every browser and proxy still takes.
const URL_MAX: usize = 2000;

literal! {
    /// The address of a page or of something that takes requests: `http://` or `https://`, a host, and what follows.
    ///
    /// Good: `https://wiki.example.com/runbook`, `http://10.0.2.1:8080/hook?room=ops`.
    /// Bad: `wiki.example.com`, `ftp://a`, `https://`, `https://a/b c`, `https://user:password@a/`.
    ///
    /// Exists because a URL with a space, a quote or a `$` would be another word, another string or a variable in the
    /// file that holds it (write `%20`, `%22`, `%24`), and because one with a password in it would be committed with it.
    pub struct Url(check_url);
}

fn check_url(text: &str) -> Result<(), LiteralError> {
    let refuse = |why: &str| Err(LiteralError::not_a("a URL", text, why));
    let Some(rest) = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
    else {
        return refuse("write it from its beginning, as in `https://wiki.example.com/runbook`");
    };
    let host = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    if host.is_empty() {
        return refuse("it names no host; write one such as `https://wiki.example.com/runbook`");
    }
    if host.contains('@') {
        return refuse("it names a user; a password has no place in a file that is committed");
    }
    if let Some(bad) = text
        .chars()
        .find(|c| !c.is_ascii_graphic() || "\"'`<>\\^{|}$".contains(*c))
    {
        return refuse(&format!(
            "`{}` is not allowed; write it as `%` and two digits, as `%20` for a space",
            bad.escape_debug()
        ));
    }
    if text.len() > URL_MAX {
        return refuse(&format!(
            "it has {} characters, and at most {URL_MAX} are allowed",
            text.len()
        ));
    }
    Ok(())
}
