#!/bin/sh
# missing_endpoints.sh BIN SOURCE PROVIDER: a missing endpoint fails the claims about it, and refutes no other claim.
#
# Each row of missing_endpoints.txt is an operation and the claims that fail if it responds with 501 to calls with a key: no
# scenario accepts that status, so these are all claims that can be refuted. (Calls without a key are still refused; many
# scenarios begin with one.) With 404, which some scenarios expect, at least the first of them must fail. MISSING_ENDPOINTS=print prints the rows as they are, to compare.
set -eu
bin=$1 source=$2 provider=$3
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export UNDERSTUDY_TEST_MOCK="$bin/mockserver" NO_COLOR=1
suite=$source/scenarios/$provider
header=$(sed -n "s/^auth: *{ *header: *\([A-Za-z-]*\).*/\1/p" "$suite/targets/mock.yaml")
fixture=$suite/targets/$(sed -n 's/^fixture: *//p' "$suite/targets/mock.yaml")

# failing OPERATION STATUS [OPTION...]: prints the claims that fail if the operation responds with STATUS. Fails if the run does not
# end with 1.
failing() {
    operation_of_rule=$1 response=$2
    shift 2
    printf 'name: missing\ninclude: [%s]\nrules:\n  - name: missing\n    on: %s\n    when: { header: { %s: { $matches: . } } }\n    then: [ { respond: { status: %s, body: { success: false, message: missing, error: { code: NOT_FOUND, message: missing } } } } ]\n' \
        "$fixture" "$operation_of_rule" "$header" "$response" >"$tmp/missing.yaml"
    code=0
    "$bin/conformance" run "$suite" "--mock=$tmp/missing.yaml" --no-preflight --gate=should --report "json=$tmp/r.json" "$@" >"$tmp/out" 2>&1 </dev/null || code=$?
    [ "$code" = 1 ] || { echo "a run in which $operation_of_rule responds with $response ended with $code" >&2; tail -n 3 "$tmp/out" >&2; return 1; }
    tr -d ' \n' <"$tmp/r.json" | grep -o '"id":"[A-Z]*-[0-9]*","level":"[a-z]*","outcome":"fails"' | cut -d '"' -f 4 | tr '\n' ' ' | sed 's/ $//'
}

status=0 count=0
while read -r operation claims; do
    case $operation in "$provider".*) ;; *) continue ;; esac
    got=$(failing "$operation" 501) || status=1
    count=$((count + 1))
    if [ "${MISSING_ENDPOINTS:-}" = print ]; then
        echo "$operation $got"
    elif [ "$got" != "$claims" ]; then
        echo "without $operation the claims that fail are not those of missing_endpoints.txt:" >&2
        printf '  expected %s\n  failed   %s\n' "$claims" "$got" >&2
        status=1
    fi
    first=${claims%% *}
    [ -z "$first" ] || failing "$operation" 404 --claim "$first" | grep -qw -- "$first" || {
        echo "if $operation responds with 404, $first does not fail" >&2
        status=1
    }
done <"$source/conformance/tests/missing_endpoints.txt"
[ "$count" -gt 0 ] || status=1
echo "$count operations of $provider"
exit $status
