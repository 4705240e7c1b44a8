# shellcheck shell=bash disable=SC2034
# Sourced by ./start and ./test: what they need from Debian and npm. The sourcing script has
# logged_step LOGNAME WHAT COMMAND….

# to build and to run
packages=(
    gcc libc6-dev cmake ninja-build pkg-config make
    libwebsockets-dev libpq-dev libjansson-dev libbrotli-dev zlib1g-dev libssl-dev libargon2-dev
    libnice-dev libglib2.0-dev libsrtp2-dev libopus-dev libvpx-dev libipsec-mb-dev
    libcurl4-openssl-dev libsecp256k1-dev libseccomp-dev
    util-linux ca-certificates
)

# to test, besides
test_packages=(
    postgresql libcmocka-dev clang clang-format clang-tidy llvm libclang-rt-dev shellcheck
    chromium firefox-esr fonts-dejavu-core git jq curl openssl
    dpkg-dev debootstrap systemd systemd-container procps
)

is_root=no
[ "$(id -u)" != 0 ] || is_root=yes

as_root() {
    if [ $is_root = yes ]; then "$@"; else sudo "$@"; fi
}

missing_packages() {
    local present
    # shellcheck disable=SC2016  # dpkg's own format
    present=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p') || true
    local package
    for package in "$@"; do
        grep -qxF -- "$package" <<<"$present" || echo "$package"
    done
}

apt_install() {
    export DEBIAN_FRONTEND=noninteractive
    as_root apt-get update
    if [[ " $* " == *" postgresql "* ]]; then
        # Debian starts a server of its own with the package; ours is private, so it isn't needed.
        as_root apt-get install -y --no-install-recommends postgresql-common
        as_root sh -c 'grep -q "^create_main_cluster" /etc/postgresql-common/createcluster.conf ||
            echo "create_main_cluster = false" >>/etc/postgresql-common/createcluster.conf'
    fi
    as_root apt-get install -y --no-install-recommends "$@"
}

# install_packages yes|no PACKAGE…: installs what is missing, or if it may not, says so and fails.
install_packages() {
    local may_install=$1
    shift
    command -v dpkg-query >/dev/null || return 0 # not Debian: the build will say what it misses
    local wanted=("$@") missing
    command -v npm >/dev/null || wanted+=(nodejs npm)
    mapfile -t missing < <(missing_packages "${wanted[@]}")
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$may_install" = yes ] || die "these Debian packages are missing: ${missing[*]}"
    [ $is_root = yes ] || command -v sudo >/dev/null ||
        die "these Debian packages are missing, and there is no sudo to install them: ${missing[*]}"
    as_root true # sudo may ask for the password now
    logged_step install "Installing ${missing[*]}" apt_install "${missing[@]}"
}

node_is_new_enough() { # 20.19, 22.12 or later: what vite needs
    "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number);
        process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}

# node_ready DIR: Debian 12 has node 18, and an npm that only runs with it. npm has newer ones of both as packages: ours
# stay in DIR.
node_ready() {
    if command -v node >/dev/null && node_is_new_enough node; then return; fi
    local arch=x64 dir=$1
    [ "$(uname -m)" != aarch64 ] || arch=arm64
    local bin=$dir/node_modules/node-linux-$arch/bin
    if ! { node_is_new_enough "$bin/node" && [ -x "$dir/node_modules/.bin/npm" ]; }; then
        mkdir -p "$dir"
        logged_step node "Installing a newer node" \
            npm install --prefix "$dir" --no-audit --no-fund "node-linux-$arch@22" npm@10
    fi
    export PATH=$bin:$dir/node_modules/.bin:$PATH
}
