//! The access list of PostgreSQL, read back from the plan: whom it lets in, and whom it keeps out.

use crate::check::{Check, Rule};
use crate::component::patroni::lower::FILE;
use crate::component::postgres::SQL;
use crate::literal::Cidr;
use crate::plan::{Body, Member, Plan, Workload};
use crate::report::{Code, Diagnostic, Report};
use crate::yaml::Node;

const ACCESS_CODE: Code = Code::new("L0701");

pub(super) const ACCESS: Rule = Rule {
    code: ACCESS_CODE.as_str(),
    ensures: "Ensure the access list of PostgreSQL lets in its members, what stands in front, and nobody without a password.",
    explain: r"PostgreSQL asks `pg_hba` for each connection, and refuses what no line allows. Without a line for the member's own host,
the very first start fails, and Patroni throws the new cluster away. Without lines for other members, no replica can
copy; without lines for those who connect, no application gets in. A line for all addresses, or with `trust`, lets in
everyone who reaches the port.

The list is computed from who connects to whom. This rule reads it back from the plan and does not trust how it was
made; that it fails is a mistake of the compiler, which its authors want to know.",
    source: "PostgreSQL 16, pg_hba.conf; seen: Patroni 3.2.0 without a line for 127.0.0.1 fails to bootstrap",
    check: Check::Planned(access),
};

fn access(plan: &Plan, report: &mut Report) {
    for workload in &plan.workloads {
        let Some(list) = access_list(workload) else {
            continue;
        };
        let Some(origin) = workload.members.first().map(|member| member.origin.clone()) else {
            continue;
        };
        for mistake in mistakes(plan, workload, &list) {
            report.push(
                Diagnostic::error(
                    ACCESS_CODE,
                    format!("the access list of {} {mistake}", workload.name),
                )
                .primary(origin.clone(), "its members")
                .help("this is a mistake of the compiler: report it, with the description"),
            );
        }
    }
}

/// The lines of `pg_hba`, for workloads that have a file of Patroni.
fn access_list(workload: &Workload) -> Option<Vec<&str>> {
    let files = workload.config.iter().flat_map(|dir| &dir.files);
    let body = files
        .filter(|file| file.name == FILE)
        .find_map(|file| match &file.body {
            Body::Yaml(tree) => Some(tree.node()),
            Body::Lines(_) | Body::Xml(_) | Body::Verbatim(_) | Body::Json(_) => None,
        })?;
    let Some(Node::Seq(lines)) = body.get("postgresql").and_then(|node| node.get("pg_hba")) else {
        return Some(Vec::new());
    };
    Some(
        lines
            .iter()
            .map(|line| match line {
                Node::Str(text) => text.as_str(),
                // No line at all, which is a mistake.
                Node::Null
                | Node::Bool(_)
                | Node::Int(_)
                | Node::Block(_)
                | Node::Seq(_)
                | Node::Map(_) => "",
            })
            .collect(),
    )
}

fn mistakes(plan: &Plan, workload: &Workload, texts: &[&str]) -> Vec<String> {
    let mut mistakes = Vec::new();
    let mut lines = Vec::new();
    for text in texts {
        match Line::read(text) {
            Some(line) => lines.push(line),
            None => mistakes.push(format!("has a line that is none: `{text}`")),
        }
    }
    let open = |line: &&Line<'_>| {
        let everywhere = matches!(line.source, "all" | "samenet")
            || line
                .source
                .parse::<Cidr>()
                .is_ok_and(|source| source.prefix() == 0);
        everywhere || line.method == "trust" || line.method == "password"
    };
    mistakes.extend(
        lines
            .iter()
            .filter(open)
            .map(|line| format!("lets in everyone as {}", line.role)),
    );
    for (databases, role) in [("all", "postgres"), ("replication", "replicator")] {
        let own = |line: &Line<'_>| {
            line.kind == "host"
                && line.databases == databases
                && line.role == role
                && line.own_host()
        };
        if !lines.iter().any(own) {
            mistakes.push(format!("keeps out {role} from the member's own host"));
        }
    }
    // A host may connect by any of its addresses: which one is known to the target only. So may a member, of a network of
    // its own.
    let from = |member: &Member, line: &Line<'_>| {
        let host = plan.inventory.host_named(&member.host);
        line.source.parse::<Cidr>().is_ok_and(|source| {
            if let Some(own) = plan.own_network {
                return source.contains(own.network()) && source.contains(own.broadcast());
            }
            host.is_some_and(|host| {
                host.addresses
                    .iter()
                    .any(|address| source.contains(address.ip))
            })
        })
    };
    for member in &workload.members {
        for role in ["replicator", "rewind"] {
            if !lines
                .iter()
                .any(|line| line.role == role && from(member, line))
            {
                mistakes.push(format!("keeps out {role} from {}", member.name));
            }
        }
    }
    let clients = plan
        .flows
        .iter()
        .filter(|flow| flow.to == workload.name && flow.port == SQL && flow.from != workload.name)
        .filter_map(|flow| plan.workload(&flow.from))
        .flat_map(|client| &client.members);
    for client in clients {
        let of_clients = |line: &Line<'_>| {
            !matches!(line.role, "postgres" | "replicator" | "rewind") && from(client, line)
        };
        if !lines.iter().any(of_clients) {
            mistakes.push(format!("keeps out {}", client.name));
        }
    }
    mistakes
}

/// One line of the access list, as PostgreSQL reads it.
struct Line<'a> {
    kind: &'a str,
    databases: &'a str,
    role: &'a str,
    /// Empty for the local socket.
    source: &'a str,
    method: &'a str,
}

impl<'a> Line<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            ["local", databases, role, method] => Some(Self {
                kind: "local",
                databases,
                role,
                source: "",
                method,
            }),
            [kind, databases, role, source, method] => Some(Self {
                kind,
                databases,
                role,
                source,
                method,
            }),
            _ => None,
        }
    }

    fn own_host(&self) -> bool {
        matches!(self.source, "samehost" | "127.0.0.1/32")
    }
}
