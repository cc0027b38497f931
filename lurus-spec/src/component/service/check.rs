//! Rules of application services.

use std::collections::BTreeMap;

use crate::check::{Check, Rule, View, listed};
use crate::component::service::{Pool, RedisClient, Service};
use crate::component::{Own, Part, Value};
use crate::literal::{EnvName, Name};
use crate::model::Setting;
use crate::plan::PortName;
use crate::report::{Code, Diagnostic, Origin, Report, nearest};

const SPEAKS_CODE: Code = Code::new("L1211");
const ONCE_CODE: Code = Code::new("L1212");
const LITERAL_CODE: Code = Code::new("L1213");
const PORTS_CODE: Code = Code::new("L1214");
const APART_CODE: Code = Code::new("L1215");
const DRAIN_CODE: Code = Code::new("L1216");
const POOLS_CODE: Code = Code::new("L1217");

/// The rules of services, by code.
pub const RULES: &[Rule] = &[
    Rule {
        code: SPEAKS_CODE.as_str(),
        ensures: "Ensure a service is pointed at a Redis of the kind that its client library speaks to.",
        explain: r#"A Redis Cluster and a single Redis are two protocols. A client for a single server sends each command to the one address
that it has; a node of a cluster answers most of them with `MOVED`, which such a client reports as an error. A client
for clusters asks `CLUSTER SLOTS` first, which a single server refuses. Neither is seen before the first requests fail.

`.speaks(RedisClient::Single)` says what the client is. new-api is such a client: releases up to 0.6 read
`REDIS_CONN_STRING` as the URL of one server. Give it a Redis of its own, or leave the variable out where it works
without one:

    let cache = cluster.add(Redis::new("cache").on([NODE_1]));
    cluster.add(Service::new("new-api", …).speaks(RedisClient::Single).env("REDIS_CONN_STRING", cache.url()));"#,
        source: "Redis Cluster specification, MOVED redirection; QuantumNous/new-api, common/redis.go: redis.ParseURL(REDIS_CONN_STRING)",
        check: Check::Described(speaks),
    },
    Rule {
        code: ONCE_CODE.as_str(),
        ensures: "Ensure each variable of a service is set once.",
        explain: r"A variable has one value. Were it set twice, one of the two would be dropped without a word, and a reader of `spec/` could
not tell which one holds. `.env(…)` and `.secret(…)` set the same variables.

Leave one of the two out.",
        source: "POSIX, environment variables: behaviour with two of one name is unspecified",
        check: Check::Described(once),
    },
    Rule {
        code: LITERAL_CODE.as_str(),
        ensures: "Ensure no variable of a service has a secret in its text.",
        explain: r#"What stands in `spec/` is in the repository, in every file that is generated from it, and in the list of processes of
everyone who may look at containers. A secret there is known to all of them, and cannot be changed without a commit.

A user and a password in a URL are seen as a secret, and so is any text in a variable whose name ends with `PASSWORD`,
`SECRET`, `TOKEN` or `_KEY`. Say instead which secret it is: what belongs to another component comes with its value
(`pg.primary().dsn("billing")`, `nats.url()`); what belongs to the service is `.secret("SESSION_SECRET", "session-secret")`;
what belongs to an outside service is declared with `cluster.secret("mail-token")` and given as
`.env("MAIL_TOKEN", secret!("mail-token"))`."#,
        source: "OWASP, Secrets Management Cheat Sheet; RFC 3986 section 3.2.1: passwords in the userinfo of a URL",
        check: Check::Described(literal),
    },
    Rule {
        code: PORTS_CODE.as_str(),
        ensures: "Ensure probes, metrics and variables of a service speak of ports that it has.",
        explain: r#"A probe asks a port, and metrics are served on one: the first one of the service, or the one that `.at("admin")` names.
Where there is no such port nobody is asked, and an instance that hangs keeps its requests. `Own::port("http")` in a
variable is the instance's own number of a port, which needs the port as well.

`.probe_with(ProbeTool::Wget)` and `ProbeTool::Curl` ask from inside what `.readiness(Check::http(…))` says. Without an
HTTP readiness there is nothing that they could ask: write `ProbeTool::command([…])`, or leave it out."#,
        source: "the meaning of a probe",
        check: Check::Described(ports),
    },
    Rule {
        code: APART_CODE.as_str(),
        ensures: "Ensure instances of a service that share a host can all listen.",
        explain: r#"The k-th instance on a host listens on the service's port plus k − 1. On a host, where instances share its network, two that
listen on one port are one that serves and one that does not start. So an instance has to be told its port, in whatever
variable the program reads:

    Service::new("gateway", …).replicas(2).port("http", port!(18100)).env("PORT", Own::port("http"))

A singleton has one instance, so that `.replicas(2)` on it contradicts itself, and no service has none: to take a service
out, leave it out of the cluster."#,
        source: "domain defects D08 and D09: two processes cannot share a port of one host",
        check: Check::Described(apart),
    },
    Rule {
        code: DRAIN_CODE.as_str(),
        ensures: "Warn of requests that are cut off whenever an instance is replaced.",
        explain: r"An instance that is told to stop goes on with the requests that it has for `.drain(…)`. A request may take up to
`.timeout(…)`. Where the drain is shorter, each rollout cuts off the longest requests: for streamed answers these are the
most expensive ones.

Leave `.drain` out: it is the timeout then.",
        source: "domain invariant I42: a stop is given longer than the application drains",
        check: Check::Described(drains),
    },
    Rule {
        code: POOLS_CODE.as_str(),
        ensures: "Ensure the pools of all services together open no more connections than an endpoint takes.",
        explain: r"Each instance keeps a pool of connections. A pool of 50 looks small, and is 300 with two instances on each of three hosts, for
one service of several. A server that has no connection left refuses the next one: PostgreSQL with `too many clients`,
Redis with `max number of clients reached`, at the moment of the highest load.

`.pool(redis.addresses(), 50)` says what one instance opens, to each member where clients know them. The sum over all
instances of all services has to be at most what one member takes. Endpoints of one component count together, since one
member may have to serve all of them after a failure. Lower the pools, or raise the limit of the server.",
        source: "PostgreSQL 16, max_connections; redis.conf, maxclients: two of them for each other member of a cluster; 32 are kept for exporters, replicas and operators",
        check: Check::Described(pools),
    },
];

fn name_of(service: &Service) -> &Name {
    &service.meta.name.value
}

fn speaks(view: &View<'_>, report: &mut Report) {
    let declared = view.by_name();
    for (service, _) in view.all::<Service>() {
        let Some(client) = &service.speaks else {
            continue;
        };
        for need in service.needs() {
            let endpoint = &need.endpoint;
            let protocol = declared
                .get(&endpoint.component)
                .and_then(|declaration| declaration.endpoint(&endpoint.endpoint))
                .map(|endpoint| endpoint.protocol);
            let (is, help) = match protocol {
                Some("redis-cluster") => (
                    "a Redis Cluster",
                    "give it a Redis of its own, with `cluster.add(Redis::new(…))` and its `url()`",
                ),
                Some("redis") => (
                    "a single Redis",
                    "give it the `addresses()` of a `RedisCluster`",
                ),
                Some(_) | None => continue,
            };
            if protocol != Some(client.value.protocol()) {
                report.push(
                    Diagnostic::error(
                        SPEAKS_CODE,
                        format!(
                            "{} cannot speak to {}, which is {is}",
                            name_of(service),
                            endpoint.component
                        ),
                    )
                    .primary(need.origin.clone(), format!("points at {is}"))
                    .secondary(
                        client.origin.clone(),
                        match client.value {
                            RedisClient::Single => "its client speaks to one server only",
                            RedisClient::Cluster => "its client speaks to a cluster only",
                        },
                    )
                    .help(help),
                );
            }
        }
    }
}

fn once(view: &View<'_>, report: &mut Report) {
    for (service, _) in view.all::<Service>() {
        let mut seen: BTreeMap<&EnvName, &Origin> = BTreeMap::new();
        for (variable, _, origin) in service.environment() {
            if let Some(first) = seen.insert(variable, origin) {
                report.push(
                    Diagnostic::error(
                        ONCE_CODE,
                        format!("{variable} of {} is set twice", name_of(service)),
                    )
                    .primary(origin.clone(), "the second time")
                    .primary(first.clone(), "the first time")
                    .help("leave one of the two out"),
                );
            }
        }
    }
}

fn literal(view: &View<'_>, report: &mut Report) {
    for (service, _) in view.all::<Service>() {
        for Setting { value, origin } in &service.variables {
            let Some(why) = secret_in(&value.name, &value.value) else {
                continue;
            };
            report.push(
                Diagnostic::error(
                    LITERAL_CODE,
                    format!(
                        "{} of {} has a secret in its text",
                        value.name,
                        name_of(service)
                    ),
                )
                .primary(origin.clone(), why)
                .help(format!(
                    "write `.secret(\"{}\", \"…\")`, or take the value of the component that it belongs to",
                    value.name
                )),
            );
        }
    }
}

/// Why a variable seems to have a secret in its text. The text itself is not repeated: it may be one.
fn secret_in(name: &EnvName, value: &Value) -> Option<&'static str> {
    const SECRETS: [&str; 4] = ["PASSWORD", "SECRET", "TOKEN", "_KEY"];
    let in_url = |part: &Part| match part {
        Part::Text(text) => has_password(text),
        Part::Addresses(_)
        | Part::User(_)
        | Part::Password(_)
        | Part::Urls { .. }
        | Part::Secret(_)
        | Part::Own(_)
        | Part::Transport { .. }
        | Part::Inside { .. } => false,
    };
    if value.parts().iter().any(in_url) {
        return Some("a user and a password stand in a URL");
    }
    let named = SECRETS.iter().any(|end| name.as_str().ends_with(end));
    match value.parts() {
        [Part::Text(text)] if named && !is_plain_setting(text) => {
            Some("its name says that this is a secret")
        }
        _ => None,
    }
}

/// `scheme://user:password@…`
fn has_password(text: &str) -> bool {
    text.split("://").skip(1).any(|rest| {
        let authority = rest.split(['/', '?', '#', ',']).next().unwrap_or(rest);
        authority
            .rsplit_once('@')
            .and_then(|(login, _)| login.split_once(':'))
            .is_some_and(|(_, password)| !password.is_empty())
    })
}

/// Numbers, switches and file names, which variables with such names have too: `MAX_TOKEN=4096`.
fn is_plain_setting(text: &str) -> bool {
    let number = text.len() < 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    number || matches!(text, "true" | "false") || text.starts_with('/')
}

fn ports(view: &View<'_>, report: &mut Report) {
    for (service, _) in view.all::<Service>() {
        let name = name_of(service);
        let has: Vec<&str> = service.ports.iter().map(|set| set.value.name).collect();
        let mut missing = |what: &str, wanted: Option<&str>, origin: &Origin| {
            if wanted.map_or(!has.is_empty(), |wanted| has.contains(&wanted)) {
                return;
            }
            let (title, label) = match wanted {
                Some(wanted) => (
                    format!("{name} has no port `{wanted}`"),
                    format!("{what} speaks of it"),
                ),
                None => (format!("{name} has no port"), format!("{what} asks one")),
            };
            let finding = Diagnostic::error(PORTS_CODE, title).primary(origin.clone(), label);
            let known = wanted.and_then(|wanted| nearest(wanted, has.iter().copied()));
            report.push(match known {
                Some(meant) => finding.help(format!("write `{meant}`")),
                None => finding.help(format!(
                    "add `.port(\"{}\", port!(…))`",
                    wanted.unwrap_or("http")
                )),
            });
        };
        for (what, check) in [
            ("the readiness", &service.readiness),
            ("the liveness", &service.liveness),
        ] {
            if let Some(check) = check {
                missing(what, check.value.port, &check.origin);
            }
        }
        if let Some(metrics) = &service.metrics {
            missing("the collector of its metrics", None, &metrics.origin);
        }
        for Setting { value, origin } in &service.variables {
            for port in own_ports(&value.value) {
                missing(&format!("the variable {}", value.name), Some(port), origin);
            }
        }
        if let Some(tool) = &service.probe_with {
            let ready = service.readiness.as_ref();
            let ready = ready.and_then(|set| set.value.probe(Some("http")));
            let anywhere = |port: &PortName| port.to_string();
            if tool.value.health(ready.as_ref(), anywhere).is_none() {
                report.push(
                    Diagnostic::error(
                        PORTS_CODE,
                        format!("{} has nothing to ask of {name}", tool.value),
                    )
                    .primary(tool.origin.clone(), "asks the readiness over HTTP, and there is none")
                    .help("add `.readiness(Check::http(\"/readyz\"))`, or write `ProbeTool::command([…])`"),
                );
            }
        }
    }
}

/// Names of the ports of which a value tells an instance its own number.
fn own_ports(value: &Value) -> impl Iterator<Item = &str> {
    value.parts().iter().filter_map(|part| match part {
        Part::Own(Own::Port(port)) => Some(port.as_ref()),
        Part::Own(Own::Name | Own::Host | Own::Address | Own::Bind | Own::FirstElse(..))
        | Part::Text(_)
        | Part::Addresses(_)
        | Part::User(_)
        | Part::Password(_)
        | Part::Urls { .. }
        | Part::Secret(_)
        | Part::Transport { .. }
        | Part::Inside { .. } => None,
    })
}

fn apart(view: &View<'_>, report: &mut Report) {
    for (service, declaration) in view.all::<Service>() {
        let name = name_of(service);
        let finding = |title: String| Diagnostic::error(APART_CODE, title);
        if let Some(replicas) = &service.replicas {
            if replicas.value == 0 {
                report.push(
                    finding(format!("{name} has no instances"))
                        .primary(replicas.origin.clone(), "none on each host")
                        .help("write `.replicas(1)`, or leave the service out of the cluster"),
                );
            }
            if let (Some(singleton), 2..) = (&service.singleton, replicas.value) {
                report.push(
                    finding(format!(
                        "{name} has one instance and {} on each host",
                        replicas.value
                    ))
                    .primary(replicas.origin.clone(), "several on each host")
                    .primary(singleton.origin.clone(), "one in all")
                    .help("leave one of the two out"),
                );
                continue;
            }
        }
        let members = declaration
            .group(name)
            .map_or(&[][..], |group| &group.members);
        let refused = members.iter().find_map(|member| {
            let port = member.ports.iter().find(|port| port.port.is_err())?;
            Some((member, port, port.port.as_ref().err()?))
        });
        if let Some((member, port, why)) = refused {
            report.push(
                finding(format!("{} has no port for its {}", member.name, port.name))
                    .primary(port.origin.clone(), why.clone())
                    .help("choose a lower port, or fewer instances on a host"),
            );
        }
        let Some(replicas) = service.replicas.as_ref().filter(|set| set.value > 1) else {
            continue;
        };
        let untold = service.ports.iter().filter(|set| {
            let mut values = service.variables.iter().map(|set| &set.value.value);
            !values.any(|value| own_ports(value).any(|told| told == set.value.name))
        });
        for port in untold {
            let port_name = port.value.name;
            report.push(
                finding(format!(
                    "instances of {name} are not told their port `{port_name}`"
                ))
                .primary(
                    replicas.origin.clone(),
                    "on each host, the second one would listen where the first does",
                )
                .secondary(
                    port.origin.clone(),
                    "the number of the first instance on a host",
                )
                .help(format!(
                    "add `.env(\"PORT\", Own::port(\"{port_name}\"))`, with the variable that the program reads"
                )),
            );
        }
    }
}

fn drains(view: &View<'_>, report: &mut Report) {
    for (service, _) in view.all::<Service>() {
        let (longest, said) = service.longest_request();
        let Some(drain) = service.drain.as_ref().filter(|set| set.value < longest) else {
            continue;
        };
        report.push(
            Diagnostic::warning(
                DRAIN_CODE,
                format!("a stop of {} cuts off long requests", name_of(service)),
            )
            .primary(drain.origin.clone(), format!("ends after {}", drain.value))
            .secondary(said, format!("a request may take {longest}"))
            .help("leave `.drain` out, or lower `.timeout`"),
        );
    }
}

/// What all instances of a service open together, as one of its pools says.
struct Opened<'a> {
    service: &'a Name,
    pool: &'a Setting<Pool>,
    connections: u64,
}

fn pools(view: &View<'_>, report: &mut Report) {
    let declared = view.by_name();
    let mut opened: BTreeMap<&Name, Vec<Opened<'_>>> = BTreeMap::new();
    for (service, declaration) in view.all::<Service>() {
        let members = declaration.groups.iter().map(|group| group.members.len());
        let instances = u64::try_from(members.sum::<usize>()).unwrap_or(u64::MAX);
        for pool in &service.pools {
            let at = opened.entry(&pool.value.endpoint.component).or_default();
            at.push(Opened {
                service: name_of(service),
                pool,
                connections: u64::from(pool.value.connections).saturating_mul(instances),
            });
        }
    }
    for (component, pools) in opened {
        let takes = pools.iter().filter_map(|opened| {
            let endpoint = &opened.pool.value.endpoint.endpoint;
            declared.get(component)?.endpoint(endpoint)?.connections
        });
        let sum = pools
            .iter()
            .fold(0_u64, |sum, opened| sum.saturating_add(opened.connections));
        let Some(takes) = takes.min().filter(|takes| sum > u64::from(*takes)) else {
            continue;
        };
        let finding = Diagnostic::error(
            POOLS_CODE,
            format!("pools open {sum} connections to {component}, which takes {takes}"),
        );
        let finding = pools.iter().fold(finding, |finding, opened| {
            finding.primary(
                opened.pool.origin.clone(),
                format!(
                    "{} of all instances of {}",
                    opened.connections, opened.service
                ),
            )
        });
        report.push(finding.help(format!(
            "lower the pools of {}, or raise what {component} takes",
            listed(pools.iter().map(|opened| opened.service))
        )));
    }
}
