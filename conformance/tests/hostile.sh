#!/bin/sh
# hostile.sh BIN SOURCE PROVIDER: runs a provider's scenarios against a hostile mock, whose responses are legal but unkind.
# They must pass with every seed.
set -eu
bin=$1 source=$2 provider=$3
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export UNDERSTUDY_TEST_MOCK="$bin/mockserver" NO_COLOR=1

fail() {
    echo "hostile: $*" >&2
    [ ! -f "$tmp/out" ] || cat "$tmp/out" >&2
    exit 1
}

cp -r "$source/scenarios/$provider" "$tmp/$provider"
target=$tmp/$provider/targets/mock.yaml
sed -i "s|^fixture: .*|fixture: $tmp/hostile.yaml|" "$target"
grep -q "$tmp/hostile.yaml" "$target" || fail "the target has no fixture"
for seed in 42 7 ${HOSTILE_SEEDS:-}; do
    printf 'include: [%s]\nseed: %s\nhostile: true\n' "$source/fixtures/$provider-acme.yaml" "$seed" >"$tmp/hostile.yaml"
    "$bin/conformance" run "$tmp/$provider" --mock >"$tmp/out" 2>&1 </dev/null || fail "a scenario fails with seed $seed"
    tail -n 1 "$tmp/out"
done
