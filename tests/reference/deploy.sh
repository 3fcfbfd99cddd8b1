#!/usr/bin/env bash
# The files of deploy/ and docker/, checked without a container engine: by the tools that read them in the end.
# Usage: tests/reference/deploy.sh <the binary>. A tool that is missing is told as NOT CHECKED, and by exit code 3.
set -euo pipefail
cd "$(dirname "$0")/../.."

authgraph=$(realpath "$1")
work=$(mktemp -d)
children=()
clean_up() {
    [ ${#children[@]} = 0 ] || kill "${children[@]}" 2>/dev/null || true
    [ ! -f "$work/nginx.pid" ] || kill "$(cat "$work/nginx.pid")" 2>/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT

missing=0
# has <tool> <what it would check>
has() {
    command -v "$1" >/dev/null && return
    printf 'NOT CHECKED: %s (%s is missing)\n' "$2" "$1"
    missing=1
    return 1
}
say() { printf '    %s\n' "$1"; }

free_port() {
    local port
    for _ in {1..100}; do
        port=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
    return 1
}

wait_until() {
    for _ in {1..150}; do
        "$@" >/dev/null 2>&1 && return
        sleep 0.2
    done
    echo "In vain for 30 seconds: $*" >&2
    return 1
}

# ---- the image

# Replays the steps of the first stage of the Dockerfile in a folder, in their order: COPY copies, RUN runs. A build that takes
# many minutes in an image is only checked here: for each `cargo build`, cargo checks that same code from the same files.
replay_dockerfile() {
    local build=$work/build shims=$work/shims line
    mkdir -p "$build" "$shims"
    cat >"$shims/cargo" <<SHIM
#!/usr/bin/env bash
[ "\$*" = 'build --release --locked --bin authgraph' ] || { echo "not expected: cargo \$*" >&2; exit 1; }
env -C "$build" PATH="${PATH}" RUSTUP_TOOLCHAIN=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml) \
    CARGO_TARGET_DIR="$(realpath -m "${CARGO_TARGET_DIR:-target}")" cargo check --quiet --locked --bin authgraph
mkdir -p target/release && cp "$authgraph" target/release/
SHIM
    chmod +x "$shims/cargo"
    while read -r line; do
        case $line in
            'FROM gcr.io/'*) break ;;
            'COPY '*)
                # shellcheck disable=SC2086 # the words of the line
                set -- ${line#COPY }
                local target=$build/${*: -1}
                [ $# = 2 ] && [ -d "$1" ] && mkdir -p "$target" && set -- "$1/." "$2"
                cp -r "${@:1:$#-1}" "$target"
                ;;
            'RUN '*) (cd "$build" && PATH="$shims:$PATH" sh -euc "${line#RUN }") ;;
        esac
    done <docker/Dockerfile
    "$build/image/authgraph" --version
    # The version of Rust in the image is the one of the project.
    grep -q "^FROM rust:$(sed -n 's/^channel = "\([0-9]*\.[0-9]*\).*/\1/p' rust-toolchain.toml)-" docker/Dockerfile ||
        fail 'The Dockerfile and rust-toolchain.toml differ.'
    # What the base image does not have cannot be loaded there: distroless/cc has glibc, libm, libgcc and libstdc++.
    local foreign
    foreign=$(ldd "$authgraph" | awk '{ print $1 }' | grep -Ev '^(linux-vdso|libgcc_s|libm|libc|libdl|libpthread|librt|libstdc\+\+)\.so|ld-linux' || true)
    [ -z "$foreign" ] || fail "The image lacks: $foreign"
    say 'Dockerfile: its steps build the server'
}

lint_dockerfile() {
    has hadolint 'the Dockerfile by hadolint' || return 0
    hadolint docker/Dockerfile
    say 'Dockerfile: hadolint has nothing to say'
}

check_compose() {
    has docker-compose 'the compose files' || return 0
    local file
    for file in docker/compose.yaml docker/compose.scale.yaml; do
        # The old client of Debian does not know the name of a project.
        sed '/^name:/d' "$file" |
            env -C docker PUBLIC_URL=x SMTP_URL=x MAIL_FROM=x MFA_ENCRYPTION_KEYS=x POSTGRES_PASSWORD=x \
                docker-compose -f - config >"$work/compose.yaml"
        # Every file of ours that a service mounts is there; the certificate is the operator's.
        local mounted
        grep -o "$PWD/[^:]*" "$work/compose.yaml" | grep -v "^$PWD\$" | sort -u | while read -r mounted; do
            [ -e "$mounted" ] || [ "$mounted" = "$PWD/docker/tls" ] || { echo "$file mounts $mounted, which is not there" >&2; exit 1; }
        done
    done
    say 'compose files: docker-compose reads them'
}

# ---- what stands in front

certificate() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=auth.example.com \
        -keyout "$work/privkey.pem" -out "$work/fullchain.pem" 2>"$work/openssl.log"
}

start_server() {
    port=$(free_port)
    mkdir "$work/server"
    (cd "$work/server" && exec env -i LISTEN="127.0.0.1:$port" AUTHGRAPH_ENV=development TRUSTED_PROXIES=1 \
        METRICS_AUTH_TOKEN=only-for-this-test-0 PUBLIC_URL=https://auth.example.com "$authgraph" serve >log 2>&1) &
    children+=($!)
    wait_until curl -sf "http://127.0.0.1:$port/ready" || fail 'The server does not start.' "$work/server/log"
}

through() { curl -sk --max-time 10 --resolve "auth.example.com:$tls:127.0.0.1" "https://auth.example.com:$tls$1" "${@:2}"; }

# fail <text> [file to show]
fail() {
    printf '%s\n' "$1" >&2
    [ -z "${2:-}" ] || tail -n 20 "$2" >&2
    exit 1
}

status_of() { through "$@" -o /dev/null -w '%{http_code}'; }

# What a proxy must do: hide /metrics, pass requests, sockets and streams, and write X-Forwarded-For and X-Request-Id itself.
# judge_proxy <its file> <its log>
judge_proxy() {
    local json='content-type: application/json' answer
    wait_until through /ready -f || fail "$1: /ready is not 200" "$2"
    [ "$(status_of /metrics)" = 404 ] || fail "$1: it shows /metrics"
    answer=$(through /graphql -H "$json" -H 'x-forwarded-for: 203.0.113.77' -H 'x-request-id: chosen-by-a-client' \
        -D - -d '{"query":"{ __typename }"}')
    [[ $answer == *'"__typename":"Query"'* ]] || fail "$1: no answer: $answer" "$2"
    [[ $answer != *chosen-by-a-client* ]] || fail "$1: clients choose the ids of requests"
    # The server warns of a proxy that passes the addresses on which clients claim to have.
    if grep -q 203.0.113.77 "$work/server/log"; then fail "$1: clients choose their addresses"; fi
    [ "$(status_of /graphql --http1.1 --max-time 2 -H 'connection: upgrade' -H 'upgrade: websocket' -H 'sec-websocket-version: 13' \
        -H 'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==' -H 'sec-websocket-protocol: graphql-transport-ws' || true)" = 101 ] ||
        fail "$1: no WebSocket" "$2"
    answer=$(through /graphql -H 'accept: text/event-stream' -H "$json" -d '{"query":"subscription { securityEvents { id } }"}')
    [[ $answer == *UNAUTHENTICATED* ]] || fail "$1: no event stream: $answer" "$2"
}

check_nginx() {
    has nginx 'nginx.conf' || return 0
    local http
    http=$(free_port)
    tls=$(free_port)
    # docker/nginx.conf differs in names alone: `server authgraph:8080` is a service of compose.
    local file
    for file in deploy/nginx.conf docker/nginx.conf; do
        sed -e "s#/etc/ssl/auth.example.com\|/etc/nginx/tls#$work#" -e "s#10\.0\.0\.1[12]:8080\|authgraph:8080#127.0.0.1:$port#" \
            -e "s#/var/log/nginx/access.log\|/dev/stdout#$work/access.log#" \
            -e "s#listen 80;#listen 127.0.0.1:$http;#" -e "s#listen 443#listen 127.0.0.1:$tls#" -e '/listen \[::\]/d' \
            -e "1i pid $work/nginx.pid;" "$file" >"$work/nginx.conf"
        nginx -q -t -c "$work/nginx.conf" -g "error_log $work/error.log;"
        nginx -c "$work/nginx.conf" -g "error_log $work/error.log;"
        judge_proxy "$file" "$work/error.log"
        kill "$(cat "$work/nginx.pid")"
        wait_until test ! -e "$work/nginx.pid"
        say "$file: nginx passes what it must"
    done
}

check_caddy() {
    has caddy Caddyfile || return 0
    tls=$(free_port)
    sed -e "s#^auth.example.com {#auth.example.com:$tls {\n\ttls $work/fullchain.pem $work/privkey.pem#" \
        -e "s#10\.0\.0\.11:8080 10\.0\.0\.12:8080#127.0.0.1:$port#" deploy/Caddyfile >"$work/body"
    { printf '{\n\tadmin off\n\tauto_https off\n}\n'; cat "$work/body"; } >"$work/Caddyfile"
    HOME=$work caddy validate --adapter caddyfile --config deploy/Caddyfile >"$work/caddy.log" 2>&1 || fail Caddyfile "$work/caddy.log"
    HOME=$work caddy run --adapter caddyfile --config "$work/Caddyfile" >"$work/caddy.log" 2>&1 &
    local caddy=$!
    children+=("$caddy")
    judge_proxy deploy/Caddyfile "$work/caddy.log"
    say 'Caddyfile: Caddy passes what it must'
}

# ---- the machine

check_systemd() {
    has systemd-analyze 'the units of systemd' || return 0
    local unit
    for unit in deploy/*.service deploy/*.timer; do
        sed -e "s#/usr/local/bin/authgraph#$authgraph#" -e '/^Documentation=/d' "$unit" >"$work/$(basename "$unit")"
    done
    systemd-analyze verify "$work"/*.service "$work"/*.timer
    # How much of the machine is out of reach: 0 is everything, 10 nothing.
    systemd-analyze security --offline=true --threshold=20 "$work/authgraph.service" >"$work/exposure" ||
        fail 'authgraph.service' "$work/exposure"
    say "units: $(tail -n 1 "$work/exposure" | tr -cd '[:print:]')"
}

check_kubernetes() {
    has kubernetes-validate 'the manifests of Kubernetes' || return 0
    kubernetes-validate --strict --quiet deploy/kubernetes/*.yaml
    say 'Kubernetes: the manifests have the right shape'
}

# ---- what watches it

check_prometheus() {
    has promtool 'the configuration and the rules of Prometheus' || return 0
    promtool check config --syntax-only deploy/prometheus/prometheus.yml docker/prometheus.yml
    promtool check rules --lint-fatal deploy/prometheus/alerts.yml
    promtool test rules deploy/prometheus/alerts_test.yml
    curl -sf -H 'authorization: Bearer only-for-this-test-0' "http://127.0.0.1:$port/metrics" >"$work/metrics"
    promtool check metrics <"$work/metrics"
    # Every rule has a test that raises it, and one in which it is silent.
    sed -n 's/^ *- alert: \(.*\)/\1 fires\n\1 is silent/p' deploy/prometheus/alerts.yml | sort >"$work/rules"
    sed -n 's/^ *- name: //p' deploy/prometheus/alerts_test.yml | sort | diff "$work/rules" - || fail 'The tests are not those of the rules.'
    say 'Prometheus: configuration, rules and their tests'
}

check_archive() {
    deploy/release.sh "$work/archive" "$authgraph" >/dev/null
    (cd "$work/archive" && sha256sum -c --quiet ./*.sha256 && tar -xzf ./*.tar.gz)
    local folder
    folder=$(find "$work/archive" -mindepth 1 -maxdepth 1 -type d)
    "$folder/authgraph" --version >/dev/null
    [ -s "$folder/deploy/authgraph.service" ] || fail 'The archive lacks deploy/authgraph.service.'
    say 'the archive of a release can be unpacked and run'
}

replay_dockerfile
lint_dockerfile
check_compose
certificate
start_server
check_nginx
check_caddy
check_systemd
check_kubernetes
check_prometheus
check_archive
[ "$missing" = 0 ] || exit 3
