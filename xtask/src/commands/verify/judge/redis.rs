//! Redis has no way to test a file but to load it: it is started with the file, answers once and ends. Its address is not
//! there, and its ports may be taken, so these are replaced.

use super::etcd::free_ports;
use super::{Program, Subject, succeeded, words};

pub(super) const PROGRAM: Program = Program {
    judge: "redis-server",
    programs: &["redis-server", "redis-cli", "sh"],
    get: "redis-server and redis-cli",
    reads_of: |service| service.mounted("redis.conf").map(Subject::File),
    asks: |setting| {
        let ports = free_ports(2);
        let ports: Vec<_> = ports.iter().map(u16::to_string).collect();
        words(&["sh", "-c", LOAD, "sh", &setting.config])
            .chain(words(&[&ports[0], &ports[1], setting.scratch.as_str()]))
            .collect()
    },
    until: None,
    reads: |_, end| succeeded(end).map_err(|said| point(&said).to_owned()),
};

/// What its log complains of; the greeting before that is left out.
fn point(log: &str) -> &str {
    log.find("*** FATAL").map_or(log, |at| &log[at..])
}

/// With the file, a port, a port for the cluster's bus and a directory. A server that wants a password has loaded its file;
/// a client that has one in its environment says first that nobody asked for it.
const LOAD: &str = r#"
redis-server "$1" --bind 127.0.0.1 --port "$2" --cluster-port "$3" --dir "$4" --daemonize no >"$4/redis.log" 2>&1 &
server=$!
i=0
while [ $i -lt 300 ] && kill -0 $server 2>/dev/null; do
  case $(redis-cli -p "$2" ping 2>&1) in
    *PONG* | *NOAUTH*) kill $server; wait $server; exit 0 ;;
  esac
  i=$((i + 1))
  sleep 0.1
done
kill $server 2>/dev/null
cat "$4/redis.log"
exit 1
"#;
