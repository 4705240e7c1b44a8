#!/bin/sh
# against_sfu.sh SFU LOAD: starts a media server of its own and plays a broadcast, rooms with loss, and coming and going
# against it. Fails if a participant isn't connected, a packet is lost or can't be opened, or the server ends badly.
set -eu
sfu=$1
load=$2
dir=$(mktemp -d)
# somewhere below the ephemeral ports; two runs at a time seldom meet
port=$((20000 + $$ % 10000))

SFU_SOCKET=$dir/sfu.sock SFU_PORT=$port SFU_WORKERS=${SFU_WORKERS:-2} SFU_ANNOUNCE=127.0.0.1 "$sfu" >"$dir/log" 2>&1 &
pid=$!
finish() {
    kill "$pid" 2>/dev/null || true
    rm -rf "$dir"
}
trap finish EXIT

tries=0
until [ -S "$dir/sfu.sock" ]; do
    tries=$((tries + 1))
    if [ $tries -gt 100 ]; then
        cat "$dir/log" >&2
        exit 1
    fi
    sleep 0.1
done

play() {
    echo "== $*"
    "$load" --sfu-socket "$dir/sfu.sock" --verify all --warmup 1 --duration 3 "$@" || {
        tail -n 50 "$dir/log" >&2
        exit 1
    }
}

play --subscribers 20
play --rooms 3 --size 4
play --subscribers 10 --no-audio --drop 0.02 --nack
play --rooms 2 --size 5 --churn 5
play --rooms 2 --size 3 --media real

kill "$pid"
wait "$pid" # its exit status is ours
