//! Reads the values of secrets from the env file that Docker Compose reads too.
//!
//! In: the text of the file. Out: values by name. It must not print a value: errors name lines and variables only.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};

/// The variables of an env file.
pub struct EnvFile(BTreeMap<String, String>);

impl EnvFile {
    /// Reads `NAME=value` lines; blank lines and lines that begin with `#` are skipped, one pair of quotes is taken off.
    ///
    /// # Errors
    /// Names the first line that is not of this form.
    pub fn parse(text: &str) -> Result<Self> {
        let mut values = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((name, value)) = line.split_once('=') else {
                bail!(
                    "line {} of the env file is not of the form NAME=value",
                    index + 1
                );
            };
            let value = value.trim();
            let quoted = ['"', '\'']
                .into_iter()
                .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
            values.insert(name.trim().to_owned(), quoted.unwrap_or(value).to_owned());
        }
        Ok(Self(values))
    }

    /// The value of `name`.
    ///
    /// # Errors
    /// When the file has no such variable, it is empty, or it holds a character that Compose expands: the two readings of the
    /// value could differ, and a login would fail without saying why.
    pub fn get(&self, name: &str) -> Result<&str> {
        let value = self
            .0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty());
        let value = value.with_context(|| {
            format!(
                "the env file has no value for {name}: run `cargo xtask secrets` for this cluster"
            )
        })?;
        ensure!(
            !value.contains(['$', '\\', '#']),
            "the value of {name} in the env file holds `$`, `\\` or `#`, which Compose reads in its own way: choose another value"
        );
        Ok(value)
    }

    /// Names with values for which `wanted` holds, in the order of names, where `${NAME}` stands for a value of `secrets`.
    ///
    /// # Errors
    /// When a reference is not closed, or to what `secrets` lacks.
    pub fn filled<'a>(
        &'a self,
        secrets: &EnvFile,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<(&'a str, String)>> {
        let fill = |name: &str, value: &str| -> Result<String> {
            let mut out = String::new();
            let mut rest = value;
            while let Some((before, after)) = rest.split_once("${") {
                let closed = after.split_once('}');
                let (secret, tail) =
                    closed.with_context(|| format!("{name} has a `${{` without a `}}`"))?;
                out.push_str(before);
                out.push_str(secrets.get(secret)?);
                rest = tail;
            }
            Ok(out + rest)
        };
        let values = self.0.iter().filter(|(_, value)| wanted(value));
        values
            .map(|(name, value)| Ok((name.as_str(), fill(name, value)?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_compose_reads_them() {
        let file =
            EnvFile::parse("# made by secrets\n\nA=x=y\nB=\"two words\"\n C = 'c' \nEMPTY=\n")
                .unwrap();
        assert_eq!(file.get("A").unwrap(), "x=y");
        assert_eq!(file.get("B").unwrap(), "two words");
        assert_eq!(file.get("C").unwrap(), "c");
        for missing in ["EMPTY", "D"] {
            let text = file.get(missing).unwrap_err().to_string();
            assert!(text.contains(missing), "{text}");
        }
    }

    #[test]
    fn a_value_that_compose_would_expand_is_refused_without_its_text() {
        let file = EnvFile::parse("A=hunter2$$\nB=hunter2 # two\nC=hunter\\2\n").unwrap();
        for name in ["A", "B", "C"] {
            let text = file.get(name).unwrap_err().to_string();
            assert!(text.contains(name) && !text.contains("hunter"), "{text}");
        }
    }

    #[test]
    fn a_broken_line_is_named_without_its_text() {
        let Err(error) = EnvFile::parse("A=1\nhunter2\n") else {
            panic!("a line without `=` was taken");
        };
        let text = error.to_string();
        assert!(
            text.contains("line 2") && !text.contains("hunter2"),
            "{text}"
        );
    }

    #[test]
    fn references_are_filled_from_the_secrets() {
        let secrets = EnvFile::parse("PASSWORD=hunter2\n").unwrap();
        let text = "DSN=\"postgresql://app:${PASSWORD}@db:5432/orders\"\nOTHER=${LATER}\n";
        let file = EnvFile::parse(text).unwrap();
        let dsns = |text: &str| text.starts_with("postgresql://");
        assert_eq!(
            file.filled(&secrets, dsns).unwrap(),
            [("DSN", "postgresql://app:hunter2@db:5432/orders".to_owned())]
        );
        let why = file.filled(&secrets, |_| true).unwrap_err().to_string();
        assert!(why.contains("no value for LATER"), "{why}");
    }
}
