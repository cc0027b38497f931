//! Servers of this cluster, whatever keeps them available: what clients find on them.
//!
//! In: the role and databases that an author named, and who else wants a user. Out: endpoints, the script that makes
//! roles and databases, its variables, the lines of the access list for clients, and what programs outside are told.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::component::postgres::{PRIMARY, PostgresRef, REPLICA, SQL, SqlName};
use crate::component::{Account, Endpoint, Login, Lowering, Reach, Right, SecretDeclaration};
use crate::literal::{EnvName, Name};
use crate::model::{Meta, Setting};
use crate::plan::{Contract, Symbol, Text, checked};
use crate::template;
use crate::words::Words;
use crate::yaml::{Node, map, seq};

/// Connections that PostgreSQL keeps for superusers (`superuser_reserved_connections`).
pub(in crate::component) const FOR_SUPERUSERS: u32 = 3;
/// Connections of the monitoring role: its limit in the database.
pub(in crate::component) const FOR_MONITORING: u32 = 10;

/// The port of PostgreSQL where nothing else is said.
const USUAL_PORT: u16 = 5432;

/// What clients find on the servers of a component.
#[derive(Clone, Debug)]
pub(in crate::component) struct Contents<'a> {
    pub(in crate::component) meta: &'a Meta,
    pub(in crate::component) role: SqlName,
    pub(in crate::component) databases: &'a [Setting<SqlName>],
}

/// What `post_bootstrap.sh.hbs` reads.
#[derive(Debug, Serialize)]
pub(in crate::component) struct Script {
    pub(in crate::component) role: String,
    pub(in crate::component) databases: Vec<String>,
    pub(in crate::component) monitor_connections: u32,
    /// The user that looks up passwords for whoever pools connections; none where nobody does.
    pub(in crate::component) pooler: Option<String>,
    /// For that user, in each database: what `user_lookup.sql.hbs` gives.
    pub(in crate::component) lookups: Vec<String>,
}

/// What `user_lookup.sql.hbs` reads.
#[derive(Debug, Serialize)]
pub(in crate::component) struct Lookup {
    pub(in crate::component) database: String,
    pub(in crate::component) pooler: String,
}

/// What programs outside may rely on.
#[derive(Debug)]
pub(in crate::component) struct Promises {
    /// Whether a commit is answered only when a second member has it.
    pub(in crate::component) synchronous: bool,
    /// What prints, inside the member of this name, who leads and who follows, as Patroni tells it; none where each member knows
    /// of itself only.
    pub(in crate::component) status: Option<fn(&Name) -> Vec<String>>,
}

/// What runs a statement as the administrator, inside a member.
const SQL_INSIDE: [&str; 5] = [
    "psql",
    "--no-psqlrc",
    "--username=postgres",
    "--dbname=postgres",
    "--command",
];

impl Contents<'_> {
    /// The role as which applications log in.
    pub(in crate::component) fn role(&self) -> String {
        self.role.to_string()
    }

    pub(in crate::component) fn databases(&self) -> Vec<String> {
        self.databases
            .iter()
            .map(|database| database.value.to_string())
            .collect()
    }

    /// The endpoints of databases: of a group that has a port called [`SQL`], for so many connections to each member.
    pub(in crate::component) fn endpoints(&self, connections: u32) -> [Endpoint; 3] {
        [
            (PRIMARY, Reach::Role),
            (REPLICA, Reach::Role),
            (SQL, Reach::Each),
        ]
        .map(|(name, reach)| Endpoint {
            login: Some(Login {
                user: self.role(),
                password: self.meta.secret("app-password"),
            }),
            connections: Some(connections),
            inside: self.databases(),
            ..Endpoint::new(name, "postgresql", self.meta.name.value.clone(), SQL, reach)
        })
    }

    /// Passwords of the roles that every server has.
    pub(in crate::component) fn secrets(&self) -> [SecretDeclaration; 2] {
        [
            (
                "app-password",
                Words::new("the role of applications", "应用程序使用的角色"),
            ),
            (
                "monitor-password",
                Words::new("the role that reads statistics", "读取统计信息的角色"),
            ),
        ]
        .map(|(suffix, purpose)| SecretDeclaration::new(self.meta, suffix, purpose))
    }

    /// The script that makes roles and databases.
    pub(in crate::component) fn script(&self, lowering: &Lowering<'_>) -> String {
        template::render(
            "post_bootstrap.sh",
            include_str!("post_bootstrap.sh.hbs"),
            &Script {
                role: self.role(),
                databases: self.databases(),
                monitor_connections: FOR_MONITORING,
                pooler: self
                    .pooler(lowering)
                    .map(|account| account.login.user.clone()),
                lookups: self.lookups(lowering),
            },
        )
    }

    /// The statements, for each database, by which whoever pools connections may look up passwords in it.
    pub(in crate::component) fn lookups(&self, lowering: &Lowering<'_>) -> Vec<String> {
        let Some(pooler) = self.pooler(lowering) else {
            return Vec::new();
        };
        let lookup = |database| {
            let text = template::render(
                "user_lookup.sql",
                include_str!("user_lookup.sql.hbs"),
                &Lookup {
                    database,
                    pooler: pooler.login.user.clone(),
                },
            );
            text.trim_end().to_owned()
        };
        self.databases().into_iter().map(lookup).collect()
    }

    /// The variables that the script reads, for a group of servers, and the port for whoever types a command there, where it
    /// is not the one that programs of PostgreSQL take by themselves.
    pub(in crate::component) fn env(
        &self,
        group: &Name,
        lowering: &Lowering<'_>,
    ) -> BTreeMap<EnvName, Text> {
        let secret = |name| Text::from(Symbol::Secret(name));
        let members = lowering.members(group);
        let port = members.first().and_then(|member| member.port(SQL));
        let elsewhere = port.filter(|port| port.get() != USUAL_PORT);
        [
            (
                "ROLE_APP_PASSWORD",
                secret(self.meta.secret("app-password")),
            ),
            (
                "ROLE_MONITOR_PASSWORD",
                secret(self.meta.secret("monitor-password")),
            ),
        ]
        .into_iter()
        .chain(self.pooler(lowering).map(|account| {
            let password = account.login.password.clone();
            ("ROLE_POOLER_PASSWORD", secret(password))
        }))
        .chain(elsewhere.map(|_| ("PGPORT", Symbol::OwnPort(SQL.into()).into())))
        .map(|(variable, value)| (checked(variable), value))
        .collect()
    }

    /// Lines of `pg_hba` of a group of servers, for everyone who is no member of it: who may log in from where, first match
    /// first.
    pub(in crate::component) fn access(
        &self,
        group: &Name,
        lowering: &Lowering<'_>,
    ) -> Vec<String> {
        let databases = self.databases().join(",");
        let pooler = self.pooler(lowering);
        let roles =
            std::iter::once(self.role()).chain(pooler.map(|account| account.login.user.clone()));
        let roles: Vec<String> = roles.collect();
        let everything = match databases.as_str() {
            "" => "postgres".to_owned(),
            some => format!("postgres,{some}"),
        };
        let mut lines = Vec::new();
        for source in lowering.client_sources(group, SQL) {
            lines.push(format!("host {everything} monitor {source} scram-sha-256"));
            if !databases.is_empty() {
                for role in &roles {
                    lines.push(format!("host {databases} {role} {source} scram-sha-256"));
                }
            }
        }
        lines
    }

    /// What programs outside are told of it. Where nothing stands in front of the primary, or there is no database, there is
    /// nothing for them.
    pub(in crate::component) fn contract(
        &self,
        postgres: &PostgresRef,
        lowering: &Lowering<'_>,
        promises: Promises,
    ) -> Option<Contract> {
        let name = &self.meta.name.value;
        let outside = |endpoint| {
            let (group, port) = lowering.entry(&endpoint)?;
            Some(seq(lowering.members(group).iter().map(|member| {
                let address = Symbol::Outside(member.name.clone(), port.clone());
                map([
                    ("service", member.name.to_string()),
                    ("address", address.token()),
                ])
            })))
        };
        let write = outside(postgres.primary())?;
        let database = self.databases.first()?;
        let (servers, _) = lowering.endpoint(&postgres.members())?.group()?;
        let members = lowering.members(servers).iter().map(|member| {
            let status = promises.status.map(|status| seq(status(&member.name)));
            map([("service", Node::str(member.name.as_str()))]).with_some("status", status)
        });
        Some(Contract {
            component: name.clone(),
            protocol: "postgres",
            entry: map([
                ("component", Node::str(name.as_str())),
                ("members", seq(members)),
                ("write", write),
            ])
            .with_some("read", outside(postgres.replica()))
            .with("role", self.role())
            .with(
                "password_env",
                Symbol::Secret(self.meta.secret("app-password")).token(),
            )
            .with("database", database.value.to_string())
            .with("synchronous", promises.synchronous)
            .with("sql", seq(SQL_INSIDE)),
        })
    }

    /// The user of whoever pools connections to it. One at most: a check refuses two.
    fn pooler<'l>(&self, lowering: &Lowering<'l>) -> Option<&'l Account> {
        let accounts = lowering.accounts(&self.meta.name.value);
        accounts.into_iter().find(|account| match account.right {
            Right::Passwords => true,
        })
    }
}
