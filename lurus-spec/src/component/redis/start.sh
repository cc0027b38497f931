#!/bin/sh
# The password reaches the server through standard input: it is in no file and in no argument list.
set -eu
known=$(grep -c '@' /data/nodes.conf 2>/dev/null || true)
blank=
if [ "${known:-0}" -le 1 ]; then
  # No cluster is known here: a first start, or a lost volume. In the latter case the replica of the lost master
  # still copies from this address, and would copy the emptiness. So nobody may, until the forming task allows it.
  blank="user default on \">${REDIS_PASSWORD:?}\" ~* &* +@all -sync -psync"
elif [ ! -d /data/appendonlydir ]; then
  # This start would be an empty master under its old name, and its replica would copy that.
  echo "refused: /data/nodes.conf is of a cluster, but /data/appendonlydir is gone; restore it, or remove nodes.conf to rejoin blank" >&2
  exit 1
fi
exec redis-server /etc/redis/redis.conf - <<EOF
requirepass "${REDIS_PASSWORD:?}"
masterauth "${REDIS_PASSWORD:?}"
$blank
EOF
