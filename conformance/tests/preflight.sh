#!/bin/sh
# preflight.sh BIN SOURCE PART: the checks of a target before a run, against a mock server that is not the runner's own.
set -eu
. "$(dirname "$0")/mock.sh"

# start ARGUMENT...: starts a mock with the fixture of the scenarios, and with $rules.
start() {
    printf 'name: acme\ninclude: [%s/fixtures/layers-acme.yaml]\nclock: { mode: runs }\n%s\n' "$source" "${rules:-}" >"$tmp/fixture.yaml"
    serve "$@"
    export LAYERS_KEY=lp_live_01HX9Y6K7EJ4T2_full LAYERS_OTHER_KEY=lp_live_02ZZZZZZZZZZZZ_other LAYERS_WRONG_KEY=lp_live_wrong
}

# target: writes the target file of a user with two organizations; the mock's clock is not that of this machine.
target() {
    cat >"$tmp/target.yaml" <<TARGET
name: somewhere
base_url: $url/layers
now: 2026-05-02T09:00:00Z
actors:
  full: { env: LAYERS_KEY }
  other: { env: LAYERS_OTHER_KEY }
  stranger: { env: LAYERS_WRONG_KEY, expect: refused }
  anonymous: {}
$(sed -n '/^resources:/,/^capabilities:/p' "$suite/targets/mock.yaml" | sed '/^capabilities:/d; /leased/d')
capabilities: [second_org, empty_project]
TARGET
}

# run STATUS ARGUMENT...: runs conformance; fails unless it ends with STATUS
run() {
    expected=$1
    shift
    status=0
    "$bin/conformance" run "$suite" --target "$tmp/target.yaml" --report "json=$tmp/r.json,junit=$tmp/r.xml,ndjson=$tmp/r.ndjson" "$@" \
        >"$tmp/out" 2>&1 </dev/null || status=$?
    [ "$status" = "$expected" ] || fail "run $* ended with $status, not $expected"
}

flat() { tr -d ' \n' <"$1"; }

a_good_target_is_confirmed_in_one_line() {
    start
    target
    run 0 --claim LA-001,LA-009,LA-138 --allow-writes
    has '^info: preflight: 1 key, [0-9]+ resources \([0-9]+ more cannot be checked\), clock not compared$'
    [ "$(grep -c preflight "$tmp/out")" = 1 ] || fail "more than one line"
    flat "$tmp/r.json" | grep -q '{"check":"actorfull","ok":true,"detail":"GEThttp' || fail "the JSON report has no preflight"
    flat "$tmp/r.json" | grep -q '{"check":"resourcecontent","ok":null,"detail":"thedocumentsnamenocallthatreadscontent"}' || fail "what cannot be checked is not in the JSON report"
    # A missing and a wrong key are judged without the keys that lack a scope.
    run 0 --claim LA-045,LA-046
    has '5 of [0-9]+ cited, 5 exercised, 5 of [0-9]+ observable hold'
}

# A scenario sends $run.next_week, and its check compares it with the Date of the response.
a_virtual_clock_refutes_no_claim() {
    start
    target
    sed -i '/^now:/d' "$tmp/target.yaml"
    run 0 --claim LA-138 --allow-writes
    has "^warn: preflight: the clock of the target is [0-9]+ s (behind|ahead of) that of this machine \(Date: .*2026 .*\); if it is a virtual clock, give its start as 'now' in the target file$"
    has '^info: preflight: .*, clock [-+][0-9.]+ s$'
    has ' passed, 0 failed'
}

every_problem_is_reported_and_no_claim_is_judged() {
    start
    target
    sed -i 's/^  unknown_project: .*/  unknown_project: prj_acme_b/; s/^  needs_reauth: .*/  needs_reauth: sa_acme_tiktok/' "$tmp/target.yaml"
    export LAYERS_OTHER_KEY=lp_live_mistyped
    run 3
    has "^key of actor 'other' \(LAYERS_OTHER_KEY\) was refused: 401$"
    has "^resource 'unknown_project' \(prj_acme_b\) is not an id that no project has: GET $url/layers/v1/projects/prj_acme_b/social-accounts returned 200 application/json; if nothing"
    has "^resource 'needs_reauth' \(sa_acme_tiktok\) is not an Instagram account in project_a that must be reconnected: "
    has_not ' checks, '
    flat "$tmp/r.json" | grep -q '"exit":{"code":3,"why":"therundidnottakeplace:keyofactor' || fail "the JSON report does not say why"
    flat "$tmp/r.json" | grep -q '{"check":"actorother","ok":false,"detail":"keyofactor' || fail "the JSON report has no failed check"
    flat "$tmp/r.json" | grep -q '"scenarios":\[\]' || fail "a scenario was judged"
    flat "$tmp/r.json" | grep -q '"outcome":"\(holds\|fails\)"' && fail "a claim was judged"
    grep -q 'LAYERS_OTHER_KEY' "$tmp/r.xml" || fail "the JUnit report does not say why"
    grep -q 'LAYERS_OTHER_KEY' "$tmp/r.ndjson" || fail "the event stream does not say why"
    ! grep -q 'lp_live_mistyped' "$tmp/out" "$tmp/r.json" "$tmp/r.xml" "$tmp/r.ndjson" || fail "the key is shown"
    curl -s "$url/__admin/requests?limit=1000" | grep -oE '"method":"(POST|PUT|PATCH|DELETE)"' && fail "something was written"
    # Nothing that the selected scenarios do not use is asked for.
    run 0 --claim LA-001
    has '^info: preflight: 1 key, '
}

a_wrong_address_is_named() {
    start
    target
    sed -i "s#^base_url: .*#base_url: $url/layers/v2#" "$tmp/target.yaml"
    run 3
    has "^base_url $url/layers/v2 does not look like the Layers API: GET $url/layers/v2/v1/whoami returned 404 application/json$"
    sed -i "s#^base_url: .*#base_url: http://no-such-host.invalid#" "$tmp/target.yaml"
    run 3
    has '^http://no-such-host.invalid does not respond: .*no-such-host.invalid'
    sed -i "s#^base_url: .*#base_url: http://127.0.0.1:9#" "$tmp/target.yaml"
    run 3
    has '^http://127.0.0.1:9 does not respond: '
    [ "$(grep -vc '^warn' "$tmp/out")" = 1 ] || fail "one problem is reported several times"
}

a_certificate_is_named() {
    start --tls
    target
    run 3
    has '^https://.* does not respond: SSL.*certificate.*--cacert FILE'
    run 3 --url "$(echo "$url" | sed 's/^https/http/')"
    has '^base_url http://.* does not look like the Layers API: .* returned 400 application/json \(is it https\?\)$'
    echo 'mock: true' >>"$tmp/target.yaml"
    run 3 --admin-url "$(echo "$url" | sed 's/^https/http/')"
    sed -i '/^mock: true/d' "$tmp/target.yaml"
    has '^the admin API returned 400 .*this port expects TLS; use https'
    pem=$(echo "$ready" | grep -oE '"[^"]*\.pem"' | tr -d '"' | head -n 1)
    run 0 --cacert "$pem"
    stop
    start
    run 3 --url "$(echo "$url" | sed 's/^http/https/')"
    has '^https://.* does not respond: .* \(is it http\?\)$'
    has_not cacert
}

a_slow_target_times_out_and_progress_is_shown() {
    rules='rules: [ { name: slow, on: layers.whoami, then: [ { delay_before: 60s } ] } ]'
    start
    target
    before=$(date +%s)
    run 3 --timeout 50s # a request of the preflight has 10 s at most
    [ $(($(date +%s) - before)) -lt 25 ] || fail "it waited too long"
    has '^preflight: 0 of 1 responses received, waiting for GET http.*/v1/whoami$'
    has '^http://.* does not respond: .*[Tt]ime'
}

an_interrupted_preflight_leaves_nothing() {
    rules='rules: [ { name: slow, on: layers.whoami, then: [ { delay_before: 60s } ] } ]'
    start
    printf 'admin_url: %s\n' "$url" >"$tmp/t.yaml"
    sed '/^admin_url:/d; s#^base_url:.*#base_url: '"$url#" "$suite/targets/mock.yaml" >>"$tmp/t.yaml"
    "$bin/conformance" run "$suite" --target "$tmp/t.yaml" >"$tmp/out" 2>&1 </dev/null &
    pid=$!
    until curl -s "$url/__admin/namespaces" | grep -q -- '-preflight"'; do kill -0 $pid || fail "the run ended"; done
    kill -INT $pid
    status=0
    wait $pid || status=$?
    [ "$status" = 130 ] || fail "an interrupted preflight ended with $status, not 130"
    has ' 130: the run was interrupted'
    has_not 'no scenario was selected'
    ! curl -s "$url/__admin/namespaces" | grep -q 'run-' || fail "a namespace is left"
}

# A mock creates a namespace on first use, so the mock of base_url serves the calls of a namespace that the other has created.
the_admin_api_must_be_that_of_the_server() {
    start
    first=$mock other=$url
    start
    trap 'kill $first 2>/dev/null || :; stop; rm -rf "$tmp"' EXIT
    sed "s#^base_url:.*#base_url: $url#; s#^admin_url:.*#admin_url: $url/__admin#" "$suite/targets/mock.yaml" >"$tmp/target.yaml"
    run 3 --admin-url "$other"
    has "^admin_url $other/__admin and base_url $url/layers lead to different servers: GET $url/ns/run-[0-9a-f]*-preflight/layers/v1/whoami returned 200, but GET $other/ns/run-[0-9a-f]*-preflight/__admin/requests.limit=1 does not show this call$"
    has_not '^(key|resource) '
    has_not ' checks, '
    # The same for scenarios without target-schema.yaml.
    mkdir "$tmp/suite"
    cp "$source/scenarios/layers/claims.yaml" "$source/scenarios/layers/operations.yaml" "$source/scenarios/layers/list/shape.yaml" "$tmp/suite"
    whole=$suite suite=$tmp/suite
    run 3 --admin-url "$other"
    has "lead to different servers"
    run 0 --claim LA-001
    has "^info: preflight: $url/layers responds; keys and resources not checked: no target-schema.yaml$"
    flat "$tmp/r.json" | grep -q '{"check":"keys","ok":null,"detail":"keysandresourcesnotchecked' || fail "the JSON report does not say that no key was checked"
    # The check of the only actor cannot be sent.
    sed 's#^  full: .*#  full: { means: the key, check: GET /v1/projects/$target.project_b/social-accounts }#' "$whole/target-schema.yaml" >"$tmp/suite/target-schema.yaml"
    sed -i '/^  project_b:/d' "$tmp/target.yaml"
    run 0 --claim LA-001
    run 3 --claim LA-001 --admin-url "$other"
    has "lead to different servers"
    suite=$whole
    curl -s "$url/ns/mine/layers/v1/whoami" >/dev/null
    run 3 --admin-url "$url/ns/mine/__admin"
    has "^admin_url $url/ns/mine/__admin names a namespace.* returned 404; remove /ns/<namespace> from admin_url$"
    # Another port and another name of the same server.
    run 0 --claim LA-001 --admin-url "$(echo "$url" | sed 's/127.0.0.1/localhost/')"
    flat "$tmp/r.json" | grep -q '{"check":"oneserver","ok":true' || fail "the JSON report does not say that this was checked"
    kill $first
}

# run_provider STATUS PROVIDER ARGUMENT...: starts a mock with the provider's fixture and $rules, and runs its scenarios against it.
run_provider() {
    expected=$1 provider=$2
    shift 2
    printf 'name: acme\ninclude: [%s/fixtures/%s-acme.yaml]\n%s\n' "$source" "$provider" "${rules:-}" >"$tmp/fixture.yaml"
    rm -f "$tmp/ready"
    mkfifo "$tmp/ready"
    "$bin/mockserver" --fixture "$tmp/fixture.yaml" --port 0 >"$tmp/ready" 2>"$tmp/log" &
    mock=$!
    read -r ready <"$tmp/ready" || fail "the mock did not start: $(cat "$tmp/log")"
    url=$(echo "$ready" | sed 's/.*"url":"\([^"]*\)".*/\1/')
    status=0
    "$bin/conformance" run "$source/scenarios/$provider" --target "$source/scenarios/$provider/targets/mock.yaml" --url "$url" --admin-url "$url" \
        "$@" >"$tmp/out" 2>&1 </dev/null || status=$?
    stop
    [ "$status" = "$expected" ] || fail "a run of $provider ended with $status, not $expected"
}

# respond OPERATION BODY: a rule by which the operation always responds with this body.
respond() { echo "rules: [ { name: constant, on: $1, then: [ { respond: { status: 200, body: $2 } } ] } ]"; }

# Each check of the shipped schemas works on the mock, and recognises a server that gives the same response to every request.
the_shipped_schemas_fit_their_providers() {
    for provider in layers posteverywhere postnitro; do
        rules=
        run_provider 0 $provider
        has '^info: preflight: [6-9] keys, [1-9][0-9]* resources \([0-9]+ more cannot be checked\), clock not compared$|^info: preflight: 1[0-9] keys, '
    done
    rules=$(respond layers.whoami '{}') && run_provider 3 layers
    has 'does not look like the Layers API: GET .* returned 200 application/json without /organizationId$'
    rules=$(respond posteverywhere.list_accounts '{}') && run_provider 3 posteverywhere
    has 'does not look like the PostEverywhere API: GET .* returned 200 application/json without /data'
    rules=$(respond postnitro.list_social_accounts '{}') && run_provider 3 postnitro
    has 'does not look like the PostNitro API: GET .* returned 200 application/json without /(success|data)'
    rules=$(respond layers.list_social_accounts '{ items: [ { socialAccountId: sa_1, platform: tiktok, status: connected, leased: false } ], nextCursor: null }')
    run_provider 3 layers
    has "^resource 'connected' \(sa_acme_tiktok\) is not a connected TikTok account in project_a: "
    has "^resource 'unknown_project' .* returned 200 "
    rules=$(respond posteverywhere.list_accounts '{ data: { accounts: [ { account_id: 1, health: { status: healthy, can_post: true } } ], account_ids: [1] } }')
    run_provider 3 posteverywhere
    has "^resource 'healthy' \(3001\) is not account_id of an account that can publish: "
    rules=$(respond postnitro.read_social_account '{ success: true, data: { socialAccount: { id: x, platformType: tiktok }, usage: [] } }')
    run_provider 3 postnitro
    has "^resource 'threads' \(cacme00000000000000threads\) is not id of a Threads account: "
    has "^resource 'unknown_account' .* returned 200 "
}

$part
