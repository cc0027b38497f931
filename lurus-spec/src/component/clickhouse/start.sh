#!/bin/sh
# The server keeps a copy of its users beside its data: it is given digests only, never a password.
set -eu
digest() { printf %s "$1" | sha256sum | cut -c 1-64; }
CLICKHOUSE_ADMIN_DIGEST=$(digest "${CLICKHOUSE_ADMIN_PASSWORD:?}")
CLICKHOUSE_WRITER_DIGEST=$(digest "${CLICKHOUSE_WRITER_PASSWORD:?}")
CLICKHOUSE_READER_DIGEST=$(digest "${CLICKHOUSE_READER_PASSWORD:?}")
export CLICKHOUSE_ADMIN_DIGEST CLICKHOUSE_WRITER_DIGEST CLICKHOUSE_READER_DIGEST
unset CLICKHOUSE_ADMIN_PASSWORD CLICKHOUSE_WRITER_PASSWORD CLICKHOUSE_READER_PASSWORD
exec clickhouse-server --config-file=/etc/clickhouse/config.xml
