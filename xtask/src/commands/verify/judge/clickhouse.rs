//! ClickHouse has no way to test its files but to load them: it is started with them, and stopped when it is ready. Its
//! address is not there, and its ports may be taken, so these are replaced, and its data goes where it may write.

use super::etcd::free_ports;
use super::{Program, Subject, succeeded, words};

pub(super) const PROGRAM: Program = Program {
    judge: "clickhouse-server",
    programs: &["clickhouse-server", "sh", "sed"],
    get: "clickhouse-server",
    reads_of: |service| service.mounted("config.xml").map(Subject::File),
    asks: |setting| {
        let ports = free_ports(3);
        words(&["sh", "-c", LOAD, "sh", &setting.config])
            .chain(words(&[setting.scratch.as_str()]))
            .chain(ports.iter().map(u16::to_string))
            .collect()
    },
    until: Some("Ready for connections"),
    reads: |_, end| succeeded(end),
};

/// With the file, a directory and three ports. The digests that users are known by are of no password.
const LOAD: &str = r#"
sed -e 's|<listen_host>.*</listen_host>|<listen_host>127.0.0.1</listen_host>|' \
  -e "s|<http_port>.*<|<http_port>$3<|" \
  -e "s|<tcp_port>.*<|<tcp_port>$4<|" \
  -e "s|<port>.*<|<port>$5<|" \
  -e "s|/var/tmp/clickhouse|$2/data|" \
  -e "s|/etc/clickhouse/users.xml|${1%/*}/users.xml|" "$1" >"$2/config.xml"
CLICKHOUSE_ADMIN_DIGEST=$(printf %064d 1)
CLICKHOUSE_WRITER_DIGEST=$(printf %064d 2)
CLICKHOUSE_READER_DIGEST=$(printf %064d 3)
export CLICKHOUSE_ADMIN_DIGEST CLICKHOUSE_WRITER_DIGEST CLICKHOUSE_READER_DIGEST
exec clickhouse-server --config-file="$2/config.xml"
"#;
