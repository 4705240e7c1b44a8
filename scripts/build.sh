# shellcheck shell=bash disable=SC2154,SC2164  # who sources it has `here`, and set -e
# Sourced by ./start and deploy/package after scripts/install.sh: builds what changed of the web client and the release
# programs. The sourcing script has here, the top of the checkout, and logged_step LOGNAME WHAT COMMAND….

stamps=$here/build/start
release=$here/build/release

# One line that changes when any file below the given paths does: names, sizes and times, not contents.
fingerprint() {
    local path there=()
    for path in "$@"; do [ ! -e "$path" ] || there+=("$path"); done
    find "${there[@]}" \( -name node_modules -o -name dist \) -prune -o -type f -printf '%p %s %T@\n' |
        LC_ALL=C sort | sha256sum
}

is_built() { # is_built STAMP FINGERPRINT FILES…: made from exactly these sources, and still there
    local stamp=$stamps/$1 now=$2 file
    shift 2
    [ -f "$stamp" ] && [ "$(<"$stamp")" = "$now" ] || return 1
    for file in "$@"; do [ -e "$file" ] || return 1; done
}

build_web() {
    cd "$here/web"
    local locked
    locked=$(sha256sum <package-lock.json)
    if [ "$(cat node_modules/.installed 2>/dev/null)" != "$locked" ]; then # ./test keeps the same mark
        npm ci --no-audit --no-fund
        echo "$locked" >node_modules/.installed
    fi
    npm run build
}

build_programs() {
    cd "$here"
    cmake --preset release
    cmake --build --preset release --target onepizza-sfu onepizza-control
}

build() {
    mkdir -p "$stamps"
    exec {build_lock}>"$stamps/lock"
    flock "$build_lock" # two instances may start at once
    local now
    cd "$here"
    now=$(fingerprint web docs/openapi.yaml)
    if ! is_built web "$now" web/app/dist/index.html; then
        node_ready "$here/build/node"
        logged_step web "Building the web client" build_web
        fingerprint web docs/openapi.yaml >"$stamps/web"
    fi
    now=$(fingerprint CMakeLists.txt CMakePresets.json cmake common sandbox control sfu sql loadtest \
        tests/CMakeLists.txt)
    if ! is_built programs "$now" "$release/sfu/onepizza-sfu" "$release/control/onepizza-control"; then
        logged_step build "Building the programs" build_programs
        echo "$now" >"$stamps/programs"
    fi
    exec {build_lock}>&-
}
