#!/bin/sh
# The password reaches the server through standard input: it is in no file and in no argument list.
set -eu
exec redis-server /etc/redis/redis.conf - <<EOF
requirepass "${REDIS_PASSWORD:?}"
EOF
