#!/usr/bin/env bash
# Packs a release: the binary, the files of deploy/, the documents and the licences, and a checksum beside the archive.
# Usage: deploy/release.sh [folder of the archive] [binary]
set -euo pipefail
cd "$(dirname "$0")/.."

target=${1:-target/release-archive}
binary=${2:-}
if [ -z "$binary" ]; then
    cargo build --release --locked
    binary=${CARGO_TARGET_DIR:-target}/release/authgraph
fi
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
name=authgraph-$version-$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m)
[ "$("$binary" --version)" = "authgraph $version" ] || { echo "$binary is not version $version" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/$name" "$target"
install -m 755 "$binary" "$work/$name/authgraph"
cp -r README.md CHANGELOG.md SECURITY.md LICENSE-APACHE LICENSE-MIT THIRD-PARTY.md .env.example schema.graphql docs deploy "$work/$name/"
# The same content makes the same archive.
time=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$time" -C "$work" -c "$name" | gzip -9n >"$target/$name.tar.gz"
(cd "$target" && sha256sum "$name.tar.gz" | tee "$name.tar.gz.sha256")
