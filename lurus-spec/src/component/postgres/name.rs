//! Names inside the database.
//!
//! In: what an author typed. Out: a [`SqlName`] that is safe wherever it is written: in SQL, in `pg_hba.conf`, in a
//! shell script and in a URL.

use crate::literal::{LiteralError, literal};

literal! {
    /// The name of a database or of a role: a letter of `a`–`z` or `_`, then at most 62 of `a`–`z`, `0`–`9` and `_`.
    ///
    /// Good: `lurus_billing`. Bad: `lurus-billing`, `Billing`, `1st`, `all`, `pg_stats`, `postgres`.
    ///
    /// Exists because such a name needs no quotes in SQL, in `pg_hba.conf`, in a shell or in a URL, so that it cannot
    /// smuggle anything into one. Words that `pg_hba.conf` gives a meaning of its own, and names that PostgreSQL and
    /// this compiler use themselves, are refused.
    pub struct SqlName(check_sql_name);
}

/// The longest name that PostgreSQL keeps (`NAMEDATALEN` − 1); longer ones are cut without a word.
const LONGEST: usize = 63;

/// Keywords of `pg_hba.conf`, databases and roles of PostgreSQL, and the roles that every cluster has.
const TAKEN: [&str; 15] = [
    "all",
    "monitor",
    "none",
    "pgbouncer",
    "postgres",
    "public",
    "replication",
    "replicator",
    "rewind",
    "samegroup",
    "samerole",
    "sameuser",
    "template0",
    "template1",
    "user",
];

fn check_sql_name(text: &str) -> Result<(), LiteralError> {
    let refuse = |why: String| {
        Err(LiteralError::not_a(
            "the name of a database or a role",
            text,
            why,
        ))
    };
    let fits = text.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !fits || text.len() > LONGEST {
        return refuse(format!(
            "write a lower-case letter, then at most {} lower-case letters, digits and `_`, as in `lurus_billing`",
            LONGEST - 1
        ));
    }
    if TAKEN.contains(&text) || text.starts_with("pg_") {
        return refuse(
            "PostgreSQL, its access list or what stands around it uses it; write one such as `lurus_billing`"
                .to_owned(),
        );
    }
    Ok(())
}
