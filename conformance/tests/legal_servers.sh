#!/bin/sh
# legal_servers.sh BIN SOURCE PROVIDER: servers that differ from the mock as the documents allow. No check may fail.
#
# The documents leave open what these servers do: they name no time, show a member only in an example, or do not describe
# a response. A claim about it may stay undecided; each server has the list of these.
set -eu
bin=$1 source=$2 provider=$3
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export UNDERSTUDY_TEST_MOCK="$bin/mockserver" NO_COLOR=1

# rules OPERATIONS CONDITION EFFECT...: the same rule for each operation of the provider that matches the pattern.
rules() {
    operations=$1 condition=$2
    shift 2
    echo 'rules:'
    "$bin/mockserver" routes | grep -o "$provider\.[a-z_]*" | sort -u | grep -E "$operations" | while read -r operation; do
        printf '  - name: of-%s\n    on: %s\n    when: %s\n    then:\n' "$operation" "$operation" "$condition"
        printf '      - %s\n' "$@"
    done
}

remove() { echo "patch: [ { op: remove, path: $1 } ]"; }

# server NAME UNDECIDED: runs the suite with the fixture lines from stdin. UNDECIDED: claims that it must leave undecided;
# *: some.
server() {
    name=$1 undecided=${2:-}
    printf 'include: [%s]\n' "$source/fixtures/$provider-acme.yaml" >"$tmp/server.yaml"
    cat >>"$tmp/server.yaml"
    code=0 expected=0
    [ -z "$undecided" ] || expected=4
    "$bin/conformance" run "$source/scenarios/$provider" "--mock=$tmp/server.yaml" --gate may --report "json=$tmp/r.json" \
        >"$tmp/out" 2>&1 </dev/null || code=$?
    got=$(tr -d ' \n' <"$tmp/r.json" | grep -oE '"id":"[A-Z]*-[0-9]*","level":"[a-z]*","outcome":"(fails|undecided)"' |
        sed 's/"id":"\([^"]*\)".*"outcome":"\([^"]*\)"/\1=\2/' | tr '\n' ' ' | sed 's/=undecided//g; s/ $//')
    case $undecided$got in
    '*'*=fails*) ;;
    '*'*) undecided=$got ;;
    esac
    [ "$code $got" = "$expected $undecided" ] || {
        echo "$provider, $name: expected exit $expected and undecided '$undecided', but got exit $code and '$got'" >&2
        cat "$tmp/out" >&2
        exit 1
    }
    echo "$name" >>"$tmp/servers"
}

timing() { echo "timings: { $1 }"; }

case $provider in
layers)
    timing 'ad_validation: 0s' | server 'validates ad accounts at once' LA-242
    timing 'ad_validation: 10m' | server 'validates ad accounts late'
    timing 'ad_validation: 3h' | server 'validates ad accounts very late'
    timing 'publish: 90s' | server 'publishes slowly'
    timing 'publish: 10m' | server 'publishes very slowly'
    rules revoke_social_account '{}' "$(remove /socialAccountId)" "$(remove /disconnectedAt)" "$(remove /disconnectedReason)" |
        server 'returns only status and count of a DELETE'
    rules oauth_status '{}' "$(remove /state)" "$(remove /expiresAt)" | server 'returns no state and no expiresAt of an attempt'
    rules . '{}' 'headers: { Retry-After: "" }' | server 'has no Retry-After'
    # The third row moves to another page. The cursor is before all rows: a call with it is served as one without a rule.
    pages_of_two() {
        rules 'list_(social_accounts|scheduled_posts|leased_accounts|projects|audit_log|webhook_endpoints)$' \
            '{ query: { limit: { $absent: true }, cursor: { $absent: true } } }' "$@" \
            'patch: [ { op: copy, from: /items/2, path: /nextCursor }, { op: replace, path: /nextCursor, value: LTk5OTk5OTk5OTk5OTkgMQ } ]' \
            "$(remove /items/9)" "$(remove /items/8)" "$(remove /items/7)" "$(remove /items/6)" "$(remove /items/5)" \
            "$(remove /items/4)" "$(remove /items/3)" "$(remove /items/2)"
    }
    pages_of_two | server 'has pages of two rows' 'LA-006 LA-060'
    pages_of_two 'patch: [ { op: move, from: /items/0, path: /items/- }, { op: move, from: /items/0, path: /items/- } ]' |
        server 'has pages of two rows, in another order' '*'
    ;;
posteverywhere)
    timing 'publish: 20s' | server 'publishes slowly'
    timing 'publish: 90s' | server 'publishes more slowly'
    timing 'publish: 10m' | server 'publishes very slowly' 'PE-065 PE-040 PE-043'
    rules . '{}' 'patch: [ { op: test, path: /data, value: null }, { op: replace, path: /error, value: "Not this time." } ]' |
        server 'has errors that are a text'
    # In limits/exhausted.yaml the third and the fifth call are refused.
    for n in 1 2 4 6; do
        rules list_accounts "{ nth: $n }" 'headers: { X-RateLimit-Limit: "", X-RateLimit-Remaining: "", X-RateLimit-Reset: "" }' |
            sed "s/name: of-.*/&-$n/; $([ $n = 1 ] || echo 1d)"
    done | server 'has rate limit headers only in a 429'
    ;;
postnitro)
    timing 'publish: 90s' | server 'publishes slowly'
    timing 'publish: 10m' | server 'publishes very slowly'
    timing 'publish: 3h' | server 'publishes after hours'
    ;;
esac
echo "$(wc -l <"$tmp/servers") servers like $provider"
