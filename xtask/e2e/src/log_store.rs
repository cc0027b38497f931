//! The store of logs: a line that one user writes is read by another one, who may not write.
//!
//! In: an entry of the contract. Out: what each user was answered. It must not know what applications write there.

use anyhow::{Result, bail, ensure};

use crate::contract::{self, AddressedMember};
use crate::env_file::EnvFile;
use crate::http::{Answer, Client};
use crate::service::Step;

/// A store, and as whom it is asked.
pub(crate) struct LogStore {
    entry: contract::ClickHouse,
    writer: User,
    reader: User,
}

struct User {
    name: String,
    password: String,
}

/// What the server calls a write of a user who may only read, as it numbers its errors.
const READ_ONLY: &[&str] = &["164"];

/// A change of tables by a user to whom they are prohibited.
const PROHIBITED: &[&str] = &["392"];

/// A user that is unknown; since version 20 it is the same as a wrong password.
const UNKNOWN: &[&str] = &["192", "516"];

/// The text of a line of this run.
const LINE: &str = "lurus-e2e";

impl LogStore {
    /// # Errors
    /// When the env file lacks a password.
    pub(crate) fn new(entry: &contract::ClickHouse, secrets: &EnvFile) -> Result<Self> {
        let user = |user: &contract::User| -> Result<User> {
            Ok(User {
                name: user.user.clone(),
                password: secrets.get(&user.password_env)?.to_owned(),
            })
        };
        Ok(Self {
            writer: user(&entry.writer)?,
            reader: user(&entry.reader)?,
            entry: entry.clone(),
        })
    }

    pub(crate) fn component(&self) -> &str {
        &self.entry.component
    }

    /// Writes a line through each member that is started, reads it, and tries what nobody may.
    pub(crate) async fn exercise(&self, has: impl Fn(&str) -> bool) -> Vec<Step> {
        let Self { entry, reader, .. } = self;
        let (writes, reads) = (&entry.writer.user, &reader.name);
        let mut steps = Vec::new();
        for member in self.started(has) {
            let (at, service) = (Client::plain(member.address.socket()), &member.service);
            let title = |what: String| format!("{}: {what} through {service}", entry.component);
            let outcome = self.written(&at, service).await;
            let what = format!("a line that {writes} writes is read by {reads}");
            steps.push((title(what), outcome));
            let outcome = refused(&at, Some(reader), &self.insert(service), READ_ONLY).await;
            let what = format!("{reads} may not write");
            steps.push((title(what), outcome));
            let drop = format!("DROP TABLE {}", entry.table);
            let outcome = refused(&at, Some(&self.writer), &drop, PROHIBITED).await;
            let what = format!("{writes} may not drop the table");
            steps.push((title(what), outcome));
            let outcome = refused(&at, None, "SELECT 1", UNKNOWN).await;
            steps.push((
                title("nobody without a name is answered".to_owned()),
                outcome,
            ));
        }
        steps
    }

    /// Whether the lines are there that were written once.
    pub(crate) async fn read_back(&self, has: impl Fn(&str) -> bool) -> Result<()> {
        for member in self.started(has) {
            let at = Client::plain(member.address.socket());
            self.read(&at, &member.service).await?;
        }
        Ok(())
    }

    fn started(&self, has: impl Fn(&str) -> bool) -> impl Iterator<Item = &AddressedMember> {
        let members = self.entry.members.iter();
        members.filter(move |member| has(&member.service))
    }

    async fn written(&self, at: &Client, service: &str) -> Result<()> {
        let insert = self.insert(service);
        let answer = asked(at, Some(&self.writer), &insert).await?;
        ensure!(answer.status == 200, "the write: {}", told(&answer));
        self.read(at, service).await
    }

    /// Whether the line that was written through a member is read once.
    async fn read(&self, at: &Client, service: &str) -> Result<()> {
        let contract::ClickHouse { table, text, .. } = &self.entry;
        let select = format!("SELECT count() FROM {table} WHERE {text} = '{LINE} {service}'");
        let answer = asked(at, Some(&self.reader), &select).await?;
        ensure!(answer.status == 200, "the read: {}", told(&answer));
        match answer.text.trim() {
            "1" => Ok(()),
            lines => bail!("{lines} lines are read where 1 was written"),
        }
    }

    fn insert(&self, service: &str) -> String {
        let contract::ClickHouse {
            table, time, text, ..
        } = &self.entry;
        format!("INSERT INTO {table} ({time}, {text}) VALUES (now(), '{LINE} {service}')")
    }
}

/// Whether a query is refused, with one of these errors.
async fn refused(at: &Client, user: Option<&User>, query: &str, codes: &[&str]) -> Result<()> {
    let answer = asked(at, user, query).await?;
    ensure!(answer.status != 200, "it is done");
    let code = answer.text.strip_prefix("Code: ");
    let code = code.and_then(|text| text.split(['.', ',']).next());
    ensure!(
        code.is_some_and(|code| codes.contains(&code)),
        "it is refused for another reason: {}",
        told(&answer)
    );
    Ok(())
}

/// A query as a user; the password is in no address.
async fn asked(at: &Client, user: Option<&User>, query: &str) -> Result<Answer> {
    let headers: Vec<(&str, &str)> = match user {
        Some(User { name, password }) => {
            vec![("X-ClickHouse-User", name), ("X-ClickHouse-Key", password)]
        }
        None => Vec::new(),
    };
    at.post("/", &headers, query.to_owned()).await
}

fn told(answer: &Answer) -> String {
    let beginning: String = answer.text.chars().take(200).collect();
    format!("{} {}", answer.status, beginning.trim())
}
