#!/usr/bin/env bash
# Types the ten steps of docs/getting-started.md and the four of README.md, block by block, into an unused server, and checks
# what it answers. The attempts of both together are more than one address may make in a minute: README.md is typed from
# 127.0.0.2, which is an address of every Linux.
# Usage: cargo run, then tests/journey.sh http://localhost:8080
set -euo pipefail

server=${1:?usage: tests/journey.sh http://localhost:8080}
root=$(dirname "$0")/..
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    printf '%s went wrong: %s\nWhat the server answered:\n' "$document" "$1" >&2
    cat "$work/answers" >&2
    exit 1
}

# Nothing but the address of the server is changed, and in README.md the name of the user.
type_blocks() {
    local answered=0
    # shellcheck disable=SC2016 # The backticks are Markdown.
    sed -n "/<!-- $1:begin/,/<!-- $1:end/p" "$root/$document" | sed -n '/^```sh$/,/^```$/{/^```/!p}' |
        sed "s#http://localhost:8080#$server#; s#ann@example.com#$2@example.com#" >"$work/typed"
    [ -s "$work/typed" ] || fail "no blocks between the marks of $1"
    timeout 120 bash -euo pipefail "$work/typed" >"$work/answers" || answered=$?
    [ "$answered" = 0 ] || fail "a command failed (exit code $answered)"
}

# Each of these comes after the one before.
expect() {
    local answers expected
    answers=$(cat "$work/answers")
    for expected in "$@"; do
        [[ $answers == *"$expected"* ]] || fail "no $expected where it should come"
        answers=${answers#*"$expected"}
    done
}

refused() { grep -c '"errors"' "$work/answers"; }

document=docs/getting-started.md
: >"$work/answers"
type_blocks journey ann
expect \
    '"user":{"email":"ann@example.com","emailVerified":false}' \
    '/verify-email?token=ago_' \
    '"verifyEmail":{"email":"ann@example.com"}' \
    '"refreshToken":"agr_' \
    '"emailVerified":true,"name":"Ann","role":"USER"' \
    '"refresh":{"accessToken":' \
    '"refresh":{"accessToken":' \
    '"current":true,"status":"ACTIVE","device":{"name":"Phone"}' \
    '"current":false,"status":"ACTIVE","device":{"name":"Laptop"}' \
    '"status":"REVOKED","endReason":"REVOKED_BY_USER","device":{"name":"Laptop"}' \
    '"code":"UNAUTHENTICATED"' \
    '"requestPasswordReset":{"email":"ann@example.com"}' \
    '/reset-password?token=ago_' \
    '"resetPassword":{"email":"ann@example.com"}' \
    '"login":{"accessToken":' \
    '"logout":{"sessionId":"session_' \
    '"code":"UNAUTHENTICATED"'
[ "$(refused)" = 2 ] || fail 'more was refused than the two tokens of ended sessions'
# What is left of the budget differs, and is beside the answer.
[ "$(grep '"refresh":' "$work/answers" | sed 's/,"extensions":.*//' | uniq | wc -l)" = 1 ] || fail 'the same refresh got two different answers'

document=README.md
echo 'interface = 127.0.0.2' >"$work/.curlrc"
export CURL_HOME=$work
type_blocks steps bob
expect \
    '"register":{"accessToken":' \
    '/verify-email?token=ago_' \
    '"verifyEmail":{"email":"bob@example.com"}' \
    '"refresh":{"accessToken":' \
    '"email":"bob@example.com","emailVerified":true,"sessions":{"edges":[{"node":{"current":true,"status":"ACTIVE"' \
    '"logout":{"sessionId":"session_' \
    '"code":"UNAUTHENTICATED"'
[ "$(refused)" = 1 ] || fail 'more was refused than the token of the ended session'
echo 'docs/getting-started.md and README.md work as typed.'
