#!/bin/sh
# real_target.sh BIN SOURCE PART: runs conformance against a mock server as if it were a real endpoint: the target file has
# neither an admin_url nor 'mock: true'. Only the test itself uses the admin API.
set -eu
. "$(dirname "$0")/mock.sh"
tests=$source/conformance/tests

# start CONSENT: starts the mock with the scenarios' fixture and with rate limits that are never reached.
start() {
    sed 's/scopes: \["\*"\],/& limits: { read: 100000, write: 100000, long: 100000, write_day: 100000 },/' \
        "$source/fixtures/layers-acme.yaml" >"$tmp/fixture.yaml"
    serve --consent "$1"
    export LAYERS_KEY=lp_live_01HX9Y6K7EJ4T2_full LAYERS_SECOND_KEY=lp_live_01HX9Y6K7EJ4T2_second
    export LAYERS_READER_KEY=lp_live_01HX9Y6K7EJ4T2_reader LAYERS_NARROW_KEY=lp_live_01HX9Y6K7EJ4T2_narrow
    export LAYERS_OTHER_KEY=lp_live_02ZZZZZZZZZZZZ_other LAYERS_WRONG_KEY=lp_live_no_key_at_all
    unset LAYERS_BUYER_KEY
}

# target LINE...: writes a target file like that of a user who has most of these resources.
target() {
    cat >"$tmp/target.yaml" <<TARGET
name: somewhere
base_url: $url/layers
now: 2026-05-02T09:00:00Z
actors:
  full: { env: LAYERS_KEY }
  second: { env: LAYERS_SECOND_KEY }
  reader: { env: LAYERS_READER_KEY }
  narrow: { env: LAYERS_NARROW_KEY }
  other: { env: LAYERS_OTHER_KEY }
  buyer: { env: LAYERS_BUYER_KEY }
  stranger: { env: LAYERS_WRONG_KEY, expect: refused }
  anonymous: {}
$(sed -n '/^resources:/,/^capabilities:/p' "$suite/targets/mock.yaml" | sed '/^capabilities:/d; /leased_to_/d')
capabilities: [second_project, empty_project, second_org, second_key, narrow_key, leased_account, ad_accounts]
TARGET
    for line in "$@"; do echo "$line" >>"$tmp/target.yaml"; done
}

# run STATUS ARGUMENT...: runs conformance; fails unless it ends with STATUS
run() {
    expected=$1
    shift
    status=0
    "$bin/conformance" run "$@" --target "$tmp/target.yaml" --report "json=$tmp/r.json" >"$tmp/out" 2>&1 </dev/null || status=$?
    [ "$status" = "$expected" ] || fail "run $* ended with $status, not $expected"
}

requests() { curl -s "$url/__admin/requests?limit=1000"; }

# Prints what a run must not change: the connected accounts and the queued posts.
endpoint_state() {
    for project in prj_acme_a prj_acme_b prj_acme_empty; do
        for list in social-accounts 'scheduled-posts?status=queued'; do
            curl -s -H "Authorization: Bearer $LAYERS_KEY" "$url/layers/v1/projects/$project/$list"
        done
    done
}

# Lists all scenarios except oauth-url.yaml, which expects the platform's authorize URL; here the mock serves that page.
scenarios() { find "$suite" -mindepth 2 -name '*.yaml' ! -path '*/flows/*' ! -path '*/targets/*' ! -path '*/mutants/*' ! -name oauth-url.yaml; }

nothing_is_written() {
    start provider
    target 'rps: 50'
    curl -sf -o /dev/null "$url/__admin/rules" -d '{ "name": "spent-once", "on": "layers.list_social_accounts", "when": { "query": { "platform": "tiktok" }, "times": 1 },
        "then": [ { "respond": { "status": 429, "headers": { "Retry-After": "1" }, "body": { "error": { "code": "RATE_LIMITED", "message": "slow" } } } } ] }'
    run 0 "$suite"
    has '^  scenarios  [0-9]+, of which [1-9]'
    has "the scenario writes to a real target .allow it with --allow-writes"
    has "missing capability 'clock': a target has it with 'admin_url'"
    has "missing capability 'consent': a target has it with 'consent:"
    tr -d '\n' <"$tmp/out" | tr -s ' ' | grep -q "2 not applicable: actor 'buyer' is not available: the environment variable 'LAYERS_BUYER_KEY' is not set - ad-accounts-need-a-key-with-their-scope, list-needs-its-scope" || fail 'the scenario that lacks the key is not named'
    has "actor 'buyer' is not available: the environment variable 'LAYERS_BUYER_KEY' is not set"
    has_not 'blocked|could not be decided|Left behind'
    requests >"$tmp/requests"
    ! grep -oE '"method":"(POST|PUT|PATCH|DELETE)"' "$tmp/requests" || fail "something was written"
    # The rate-limited call was repeated after Retry-After, and the calls kept to rps: 50.
    grep -q '"status":429' "$tmp/requests" || fail "no call was rate limited"
    has '^  attempts '
    tr -d ' \n' <"$tmp/r.json" | grep -qE '"attempts":\[\{"status":429,[^}]*\},\{"status":[24][^}]*"waited_ms":1000\}\]' ||
        fail "the JSON report does not have both attempts"
    calls=$(sed -n 's/.*, \([0-9]*\) calls$/\1/p' "$tmp/out")
    took=$(sed -n 's/^  time *\([0-9]*\)\.\([0-9]*\) s, .*/\1\20/p' "$tmp/out")
    [ "${took:-0}" -ge $((1000 + (calls - 2) * 20)) ] || fail "$calls calls in $took ms are more than 50 a second"
}

the_endpoint_is_left_unchanged() {
    start local
    target 'rps: 1000' 'consent: browser' "consent_command: '$tests/consent.sh'"
    before=$(endpoint_state)
    for jobs in 1 8; do
        # shellcheck disable=SC2046
        run 0 $(scenarios) --allow-writes --jobs $jobs
        has "missing capability 'clock': a target has it with 'admin_url'"
        has_not 'blocked|could not be decided|Left behind|missing capability .consent.'
        [ "$(endpoint_state)" = "$before" ] || fail "the endpoint has changed: $(endpoint_state)"
    done
    requests | grep -q '"method":"DELETE"' || fail "nothing was cleaned up"
}

# Prints the ids in JSON texts, each once.
ids() { tr '{' '\n' | grep -oE '"(id|[A-Za-z]+Id)":"[^"]*"' | sort -u; }

# The reports have the ids that the endpoint sent, all of them and no other.
reports_have_the_ids_of_the_responses() {
    start local
    target 'rps: 1000' 'consent: browser' "consent_command: '$tests/consent.sh'"
    run 0 "$suite/list" "$suite/revocation" "$suite/publishing" --allow-writes --jobs 8 --no-preflight --report "ndjson=$tmp/r.ndjson,junit=$tmp/r.xml,console=$tmp/r.txt"
    # The journal also has the records that a call changed, and the response to the first request.
    requests | sed 's/"request_id":/\n/g' | sed 's/.*"response"://; s/"changes":.*//; /"requestId"/d' | ids >"$tmp/sent"
    grep '"event":"exchange"' "$tmp/r.ndjson" | sed 's/.*"response_body"//; s/\\"/"/g; /"requestId"/d' | ids >"$tmp/reported"
    [ "$(wc -l <"$tmp/reported")" -ge 15 ] || fail "only $(wc -l <"$tmp/reported") ids are reported"
    diff "$tmp/sent" "$tmp/reported" >"$tmp/out" || fail "the event stream has other ids than the responses"
    while IFS= read -r id; do
        grep -qF -- "$(echo "$id" | sed 's/"/\\"/g')" "$tmp/r.json" || fail "the JSON report lacks $id"
    done <"$tmp/sent"
    "$bin/conformance" list "$suite" --failed "$tmp/r.json" >"$tmp/out" 2>&1 || fail "the JSON report is not valid"
    ! command -v xmllint >/dev/null || xmllint --noout "$tmp/r.xml" || fail "the JUnit report is not valid XML"
}

# shown_handle URL: prints the handle in the form of a consent page.
shown_handle() { curl -s "$1" | sed -n 's/.*<input id="handle"[^>]* value="\([^"]*\)".*/\1/p'; }

a_person_is_asked_for_consent() {
    start local
    target 'consent: human'
    run 4 "$suite/edge-cases/revoke-then-reconnect.yaml" --allow-writes
    has 'the consent needs a person at a terminal, and there is no terminal'
    requests | grep -q '"method":"POST"' && fail "a request was sent"
    # At a terminal, conformance prints the URL and waits for a line. The loop below acts as the person.
    mkfifo "$tmp/keys" "$tmp/screen"
    command="'$bin/conformance' run '$suite/revocation/nothing-queued.yaml' --allow-writes --target '$tmp/target.yaml'; echo ended with \$?"
    script -qec "$command" /dev/null <"$tmp/keys" >"$tmp/screen" 2>&1 &
    exec 3>"$tmp/keys"
    while IFS= read -r line; do
        echo "$line" >>"$tmp/out"
        case $line in *http*/__consent/*)
            at=$(echo "$line" | tr -d '\r ')
            "$tests/consent.sh" "$at" approve "$(shown_handle "$at")" >/dev/null
            echo >&3 ;;
        esac
    done <"$tmp/screen"
    exec 3>&-
    has '^Consent needed: approve as acme.newcomer'
    has '/__consent/layers/st_[0-9A-Z]*[?]login_hint=acme.newcomer'
    curl -s "$url/__admin/state/accounts" | grep -q '"handle":"acme.newcomer"' ||
        fail "the page did not show the handle"
    has '[0-9]:[0-9][0-9] left'
    has 'ended with 0'
}

# Who is logged in at the platform decides which account is connected. Another one than the scenario asked for is an
# error of the run, not of the provider, and is removed like every account that the run connects.
another_user_is_an_error() {
    start local
    printf '#!/bin/sh\nexec "%s" "$1" "$2" somebody.else\n' "$tests/consent.sh" >"$tmp/browser"
    chmod +x "$tmp/browser"
    target 'rps: 1000' 'consent: browser' "consent_command: $tmp/browser"
    before=$(endpoint_state)
    run 3 "$suite/connect/completed.yaml" "$suite/connect/two-attempts.yaml" --allow-writes
    has "the consent was given as 'somebody.else', but the scenario asked"
    has "log in as 'acme.newcomer'"
    has_not 'Claims that do not hold|Left behind'
    has '0 failed'
    [ "$(endpoint_state)" = "$before" ] || fail "the endpoint has changed: $(endpoint_state)"
    # The handle in the list shows who it is, so other letters are an error too: the claims about the list would fail.
    printf '#!/bin/sh\nexec "%s" "$1" "$2" Acme.Newcomer\n' "$tests/consent.sh" >"$tmp/browser"
    run 3 "$suite/edge-cases/revoke-then-reconnect.yaml" --allow-writes
    has "the consent was given as 'Acme.Newcomer'"
}

# A second signal ends the run at once. The reports have what was judged, and what is left behind.
a_second_interrupt_names_what_is_left() {
    start local
    target 'rps: 1000' 'consent: browser' "consent_command: '$tests/consent.sh'"
    curl -sf -o /dev/null "$url/__admin/rules" -d '{ "name": "slow", "on": "layers.revoke_social_account", "then": [ { "delay_before": "20s" } ] }'
    "$bin/conformance" run "$suite/connect/completed.yaml" --target "$tmp/target.yaml" --allow-writes --report "json=$tmp/r.json,junit=$tmp/r.xml" >"$tmp/out" 2>&1 </dev/null &
    run=$!
    until curl -s "$url/__admin/requests?limit=1000" | grep -q 'oauth_status'; do kill -0 $run || fail "the run ended too early"; sleep 0.1; done
    sleep 1
    kill -INT $run
    sleep 0.3
    kill -INT $run
    status=0
    wait $run || status=$?
    [ "$status" = 130 ] || fail "the run ended with $status, not 130"
    has 'Left behind on the target'
    has 'cleanup +DELETE http.*/v1/social-accounts/sa_'
    has 'exit +130: the run was interrupted; 1 resource created on the target'
    tr -d ' \n' <"$tmp/r.json" | grep -q '"outcome":"holds"' || fail "the report lacks what was judged"
    grep -q 'left behind: ' "$tmp/r.xml" || fail "the JUnit report does not name what is left"
}

# A consent command that fails decides nothing, and the run does not wait for it.
a_failing_browser_decides_nothing() {
    start local
    printf '#!/bin/sh\necho "{\\"error\\": \\"no browser here\\"}"\n' >"$tmp/browser"
    chmod +x "$tmp/browser"
    target 'consent: browser' "consent_command: $tmp/browser"
    run 3 "$suite/revocation/nothing-queued.yaml" --allow-writes
    has 'the consent command reported an error: no browser here'
    target 'consent: browser' 'consent_command: ":"'
    run 3 "$suite/revocation/nothing-queued.yaml" --allow-writes
    has 'the consent command did not print one JSON line'
}

# Only the consent page of a mock is opened with the handle.
a_platforms_url_is_opened_unchanged() {
    start provider
    target 'consent: browser' "consent_command: echo >$tmp/opened"
    run 3 "$suite/revocation/nothing-queued.yaml" --allow-writes
    grep -qE '^https://www.tiktok.com/[^ ]*&state=st_[0-9A-Z]* approve acme.newcomer$' "$tmp/opened" ||
        fail "opened: $(cat "$tmp/opened")"
}

a_closed_port_is_reported_once() {
    url=http://127.0.0.1:9
    export LAYERS_KEY=any
    target
    run 3 "$suite"
    has '^http://127.0.0.1:9/layers does not respond: '
    has_not 'checks|nothing was checked'
}

$part
