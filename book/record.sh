#!/usr/bin/env bash
# record.sh BUILD_DIR OUT_DIR: runs the examples and writes what each prints to OUT_DIR/NAME.txt,
# which the book's pages include.
#
# Examples without a lab run on the virtual clock, in no time unless they wait for threads, sockets or
# other programs, and with the same lines each time; those with a lab run against the virtual
# routers, in real time. Of http_server a session of curl is recorded. It fails when a program is
# missing, ends with another status than expected, or takes more than a minute; OUT_DIR then keeps
# what it had.
set -euo pipefail

if (($# != 2)); then
  echo "usage: record.sh BUILD_DIR OUT_DIR" >&2
  exit 2
fi
source_dir=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/..
build_dir=$(readlink -f -- "$1")
mkdir -p -- "$2"
out_dir=$(readlink -f -- "$2")

work_dir=$(mktemp -d)
lab_pid='' server_pid=''
leave() {
  if [[ $lab_pid ]]; then kill "$lab_pid" 2>/dev/null || true; fi
  if [[ $server_pid ]]; then kill "$server_pid" 2>/dev/null || true; fi
  wait
  rm -rf -- "$work_dir"
}
trap leave EXIT

die() {
  echo "record.sh: $*" >&2
  exit 1
}

examples() { # "-" or "lab": the names of those examples
  sed -E '/^\s*(#|$)/d; s/\s*\|\s*/|/g; s/^\s+//' "$source_dir/examples/list.txt" |
    awk -F'|' -v needs="$1" '$2 == needs { print $1 }'
}

record() { # OUTPUT STATUS NAME [ARGUMENT...]: runs in $work_dir/run
  local output=$1 wanted=$2 program=$build_dir/examples/$3 status=0
  [[ -x $program ]] || die "$program is missing"
  (cd -- "$work_dir/run" && timeout 60 "$program" "${@:4}") \
    >"$work_dir/outputs/$output.txt" 2>&1 </dev/null || status=$?
  ((status == wanted)) || {
    cat -- "$work_dir/outputs/$output.txt" >&2
    die "${*:3} ended with status $status, not $wanted"
  }
}

start_lab() {
  local lab=$build_dir/lab/rondo-lab deadline=$((SECONDS + 20))
  [[ -x $lab ]] || die "$lab is missing"
  : >"$work_dir/lab" # the loop below may look before the lab has begun
  "$lab" --for 300 --routers "$source_dir/lab/routers.yaml" \
    --known-hosts "$work_dir/run/known_hosts" >"$work_dir/lab" 2>&1 </dev/null &
  lab_pid=$!
  until grep -q '^ready' "$work_dir/lab"; do
    if ((SECONDS > deadline)) || ! kill -0 "$lab_pid" 2>/dev/null; then
      cat -- "$work_dir/lab" >&2
      die "the lab did not start"
    fi
    sleep 0.05
  done
}

record_http_session() { # at a free port; what is written down names the one that a reader gets
  local program=$build_dir/examples/http_server deadline=$((SECONDS + 20)) url path answer
  [[ -x $program ]] || die "$program is missing"
  : >"$work_dir/server" # the loop below may look before the server has begun
  timeout 60 "$program" 0 >"$work_dir/server" 2>&1 </dev/null &
  server_pid=$!
  until grep -q '^serving at ' "$work_dir/server"; do
    if ((SECONDS > deadline)) || ! kill -0 "$server_pid" 2>/dev/null; then
      cat "$work_dir/server" >&2
      die "http_server did not start"
    fi
    sleep 0.05
  done
  url=$(sed -n 's/^serving at //p' "$work_dir/server")
  for path in /health /devices /devices/sw1 /devices/r9 /slow/0.5 /slow/soon; do
    printf '$ curl http://127.0.0.1:8080%s\n' "$path"
    answer=$(curl --silent --show-error --max-time 10 "$url$path") || die "curl $path failed"
    printf '%s\n' "$answer"
  done >"$work_dir/outputs/http_server.txt"
  kill "$server_pid"
  server_pid=''
}

mkdir -- "$work_dir/run" "$work_dir/outputs"
cp -- "$source_dir"/examples/*.yaml "$work_dir/run"

export PING=$source_dir/examples/fake_ping.sh # what ping_hosts runs in place of ping
for name in $(examples -); do
  RONDO_CLOCK=virtual record "$name" 0 "$name"
done
RONDO_CLOCK=virtual record ping_hosts_timeout 0 ping_hosts slow.example
record list_devices_with_mistake 1 list_devices devices_with_mistake.yaml

record_http_session

lab_examples=$(examples lab)
if [[ $lab_examples ]]; then
  start_lab
  for name in $lab_examples; do
    record "$name" 0 "$name"
  done
  record send_show_all_with_faults 1 send_show_all devices_with_faults.yaml
fi

rm -f -- "$out_dir"/*.txt
cp -- "$work_dir"/outputs/*.txt "$out_dir"
