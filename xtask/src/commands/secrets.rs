//! `secrets`: the secrets that a cluster declares in, their values in git-ignored files out, each where compose finds it.
//!
//! `generated/<cluster>/.env` is the store: a value in it is never changed. Beside each compose project lies a copy with what that project
//! uses. No value is ever printed.

pub(crate) mod provided;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;

use crate::sync::Lock;
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt as _;
use lurus_spec::Compiled;
use lurus_spec::literal::EnvName;
use lurus_spec::plan::Secret;
use lurus_spec::target::Target as _;
use lurus_spec::target::hosts::Hosts;
use lurus_spec::target::local::Local;

use crate::description::{self, Warnings};
use crate::outcome::{Failure, Verdict};
use crate::terminal::{GOOD, WARNING, eprint, print};
use crate::workspace::Workspace;

/// Make the values of a cluster's secrets that are missing, and put each where compose finds it
#[derive(Args)]
#[command(after_help = "\
Example:
  cargo xtask secrets minimal

The values are kept in generated/minimal/.env, which git ignores; a value that is there is
never changed. To choose one yourself, write NAME=value into that file and run the command
again: 16 or more of the characters A-Z a-z 0-9 . _ ~ -

Copies with what each host needs are written to generated/minimal/hosts/<host>/.env, and one
with all to generated/minimal/local/.env. All have mode 0600.

Certificates are yours: put tls.crt and tls.key into generated/minimal/provided/<name>/, and run
the command again to bring them to the hosts. Where there are none, development gets one that
signs itself, in generated/minimal/local/provided/<name>/.")]
pub(crate) struct Arguments {
    /// The cluster's name
    cluster: String,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<Verdict, Failure> {
    let description = description::compiled(workspace, Some(&arguments.cluster), Warnings::Hidden)?;
    for compiled in &description.compiled {
        let kept = keep(workspace, compiled)?;
        let mut text = format!(
            "{GOOD}{}:{GOOD:#} {} made, {} there already\n",
            workspace.shown(&kept.store),
            kept.made,
            kept.values.len() - kept.made
        );
        for copy in &kept.copies {
            text += &format!("  copied to {}\n", workspace.shown(copy));
        }
        print(&text)?;
    }
    Ok(Verdict::Fine)
}

/// The values of a cluster's secrets, and where they are.
pub(crate) struct Kept {
    /// The value of every declared secret, by the name of its variable.
    pub(crate) values: BTreeMap<String, String>,
    store: Utf8PathBuf,
    /// How many of the values are new.
    made: usize,
    /// Copies that had to be written.
    copies: Vec<Utf8PathBuf>,
}

/// Makes what is missing in the store of a cluster and brings the copies up to date.
///
/// # Errors
/// A value in the store that may not be used, or a refusal of the disk. No text has a value in it.
pub(crate) fn keep(workspace: &Workspace, compiled: &Compiled) -> Result<Kept, Failure> {
    let folder = workspace.generated.join(compiled.name.as_str());
    // Two runs at once would make two values for one secret; and `gen` replaces the folder as a whole.
    let _lock = Lock::exclusive(&workspace.generated)?;
    fs::create_dir_all(&folder).map_err(Failure::machine)?;
    let path = folder.join(".env");
    let before = read(&path)?;
    let shown = workspace.shown(&path);
    let secrets: BTreeMap<String, &Secret> = compiled
        .plans
        .values()
        .flat_map(|plan| &plan.secrets)
        .map(|secret| (secret.name.env_name().to_string(), secret))
        .collect();
    let found = parse(before.as_deref().unwrap_or_default())
        .and_then(|found| judge(&found, &secrets).map(|()| found))
        .map_err(|problems| {
            let problems: String = problems
                .iter()
                .map(|problem| format!("\n  {problem}"))
                .collect();
            Failure::Machine(format!("{shown} cannot be used:{problems}"))
        })?;
    for name in found.keys().filter(|name| !secrets.contains_key(*name)) {
        eprint(&format!(
            "{WARNING}warning:{WARNING:#} {shown} has a value for {name}, which no component declares: delete the line, or give its value to the new name if the secret was renamed\n"
        ));
    }
    let (after, made) = complete(before.as_deref(), compiled.name.as_str(), &found, &secrets)?;
    put(&path, &after)?;
    let values: BTreeMap<String, String> = found
        .into_iter()
        .map(|(name, (value, _))| (name, value))
        .filter(|(name, _)| secrets.contains_key(name))
        .chain(made.clone())
        .collect();
    let mut copies = Vec::new();
    for (inside, names) in wanted(compiled, &values) {
        let copy = folder.join(inside).join(".env");
        let mut text = format!(
            "# Made by `cargo xtask secrets {}` from the .env of the cluster's folder; do not edit.\n",
            compiled.name
        );
        for name in names {
            text += &format!("{name}={}\n", values[&name]);
        }
        fs::create_dir_all(parent(&copy)).map_err(Failure::machine)?;
        if put(&copy, &text)? {
            copies.push(copy);
        }
    }
    copies.extend(provided::provide(workspace, compiled, &folder)?);
    warn_of_leftovers(workspace, compiled, &folder)?;
    Ok(Kept {
        values,
        store: path,
        made: made.len(),
        copies,
    })
}

/// The fewest characters of a value: 16 random ones of 62 are 95 bits.
const SHORTEST: usize = 16;

/// The characters of a value that is made: 43 random ones of 62 are 256 bits.
const MADE: usize = 43;

/// Values with their lines, by name.
type Found = BTreeMap<String, (String, usize)>;

/// Reads lines of `NAME=value`; empty lines and those that begin with `#` are comments. Problems name lines and variables, never a value.
fn parse(text: &str) -> Result<Found, Vec<String>> {
    let mut found = Found::new();
    let mut problems = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let pair = line
            .split_once('=')
            .filter(|(name, _)| name.parse::<EnvName>().is_ok());
        let Some((name, value)) = pair else {
            problems.push(format!("line {number} is not of the form NAME=value"));
            continue;
        };
        if let Some((_, earlier)) = found.insert(name.to_owned(), (value.to_owned(), number)) {
            problems.push(format!(
                "line {number} sets {name}, as line {earlier} does: delete one of them"
            ));
        }
    }
    if problems.is_empty() {
        Ok(found)
    } else {
        Err(problems)
    }
}

/// Refuses values that cannot be used: they go into URLs, YAML and shells, and must mean the same in each.
fn judge(found: &Found, secrets: &BTreeMap<String, &Secret>) -> Result<(), Vec<String>> {
    let is_unreserved =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'~' | b'-');
    let problems: Vec<String> = found
        .iter()
        .filter(|(name, _)| secrets.contains_key(*name))
        .filter_map(|(name, (value, line))| {
            let why = if !value.bytes().all(is_unreserved) {
                "has a character other than A-Z a-z 0-9 . _ ~ - (quotes and spaces count)"
                    .to_owned()
            } else if value.len() < SHORTEST {
                format!("has fewer than {SHORTEST} characters")
            } else {
                return None;
            };
            Some(format!(
                "line {line}: the value of {name} {why}; choose another one, or delete the line to have one made"
            ))
        })
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

/// The text of the store with a new line for each secret that has none, and the values that were made.
fn complete(
    before: Option<&str>,
    cluster: &str,
    found: &Found,
    secrets: &BTreeMap<String, &Secret>,
) -> Result<(String, BTreeMap<String, String>), Failure> {
    let mut text = before.map_or_else(
        || {
            format!(
                "# The secrets of cluster {cluster}. They exist only here: keep a copy in a safe place.\n# `cargo xtask secrets {cluster}` adds what is missing and never changes a value.\n"
            )
        },
        str::to_owned,
    );
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let mut made = BTreeMap::new();
    for (name, secret) in secrets {
        if found.contains_key(name) {
            continue;
        }
        let value = random()?;
        let purpose = secret.purpose.to_string();
        let purpose = purpose.split_whitespace().collect::<Vec<_>>();
        text += &format!(
            "\n# {}: {}\n{name}={value}\n",
            secret.owner,
            purpose.join(" ")
        );
        made.insert(name.clone(), value);
    }
    Ok((text, made))
}

/// A value from the random source of the system.
///
/// # Errors
/// The system has none.
pub(crate) fn random() -> Result<String, Failure> {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut value = String::with_capacity(MADE);
    while value.len() < MADE {
        let mut bytes = [0; 64];
        getrandom::fill(&mut bytes).map_err(|error| {
            Failure::Machine(format!("the system gives no random bytes: {error}"))
        })?;
        // The bytes from 248 on are left out, so that every character is as likely as the others.
        let fair = bytes.iter().filter(|byte| **byte < 248);
        let left = MADE - value.len();
        value.extend(
            fair.map(|byte| char::from(ALPHABET[usize::from(byte % 62)]))
                .take(left),
        );
    }
    Ok(value)
}

/// The variables that each folder with a compose project uses: all on one engine, on a host those of its members.
fn wanted(
    compiled: &Compiled,
    values: &BTreeMap<String, String>,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut wanted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    if compiled.plans.contains_key(Local.name()) {
        wanted.insert(Local.name().to_owned(), values.keys().cloned().collect());
    }
    if let Some(plan) = compiled.plans.get(Hosts.name()) {
        for workload in &plan.workloads {
            for member in &workload.members {
                wanted
                    .entry(format!("{}/{}", Hosts.name(), member.host))
                    .or_default()
                    .extend(workload.secrets().map(|name| name.env_name().to_string()));
            }
        }
    }
    wanted
}

/// Names copies of hosts that are no more: only the operator knows whether such a host still runs.
fn warn_of_leftovers(
    workspace: &Workspace,
    compiled: &Compiled,
    folder: &Utf8Path,
) -> Result<(), Failure> {
    let hosts = folder.join(Hosts.name());
    let wanted = wanted(compiled, &BTreeMap::new());
    let entries = match hosts.read_dir_utf8() {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Failure::Machine(format!("{hosts}: {error}"))),
    };
    for entry in entries {
        let entry = entry.map_err(Failure::machine)?;
        let copy = entry.path().join(".env");
        if !wanted.contains_key(&format!("{}/{}", Hosts.name(), entry.file_name())) && copy.exists()
        {
            eprint(&format!(
                "{WARNING}warning:{WARNING:#} {} has secrets of a host that carries nothing any more: delete it\n",
                workspace.shown(&copy)
            ));
        }
    }
    Ok(())
}

fn read(path: &Utf8Path) -> Result<Option<String>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::machine(error)),
    }
}

/// Makes a file hold this text for its owner alone, in one step; says whether it did not already. A link stays one.
fn put(path: &Utf8Path, text: &str) -> Result<bool, Failure> {
    let path = &path.canonicalize_utf8().unwrap_or_else(|_| path.to_owned());
    if read(path)?.as_deref() == Some(text) {
        let mode = fs::metadata(path)
            .map_err(Failure::machine)?
            .permissions()
            .mode();
        if mode & 0o777 != 0o600 {
            fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
                .map_err(Failure::machine)?;
        }
        return Ok(false);
    }
    let new = path.with_file_name(".env.new");
    let write = || -> io::Result<()> {
        // What a killed run left has a mode that is not known.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut file = fs::OpenOptions::new()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        fs::File::open(parent(path))?.sync_all()
    };
    write().map_err(Failure::machine)?;
    Ok(true)
}

fn parent(path: &Utf8Path) -> &Utf8Path {
    path.parent().expect("a file is in a folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_random_and_harmless() {
        let values: BTreeSet<String> = (0..100).map(|_| random().unwrap()).collect();
        assert_eq!(values.len(), 100);
        for value in &values {
            assert_eq!(value.len(), MADE);
            assert!(value.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        }
        let used: BTreeSet<char> = values.iter().flat_map(|value| value.chars()).collect();
        assert_eq!(used.len(), 62, "a character is never drawn");
    }

    #[test]
    fn problems_have_a_place_and_no_value() {
        let text = "# comment\n\nA=hunter2\nhunter2\nexport B=hunter2\nA=hunter2\n C=hunter2\n";
        let problems = parse(text).unwrap_err();
        assert_eq!(
            problems,
            [
                "line 4 is not of the form NAME=value",
                "line 5 is not of the form NAME=value",
                "line 6 sets A, as line 3 does: delete one of them",
                "line 7 is not of the form NAME=value",
            ]
        );
    }
}
