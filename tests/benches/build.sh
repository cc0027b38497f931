#!/usr/bin/env bash
# How long an author waits: for the first `cargo xtask gen`, from an empty target directory with the crates already
# downloaded, and from an edit of a number in spec/ to the new diff. Both on two cores.
#
#   tests/benches/build.sh [RUNS]     RUNS edits are timed, 5 unless said; the median counts
#
# Works on a copy of the tracked files; the repository and its target directory stay as they are.
set -euo pipefail

runs=${1:-5}
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

git ls-files -z | xargs -0 cp --parents --target-directory "$copy"
cd "$copy"
export CARGO_TARGET_DIR="$copy/target"
unset CARGO_BUILD_JOBS
cargo fetch --locked --quiet

# Prints the seconds that a command takes on two cores, by the clock and of processors: when others use the machine,
# only the second figure says something. It may end with one code only, so that a `diff` that finds something is no
# failure, and one that does not compile is.
seconds() {
    local expected=$1 code=0 TIMEFORMAT='%R %U %S'
    shift
    { time taskset --cpu-list 0,1 "$@" >"$copy/log" 2>&1 || code=$?; } 2>"$copy/times"
    if ((code != expected)); then
        cat "$copy/log" >&2
        echo "build.sh: \`$*\` ended with $code" >&2
        exit 1
    fi
    awk '{ print $1, $2 + $3 }' "$copy/times"
}

cold=$(seconds 0 cargo --offline xtask gen)

# The number that is edited: how much memory Redis gets.
sizes=(640MiB 512MiB)
times=()
for ((run = 0; run < runs; run++)); do
    before=$(cksum spec/minimal.rs)
    sed -i -E "s/redis_memory: size!\(\"[0-9]+[KMG]iB\"\)/redis_memory: size!(\"${sizes[run % 2]}\")/" spec/minimal.rs
    if [[ $(cksum spec/minimal.rs) == "$before" ]]; then
        echo "build.sh: spec/minimal.rs has no \`redis_memory: size!(\"…\")\` to edit" >&2
        exit 1
    fi
    times+=("$(seconds 1 cargo --offline xtask diff)")
done
median=$(printf '%s\n' "${times[@]}" | sort -n | sed -n "$(((runs + 1) / 2))p")

echo "machine: $(nproc) cores of $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(awk '/MemTotal/ {printf "%.0f GiB", $2 / 1048576}' /proc/meminfo), load $(cut -d' ' -f1 /proc/loadavg); $(rustc --version)"
row() {
    printf '%-46s %8s s %8s s %6s s\n' "$@"
}
printf '%-46s %10s %10s %8s\n' 'on two cores' clock processor bound
# The figures are two words each.
# shellcheck disable=SC2086
row 'cold `cargo xtask gen`' $cold 60
# shellcheck disable=SC2086
row "edit a number in spec/ -> diff (median of $runs)" $median 1.5
