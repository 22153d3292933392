# mock.sh: sourced by tests that run conformance against a mock server of their own. Sets bin, source, part, suite and tmp from
# the arguments; the mock is stopped, and tmp removed, at the end.
bin=$1 source=$2 part=$3
suite=$source/scenarios/layers
tmp=$(mktemp -d)
mock=
trap 'stop; rm -rf "$tmp"' EXIT
export NO_COLOR=1

stop() {
    [ -z "$mock" ] || kill "$mock" 2>/dev/null || :
    mock=
}

fail() {
    echo "$(basename "$0" .sh): $*" >&2
    [ ! -f "$tmp/out" ] || cat "$tmp/out" >&2
    exit 1
}

# serve ARGUMENT...: starts the mock with the fixture in $tmp/fixture.yaml; sets url.
serve() {
    rm -f "$tmp/ready"
    mkfifo "$tmp/ready"
    "$bin/mockserver" --fixture "$tmp/fixture.yaml" --port 0 "$@" >"$tmp/ready" 2>"$tmp/log" &
    mock=$!
    read -r ready <"$tmp/ready" || fail "the mock did not start: $(cat "$tmp/log")"
    url=$(echo "$ready" | sed 's/.*"url":"\([^"]*\)".*/\1/')
}

has() { grep -qE -- "$1" "$tmp/out" || fail "the output does not match: $1"; }
has_not() { ! grep -qE -- "$1" "$tmp/out" || fail "the output must not match: $1"; }
