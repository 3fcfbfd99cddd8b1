#!/usr/bin/env bash
# Turns the second factor on and signs in with codes of oathtool, which shares no line with the server.
# Usage: second-factor.sh URL
set -euo pipefail

ask() { curl -sS "$url/graphql" -H 'content-type: application/json' "${@:2}" -d "{\"query\":\"$1\"}"; }
cut_out() { grep -o "\"$1\":\"[^\"]*" | cut -d'"' -f4 | grep .; }
code() { oathtool --totp --base32 "$secret" --now "$1"; }
must_have() { grep -q "$1" || { echo "In vain looked for $1" >&2; return 1; }; }

url=$1
who='email: \"ann@example.com\", password: \"Correct-Horse-7\"'
access=$(ask "mutation { register(input: { $who }) { ... on SignedIn { accessToken } } }" | cut_out accessToken)
secret=$(ask 'mutation { startMfaEnrollment { secret } }' -H "authorization: Bearer $access" | cut_out secret)
# A step is accepted once, so the first code is of the step before this one and the second of this one.
first=$(code '30 seconds ago')
ask "mutation { confirmMfaEnrollment(input: { code: \\\"$first\\\" }) { backupCodes } }" -H "authorization: Bearer $access" | must_have backupCodes

challenge=$(ask "mutation { login(input: { $who }) { ... on MfaRequired { challengeToken } } }" | cut_out challengeToken)
again() { ask "mutation { verifyMfa(input: { challengeToken: \\\"$challenge\\\", code: \\\"$1\\\" }) { ... on SignedIn { session { authMethods } } } }"; }
again "$first" | must_have INVALID_MFA_CODE
again "$(code now)" | must_have TOTP
echo "The codes of oathtool are accepted, each once."
