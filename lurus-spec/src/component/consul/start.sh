#!/bin/sh
# The gossip is encrypted with 32 bytes: the digest of the secret, whatever the secret's length. The key is in no
# argument list, and in no file but this one in memory.
set -eu
umask 077
digest=$(printf %s "${CONSUL_GOSSIP_KEY:?}" | sha256sum | cut -c 1-64)
key=$(
  for byte in $(printf %s "$digest" | fold -w 2); do
    # shellcheck disable=SC2059
    printf "\\$(printf %03o "0x$byte")"
  done | base64
)
printf '{"encrypt": "%s"}\n' "$key" >/tmp/gossip.json
unset CONSUL_GOSSIP_KEY
# Operators on the same host use the loopback address, which every address includes.
case "${2:?}" in
  0.0.0.0) clients=0.0.0.0 ;;
  *) clients="127.0.0.1 $2" ;;
esac
exec consul agent -client="$clients" -config-file=/etc/consul/agent/agent.json -config-file=/tmp/gossip.json -config-dir="/etc/consul/on-${1:?}"
