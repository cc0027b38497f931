//! What a change of each key of `patroni.yml` costs, where it is more than to read the file again.
//!
//! In: the file's section `bootstrap`, which is read once, when the cluster is first made, and the name of the one about the
//! platform, where that keeps elections. Out: for each value of the first, how a running cluster is told of another one; and
//! which keys are read at the start of a member only, so that reading the file again makes them `pending_restart`. All of it
//! was seen on Patroni 3.2.0.

use crate::component::patroni::Servers;
use crate::component::patroni::lower::{FILE, PATH, scope};
use crate::literal::Name;
use crate::plan::{Cost, KeyCost};
use crate::words::Words;
use crate::yaml::Node;

/// Parameters of which a standby needs at least what its primary has, or it stops.
const HOT_STANDBY: [&str; 5] = [
    "max_connections",
    "max_locks_per_transaction",
    "max_prepared_transactions",
    "max_wal_senders",
    "max_worker_processes",
];

/// Other parameters in the store that PostgreSQL takes only when it starts.
const AT_START: [&str; 3] = [
    "max_replication_slots",
    "track_commit_timestamp",
    "wal_level",
];

/// Settings of which the sum has a bound, so that they are changed together.
const TIMES: [&str; 3] = ["loop_wait", "retry_timeout", "ttl"];

/// Keys that Patroni reads when it starts itself.
const OF_PATRONI: [&str; 3] = ["citus", "etcd3", "postgresql.bin_dir"];

/// Keys that PostgreSQL takes only when it starts; `pending_restart` until then.
const OF_POSTGRES: [&str; 4] = [
    "postgresql.listen",
    "postgresql.parameters.hot_standby",
    "postgresql.parameters.logging_collector",
    "postgresql.parameters.shared_buffers",
];

pub(super) fn of_keys(
    servers: &Servers<'_>,
    cluster: &Name,
    bootstrap: &Node,
    platform: Option<&'static str>,
) -> Vec<KeyCost> {
    let key = |key: String, cost| KeyCost {
        file: FILE,
        key,
        cost,
    };
    let identity = Words::new(
        "a member of each name would lead at once: stop all members, rename everywhere, start them",
        "两个名称下会同时出现主库：先停止所有成员，全部改名后再启动",
    );
    let mut keys = vec![
        // Whatever else makes a new cluster: the members have theirs.
        key("bootstrap".to_owned(), Cost::Nothing),
        key("scope".to_owned(), Cost::DataDanger(identity)),
    ];
    let told = Told::of(servers, cluster);
    let of_patroni = OF_PATRONI.into_iter().chain(platform);
    keys.extend(of_patroni.map(|name| key(name.to_owned(), Cost::Restart)));
    keys.extend(OF_POSTGRES.map(|name| key(name.to_owned(), told.pending())));
    let store = bootstrap.get("dcs");
    let server = store.and_then(|store| store.get("postgresql"));
    let settings = entries(store);
    let parameters = entries(server.and_then(|server| server.get("parameters")));
    // One that goes.
    let dropped = told.at_once(" -s NAME=null");
    keys.push(key("bootstrap.dcs".to_owned(), dropped));
    let times = settings.iter().filter(|(name, _)| TIMES.contains(name));
    let times: String = times
        .map(|(name, value)| format!(" -s {name}={value}"))
        .collect();
    keys.extend(settings.iter().map(|(name, value)| {
        let cost = match TIMES.contains(name) {
            true => told.at_once(&times),
            false => told.at_once(&format!(" -s {name}={value}")),
        };
        key(format!("bootstrap.dcs.{name}"), cost)
    }));
    keys.extend(entries(server).iter().map(|(name, value)| {
        let name = format!("postgresql.{name}");
        let cost = told.at_once(&format!(" -s {name}={value}"));
        key(format!("bootstrap.dcs.{name}"), cost)
    }));
    keys.extend(parameters.iter().map(|(name, value)| {
        let words = format!(" -p {name}={value}");
        let cost = if HOT_STANDBY.contains(name) {
            told.hot_standby(&words)
        } else if AT_START.contains(name) {
            told.at_start(&words)
        } else {
            told.at_once(&words)
        };
        key(format!("bootstrap.dcs.postgresql.parameters.{name}"), cost)
    }));
    keys
}

/// The values of a map that are no lists and maps themselves, as a shell takes them.
fn entries(node: Option<&Node>) -> Vec<(&str, String)> {
    let Some(Node::Map(entries)) = node else {
        return Vec::new();
    };
    entries
        .iter()
        .filter_map(|(name, value)| match value {
            Node::Str(text) => Some((name.as_ref(), text.clone())),
            Node::Int(number) => Some((name.as_ref(), number.to_string())),
            Node::Bool(is) => Some((name.as_ref(), is.to_string())),
            Node::Null | Node::Block(_) | Node::Seq(_) | Node::Map(_) => None,
        })
        .collect()
}

/// How a running cluster is told.
struct Told {
    edit: String,
    /// Of one member, which is for whoever types it to name.
    restart: String,
}

impl Told {
    fn of(servers: &Servers<'_>, cluster: &Name) -> Self {
        let scope = scope(servers.patroni, cluster);
        let share = servers.share.as_ref();
        let group = share.map_or_else(String::new, |share| format!(" --group {}", share.number));
        Self {
            edit: format!("patronictl -c {PATH} edit-config{group} --force"),
            restart: format!("patronictl -c {PATH} restart {scope} MEMBER{group} --force"),
        }
    }

    /// Read again, and taken when a member starts.
    fn pending(&self) -> Cost {
        let restart = format!("{} --pending", self.restart);
        Cost::Procedure(Words::new(
            format!(
                "one member after the other, replicas first, the leader last: `kill -HUP 1`, then `{restart}`; a container that is made anew has taken it"
            ),
            format!(
                "逐个成员处理，先从库，最后主库：`kill -HUP 1`，再执行 `{restart}`；重建的容器已经生效"
            ),
        ))
    }

    /// Taken while members run.
    fn at_once(&self, words: &str) -> Cost {
        let edit = format!("{}{words}", self.edit);
        Cost::Procedure(Words::new(
            format!("`{edit}` in one member; nothing restarts"),
            format!("在一个成员中执行 `{edit}`；无需重启"),
        ))
    }

    /// Taken when a member starts.
    fn at_start(&self, words: &str) -> Cost {
        let (edit, restart) = (format!("{}{words}", self.edit), &self.restart);
        Cost::Procedure(Words::new(
            format!(
                "`{edit}` in one member, then `{restart}` for each: replicas first, the leader last"
            ),
            format!("在一个成员中执行 `{edit}`，再对每个成员执行 `{restart}`：先从库，最后主库"),
        ))
    }

    /// Taken when a member starts, and compared by a standby with what its primary has.
    fn hot_standby(&self, words: &str) -> Cost {
        let (edit, restart) = (format!("{}{words}", self.edit), &self.restart);
        Cost::Procedure(Words::new(
            format!(
                "`{edit}` in one member, then `{restart}` for each: replicas first and the leader last when it rises, the leader first when it falls"
            ),
            format!(
                "在一个成员中执行 `{edit}`，再对每个成员执行 `{restart}`：调大时先从库、最后主库；调小时先主库"
            ),
        ))
    }
}
