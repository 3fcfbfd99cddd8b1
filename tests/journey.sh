#!/usr/bin/env bash
# Types the journey of README.md, block by block, into an unused server, and checks what it answers.
# Usage: cargo run, then tests/journey.sh http://localhost:8080
set -euo pipefail

server=${1:?usage: tests/journey.sh http://localhost:8080}
readme=$(dirname "$0")/../README.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Nothing but the address is changed.
# shellcheck disable=SC2016 # The backticks are Markdown.
sed -n '/<!-- journey:begin/,/<!-- journey:end/p' "$readme" | sed -n '/^```sh$/,/^```$/{/^```/!p}' |
    sed "s#http://localhost:8080#$server#" >"$work/typed"
answered=0
timeout 120 bash -euo pipefail "$work/typed" >"$work/answers" || answered=$?

fail() {
    printf 'The journey went wrong: %s\nWhat the server answered:\n' "$1" >&2
    cat "$work/answers" >&2
    exit 1
}

[ "$answered" = 0 ] || fail "a command failed (exit code $answered)"

answers=$(cat "$work/answers")
# Each of these comes after the one before.
for expected in \
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
    '"code":"UNAUTHENTICATED"'; do
    [[ $answers == *"$expected"* ]] || fail "no $expected where it should come"
    answers=${answers#*"$expected"}
done

[ "$(grep -c '"errors"' "$work/answers")" = 2 ] || fail 'more was refused than the two tokens of ended sessions'
# What is left of the budget differs, and is beside the answer.
[ "$(grep '"refresh":' "$work/answers" | sed 's/,"extensions":.*//' | uniq | wc -l)" = 1 ] || fail 'the same refresh got two different answers'
echo 'The journey of README.md works as typed.'
