//! Comes in: a text. Goes out: a name of an environment variable. Must not know: its value, or who reads it.

use alloc::format;

use crate::{LiteralError, literal};

/// The longest name, in characters: ours, since no system sets one, and far above what anybody writes.
const ENV_NAME_MAX: usize = 128;

literal! {
    /// The name of an environment variable: at most 128 of `A`–`Z`, `0`–`9` and `_`, without a digit first.
    ///
    /// Good: `PG_DSN`, `_JAVA_OPTIONS`. Bad: `pg_dsn`, `9LIVES`, `PG-DSN`, `A=B`.
    ///
    /// Exists because a name with `=`, a space or a line break would set another variable than its author meant; the
    /// upper case is what POSIX reserves for variables that programs share.
    pub struct EnvName(check_env_name);
}

fn check_env_name(text: &str) -> Result<(), LiteralError> {
    let refuse = |why: &str| {
        Err(LiteralError::not_a(
            "the name of an environment variable",
            text,
            why,
        ))
    };
    if text.is_empty() {
        return refuse("it is empty; write one such as `PG_DSN`");
    }
    if let Some(bad) = text
        .chars()
        .find(|&c| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '_')
    {
        return refuse(&format!(
            "`{}` is not allowed; write upper-case letters, digits and `_`, as in `PG_DSN`",
            bad.escape_debug(),
        ));
    }
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        return refuse("it begins with a digit; write a letter or `_` there, as in `PG_DSN`");
    }
    if text.len() > ENV_NAME_MAX {
        return refuse(&format!(
            "it has {} characters, and at most {ENV_NAME_MAX} are allowed",
            text.len()
        ));
    }
    Ok(())
}
