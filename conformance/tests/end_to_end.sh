#!/bin/sh
# end_to_end.sh BIN SOURCE PART: runs the conformance program against the mock server, as a user does.
set -eu
bin=$1 source=$2 part=$3
suite=$source/scenarios/layers
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export UNDERSTUDY_TEST_MOCK="$bin/mockserver" NO_COLOR=1

fail() {
    echo "end_to_end: $*" >&2
    [ ! -f "$tmp/out" ] || cat "$tmp/out" >&2
    exit 1
}

# run STATUS ARGUMENT...: runs conformance; fails unless it ends with STATUS. Its output is in $tmp/out.
run() {
    expected=$1
    shift
    status=0
    "$bin/conformance" "$@" >"$tmp/out" 2>&1 </dev/null || status=$?
    [ "$status" = "$expected" ] || fail "conformance $* ended with $status, not $expected"
}

# flat FILE: prints a JSON report without blanks, for grep.
flat() { tr -d ' \n' <"$1"; }

has() { grep -qE -- "$1" "$tmp/out" || fail "the output does not match: $1"; }

suite_is_green() {
    run 0 run "$suite" --mock --report "json=$tmp/r.json,junit=$tmp/r.xml,ndjson=$tmp/r.ndjson"
    tail -n 1 "$tmp/out" | grep -qE '^[1-9][0-9]* checks, [1-9][0-9]* passed, 0 failed' || fail "the last line is not the count of checks"
    tail -n 1 "$tmp/out"
    flat "$tmp/r.json" | grep -q '"outcome":"fails"' && fail "a claim fails in a green run"
    flat "$tmp/r.json" | grep -q '"exit":{"code":0' || fail "the JSON report has no exit code"
    grep -q '"event":"run_ended"' "$tmp/r.ndjson" || fail "the event stream has no end"
    ! command -v xmllint >/dev/null || xmllint --noout "$tmp/r.xml" || fail "the JUnit report is not valid XML"
    grep -lE 'lp_live_[0-9A-Za-z]+_(full|second|reader|narrow|other)' "$tmp/out" "$tmp/r.json" "$tmp/r.xml" "$tmp/r.ndjson" &&
        fail "a report contains a key"
    # A second run, with one scenario at a time, executes the same checks.
    ledger=$(flat "$tmp/r.json" | sed -n 's/.*"executed":"\([0-9a-f]*\)".*/\1/p')
    [ -n "$ledger" ] || fail "the JSON report has no ledger of checks"
    run 0 run "$suite" --mock --jobs 1 --report "json=$tmp/again.json"
    flat "$tmp/again.json" | grep -q "\"executed\":\"$ledger\"" || fail "a run with --jobs 1 executed other checks"
    run 0 lint "$suite"
    has '^.*scenarios/layers: [0-9]+ of [0-9]+ observable claims are cited'
}

# In a mock of its own a scenario gets the same ids in every run, also if it runs alone.
a_run_can_be_repeated() {
    run 0 run "$suite/connect" --mock --report "ndjson=$tmp/all.ndjson"
    run 0 run "$suite/connect/completed.yaml" --mock --report "ndjson=$tmp/one.ndjson"
    id=$(grep -o 'socialAccountId[\\": ]*sa_[0-9A-Z]\{26\}' "$tmp/one.ndjson" | grep -o 'sa_.*' | sort -u | head -n 1)
    [ -n "$id" ] || fail "no account was connected"
    [ "$(grep -c "$id" "$tmp/all.ndjson")" -gt 0 ] || fail "$id is not in the other run"
}

# A catalogue has one claim more: lint lists it, and lint --complete fails.
lint_lists_uncited_claims() {
    cp -r "$suite" "$tmp/layers"
    printf -- '- claim: LA-999\n  says: "No scenario cites this"\n  source: list-social-accounts#response\n  level: must\n  observe: api\n' >>"$tmp/layers/claims.yaml"
    run 0 lint "$tmp/layers"
    has 'uncited LA-999 +must +No scenario cites this'
    run 1 lint --complete "$tmp/layers"
    run 0 lint "$tmp/layers/list"
    ! grep -q LA-999 "$tmp/out" || fail "a part of the folder must not report uncited claims"
}

# list --claims shows where the documentation states a claim: with a URL, with a path, or without both.
claims_are_listed_with_their_places() {
    tab=$(printf '\t')
    run 0 list --claims "$source/scenarios/postnitro"
    has "^PN-007${tab}must${tab}The list returns 200${tab}Social Accounts: List social accounts${tab}https://postnitro.ai/docs/embed/api/social-accounts#list-social-accounts\$"
    run 0 list --claims "$suite/list"
    has "^LA-047${tab}must${tab}.*${tab}GET /v1/projects/:projectId/social-accounts: Errors${tab}/docs/api/reference/social-accounts/list-social-accounts#errors\$"
    run 0 list --claims "$source/scenarios/posteverywhere"
    has "^PE-019${tab}must${tab}.*${tab}List accounts: Account object fields${tab}\$"
    run 0 list --claims --json "$source/scenarios/postnitro"
    has '"url": "https://postnitro.ai/docs/embed/api/social-accounts#list-social-accounts"'
    ! grep -q '"title"' "$tmp/out" || fail "list --claims lists scenarios"
}

# A misspelt name is an error when the files are loaded, with and without a target; it does not make a scenario inapplicable.
names_are_closed_lists() {
    cp -r "$suite" "$tmp/layers"
    sed -i "s#\.\./\.\./\.\./fixtures#$source/fixtures#" "$tmp/layers/targets/mock.yaml"
    sed -i 's/^requires: \[second_org\]/requires: [second_ogr]/; s/as: other/as: othr/' "$tmp/layers/list/foreign-project.yaml" \
        "$tmp/layers/edge-cases/two-organizations.yaml"
    sed -i 's/^  empty_project:/  empty_porject:/; s/second_key, narrow_key/second_kye, narrow_key/' "$tmp/layers/targets/mock.yaml"
    for command in lint "run --mock" list; do
        # shellcheck disable=SC2086
        run 2 $command "$tmp/layers"
        has "layers/(list|edge-cases)/.*yaml:[0-9]+:[0-9]+: unknown capability 'second_ogr' .did you mean 'second_org'"
        has "layers/(list|edge-cases)/.*yaml:[0-9]+:[0-9]+: unknown actor 'othr' .did you mean 'other'"
        has "layers/targets/mock.yaml:[0-9]+:3: unknown resource 'empty_porject' .did you mean 'empty_project'"
        has "layers/targets/mock.yaml:[0-9]+:[0-9]+: unknown capability 'second_kye' .did you mean 'second_key'"
    done
    # The list of simulations is that of the mock.
    mkfifo "$tmp/ready"
    "$bin/mockserver" --port 0 >"$tmp/ready" 2>"$tmp/log" &
    pid=$!
    read -r ready <"$tmp/ready" || fail "the mock did not start"
    url=$(echo "$ready" | sed 's/.*"url":"\([^"]*\)".*/\1/')
    simulations=$(curl -s "$url/__admin/capabilities" | sed 's/.*"simulations":\[\([^]]*\)\].*/\1/; s/"//g')
    kill $pid
    wait $pid || :
    [ "$(echo "$simulations" | tr ',' '\n' | wc -l)" -ge 10 ] || fail "the mock has no simulations: $simulations"
    listed=$(sed -n '/^static const char .const simulations/,/^};/p' "$source/conformance/scenario/target_schema.c" | grep -oE '"[a-z_]+"' | tr -d '"' | sort)
    [ "$listed" = "$(echo "$simulations" | tr ',' '\n' | sort)" ] || fail "target_schema.c lists other simulations than the mock"
}

# A wrong expectation fails, and the report shows everything a reader needs.
failure_card_is_complete() {
    mkdir -p "$tmp/layers"
    cp -r "$suite/claims.yaml" "$suite/disputes.yaml" "$suite/flows" "$suite/targets" "$suite/revocation" "$tmp/layers/"
    sed "s#\.\./\.\./\.\./fixtures#$source/fixtures#" "$suite/targets/mock.yaml" >"$tmp/layers/targets/mock.yaml"
    sed -i 's/canceledScheduledPosts: 2 }/canceledScheduledPosts: 5 }/' "$tmp/layers/revocation/cancels-queued-posts.yaml"
    run 1 run "$tmp/layers/revocation" --mock
    has 'LA-187 +must +canceledScheduledPosts is the number'
    has 'revoke-cancels-queued-posts-and-counts-them/revoke/canceledScheduledPosts/equals'
    has 'cancels-queued-posts.yaml:[0-9]+:[0-9]+'
    has 'expected +5$'
    has 'actual +2$'
    has 'curl -X DELETE '
    has '^ +--compressed'
    has 'Bearer \$full'
    has '200 OK'
    # --failed selects the failed scenario only.
    run 1 run "$tmp/layers/revocation" --mock --report "json=$tmp/r.json"
    run 0 list "$tmp/layers/revocation" --failed "$tmp/r.json"
    [ "$(cut -f 1 "$tmp/out")" = revoke-cancels-queued-posts-and-counts-them ] || fail "--failed selected other scenarios"
}

exit_codes_are_right() {
    run 0 --help
    has '^  run PATH'
    run 2 --mock run "$suite"
    has "command 'run' must come before all options"
    for option in url admin-url; do
        run 2 run "$suite" --target x.yaml --$option foo
        has "invalid value 'foo' for --$option; expected an http or https URL"
    done
    run 2 run "$suite" --mock --cacert x.pem
    has 'mock cannot be combined with --cacert'
    run 2 run "$suite" --target "$suite/targets/mock.yaml" --cacert "$tmp/nowhere.pem"
    has "^.*--cacert: cannot read '.*/nowhere.pem': No such file or directory$"
    run 2 run "$suite" --mock --admin-url http://127.0.0.1:8080
    has '^.*--mock cannot be combined with --admin-url'
    run 2 run "$suite/list" "$source/scenarios/posteverywhere/list" --mock
    has 'one run tests one target, but the scenarios belong to two providers: Layers and PostEverywhere$'
    run 3 run "$suite" --mock="$source/fixtures/sample.yaml" # it lacks what the target file names
    has "^key of actor '.*' .* was refused: 401$"
    ! grep -q ' checks, ' "$tmp/out" || fail 'scenarios judge a mock that lacks their resources'
    run 0 run "$suite/list/shape.yaml" --mock="$source/scenarios/../fixtures/layers-acme.yaml"
    ! grep -q 'preflight' "$tmp/out" || fail 'a mock with the fixture of the target file is checked'
    run 0 lint --help
    has '^Usage: conformance lint'
    run 0 run --help
    has '--report=FORMAT=FILE'
    has 'Exit status of run: the first of these that applies'
    run 2 run "$suite" --mock --no-such-flag
    run 2 run --mock "$source/fixtures/layers-acme.yaml" "$suite"
    has '--mock=.*layers-acme.yaml'
    run 2 run "$suite" --mock --report "csv=$tmp/r"
    has "unknown report format 'csv' .*junit"
    run 2 run "$tmp/nowhere" --mock
    [ "$(cat "$tmp/out")" = "$tmp/nowhere: no such file or folder" ] || fail 'a missing path is reported with other errors'
    printf 'scenario: typo\ntitle: t\nsteps:\n  - id: a\n    call: GET /v1/x\n    expekt: { status: 200 }\n    claims: [LA-001]\n' >"$tmp/typo.yaml"
    cp "$suite/claims.yaml" "$suite/disputes.yaml" "$tmp/"
    run 2 lint "$tmp/typo.yaml"
    has "typo.yaml:6:5: unknown key 'expekt' in step .did you mean 'expect'"
    printf 'name: {\n' >"$tmp/broken.yaml"
    run 2 run "$suite" "--mock=$tmp/broken.yaml"
    has 'broken.yaml:[0-9]+:[0-9]+'
    run 4 run "$suite" --mock --tag 'list and not list'
    has "no scenario matches --tag 'list and not list'"
    run 2 run "$suite" --mock --tag no-such-tag
    has "^--tag:1:1: unknown tag 'no-such-tag'"
    run 2 list "$suite" --claim LA-012,LA-9999
    has "^--claim: no claim matches 'LA-9999'"
    run 2 list "$suite" --claim=
    run 2 list "$suite" --tag=
    sed 's#^mock: true#mock: true#; s#^admin_url:.*##' "$suite/targets/mock.yaml" >"$tmp/closed.yaml"
    run 3 run "$suite/list/shape.yaml" --target "$tmp/closed.yaml" --url http://127.0.0.1:9
    run 2 run "$suite" --mock --report junit=/dev/full
}

# The mock's admin API is on a port of its own, where the provider is not; so each request must go to the right one.
a_running_mock_is_tested() {
    mkfifo "$tmp/ready"
    "$bin/mockserver" --fixture "$source/fixtures/layers-acme.yaml" --port 0 --admin-port 0 --log quiet >"$tmp/ready" &
    mock=$!
    trap 'kill $mock; rm -rf "$tmp"' EXIT
    read -r ready <"$tmp/ready" || fail "the mock did not start"
    url=$(echo "$ready" | sed 's/.*"url":"\([^"]*\)".*/\1/')
    admin=$(echo "$ready" | sed 's/.*"admin":"\([^"]*\)".*/\1/')
    for base in "$url" "$url/layers"; do
        run 0 run "$suite" --target "$suite/targets/mock.yaml" --url "$base" --admin-url "$admin"
        has "^  target +layers-mock  $url/layers\$"
    done
    printf 'name: running\nmock: true\nbase_url: %s\nmount: /layers\nadmin_url: %s\n' "$url" "$admin" >"$tmp/target.yaml"
    sed -n '/^now:/p; /^consent:/p; /^actors:/,$p' "$suite/targets/mock.yaml" >>"$tmp/target.yaml"
    run 0 run "$suite/list" --target "$tmp/target.yaml"
    # A wrong base_url is noticed although the admin API responds.
    run 3 run "$suite/list/shape.yaml" --target "$tmp/target.yaml" --url "$url/nowhere" --admin-url "$admin"
    has "^base_url $url/nowhere/layers does not look like the Layers API: GET .*/v1/whoami returned 404 "
}

# Every run writes its reports, also one that does not take place, so that no report of an earlier run is taken for its.
reports_are_never_of_an_earlier_run() {
    reports="json=$tmp/r.json,junit=$tmp/r.xml,ndjson=$tmp/r.ndjson,console=$tmp/r.txt"
    for case in "3 http://127.0.0.1:9.does.not.respond $suite/list --url http://127.0.0.1:9" \
        "2 nowhere:.no.such.file $tmp/nowhere --mock" \
        "4 no.scenario.matches $suite/list --mock --tag (list)and(not(list))" \
        "2 the.mock.server $suite/list --mock=$tmp/broken.yaml"; do
        printf 'name: {\n' >"$tmp/broken.yaml"
        # shellcheck disable=SC2086
        set -- $case
        expected=$1 why=$2
        shift 2
        for file in r.json r.xml r.ndjson r.txt; do echo yesterday >"$tmp/$file"; done
        run "$expected" run "$@" --report "$reports"
        for file in r.json r.xml r.ndjson r.txt; do
            ! grep -q yesterday "$tmp/$file" || fail "$file is of an earlier run, after: $*"
            grep -qE "$why" "$tmp/$file" || fail "$file does not say '$why', after: $*"
        done
        flat "$tmp/r.json" | grep -q "\"code\":$expected" || fail "r.json has another exit status, after: $*"
        grep -q '<error message="exit status' "$tmp/r.xml" || fail "r.xml has no error, after: $*"
    done
}

# A target that goes away in the middle: what was judged is printed and reported.
a_target_that_goes_away_hides_nothing() {
    printf 'name: slow\ninclude: [%s/fixtures/layers-acme.yaml]\nrules:\n  - name: slow\n    on: layers.revoke_social_account\n    then: [ { delay_before: 20s } ]\n' "$source" >"$tmp/slow.yaml"
    "$bin/conformance" run "$suite/list/shape.yaml" "$suite/revocation" "--mock=$tmp/slow.yaml" --jobs 1 \
        --report "ndjson=-,json=$tmp/r.json,junit=$tmp/r.xml" >"$tmp/events" 2>"$tmp/out" </dev/null &
    pid=$!
    until grep -q "scenario_started.*revoke" "$tmp/events"; do kill -0 $pid || fail "the run ended too early"; done
    kill -KILL "$(pgrep -P $pid -x mockserver)"
    status=0
    wait $pid || status=$?
    [ "$status" = 3 ] || fail "a run whose target went away ended with $status, not 3"
    has '[1-9][0-9]* checks, [1-9][0-9]* passed, 0 failed.* [0-9]+ error'
    has 'exit +3: [0-9]+ checks could not be decided because of an error of the target'
    grep -q '"event":"run_ended"' "$tmp/events" || fail "the event stream has no end"
    flat "$tmp/r.json" | grep -q '"outcome":"holds"' || fail "the JSON report lacks what was judged"
    grep -q '<error ' "$tmp/r.xml" || fail "the JUnit report has no error"
}

# A part of --shard may be empty, and --failed of a green run selects nothing: neither is an error.
nothing_to_do_is_green() {
    run 0 run "$suite/list/shape.yaml" --mock --shard 2/2
    has 'nothing to do: part 2 of 2 has no scenario; the other parts have 1'
    run 4 run "$suite/list/shape.yaml" --mock --shard 2/2 --tag "list and not list"
    run 0 run "$suite/list/shape.yaml" --mock --report "json=$tmp/r.json"
    run 0 run "$suite/list/shape.yaml" --mock --failed "$tmp/r.json"
    has "nothing to do: nothing failed in the run of $tmp/r.json"
    run 4 run "$suite/list/shape.yaml" --mock --failed "$tmp/r.json" --tag "list and not list"
    run 2 run "$source/scenarios/postnitro" --mock --failed "$tmp/r.json" # of another suite
    has "$tmp/r.json: this report is of other scenarios"
    run 3 run "$suite/list/shape.yaml" --url http://127.0.0.1:9 --report "json=$tmp/r.json"
    run 4 run "$suite/list/shape.yaml" --mock --failed "$tmp/r.json" # it judged nothing
    # A run that does not take place keeps the report that it should have read.
    sed 's/everything/list-has-the-documented-shape/; s/"verdict": "pass"/"verdict": "fail"/' <"$source/conformance/tests/golden/all-passed.json" >"$tmp/r.json"
    cp "$tmp/r.json" "$tmp/before.json"
    run 3 run "$suite/list/shape.yaml" --url http://127.0.0.1:9 --failed "$tmp/r.json" --report "json=$tmp/r.json"
    cmp "$tmp/before.json" "$tmp/r.json" || fail "the report of --failed was replaced"
    ! ls "$tmp"/*.partial 2>/dev/null || fail "a partial report is left"
}

# A report has every id of the responses, in every run, although the scenarios run at once and each may learn secrets of the others.
secrets_are_not_mistaken() {
    provider=$source/scenarios/posteverywhere
    for i in 1 2 3 4 5 6 7 8; do
        run 0 run "$provider" --mock --jobs 64 --report "json=$tmp/r.json,ndjson=$tmp/r.ndjson"
        for report in "$tmp/r.json" "$tmp/r.ndjson"; do
            # The id of an attempt to connect is its session_id, a secret.
            sed 's/oauth_attempts[\\]*",[\\]*"id[\\]*":[\\]*"\$session_id//g; s/session_id[\\]*": *[\\]*"\$session_id//g' "$report" >"$tmp/rest"
            ! grep -qE 'id\\?": ?\\?"\$' "$tmp/rest" || fail "run $i: an id in $report was taken for a secret"
            grep -qE '"id\\?": ?\\?"[0-9a-f-]{36}' "$report" || fail "run $i: $report has no id"
        done
    done
    run 0 run "$suite" --mock --jobs 64 --report "ndjson=$tmp/layers.ndjson"
    sed 's/oauth_attempts[\\]*",[\\]*"id[\\]*":[\\]*"\$state//g' "$tmp/layers.ndjson" >"$tmp/rest" # likewise its state
    ! grep -oE '[^A-Za-z]id\\?": ?\\?"\$.{20}' "$tmp/rest" || fail "an id was taken for a secret"
    # A stream to a pipe has the same events as the file.
    "$bin/conformance" run "$provider" --mock --jobs 64 --report ndjson=- 2>/dev/null >"$tmp/stream" </dev/null || fail "a run to a pipe failed"
    for event in run_started scenario_started scenario_ended check exchange run_ended; do
        [ "$(grep -c "^{\"event\":\"$event\"" "$tmp/stream")" = "$(grep -c "^{\"event\":\"$event\"" "$tmp/r.ndjson")" ] ||
            fail "the stream has another number of $event events than the file"
    done
    tail -n 1 "$tmp/stream" | grep -q '"event":"run_ended"' || fail "the stream does not end with run_ended"
}

# Starts a mock in the background; its URL is in $url.
start_mock() {
    mkfifo "$tmp/ready"
    "$bin/mockserver" --fixture "$source/fixtures/layers-acme.yaml" --port 0 --log quiet >"$tmp/ready" &
    mock=$!
    trap 'kill $mock; rm -rf "$tmp"' EXIT
    read -r ready <"$tmp/ready" || fail "the mock did not start"
    url=$(echo "$ready" | sed 's/.*"url":"\([^"]*\)".*/\1/')
}

# A password in a URL is sent, but neither printed nor reported; nor are short keys.
passwords_in_urls_are_secret() {
    start_mock
    host=${url#http://}
    reports="json=$tmp/r.json,junit=$tmp/r.xml,ndjson=$tmp/r.ndjson,console=$tmp/r.txt"
    printf 'name: x\nmock: true\nbase_url: "http://user:hunter2%%2Fsecret@%s/layers"\nauth: { header: X-Key }\nactors: { full: { key: abc }, anonymous: {} }\n' "$host" >"$tmp/target.yaml"
    sed -n '/^resources:/,$p' "$suite/targets/mock.yaml" >>"$tmp/target.yaml"
    run 3 run "$suite/list/shape.yaml" --target "$tmp/target.yaml" --report "$reports" # the preflight finds that the key is wrong
    has '^key of actor .full. .*target.yaml:5. was refused: 401'
    ! grep -iE 'hunter2|aHVudGVy|"abc"' "$tmp"/out "$tmp"/r.* || fail "the preflight shows a password or a key"
    run 1 run "$suite/list/shape.yaml" --target "$tmp/target.yaml" --report "$reports" --no-preflight
    for file in out r.json r.xml r.ndjson r.txt; do
        ! grep -iE 'hunter2|aHVudGVy|odW50ZXIy|ZXIyL3NlY3|68756e746572|X-Key: abc|"abc"' "$tmp/$file" || fail "$file contains a password or a key"
        grep -qE 'Basic \$base_url_login' "$tmp/$file" || fail "$file does not show that a user was sent"
        grep -qE 'X-Key: "?\$full|"X-Key", *$|"\$full"' "$tmp/$file" || fail "$file does not show that a key was sent"
    done
    curl -s "$url/__admin/requests?limit=10" | grep -q '"Authorization":"Basic [^"]*\.\.\.' || fail "the user was not sent"
    # Both need the same header.
    sed '/^auth:/d' "$tmp/target.yaml" >"$tmp/both.yaml"
    run 2 run "$suite/list/shape.yaml" --target "$tmp/both.yaml" --report "$reports"
    has "the URL of target 'x' has a user, and actor 'full' has a key; both need the header Authorization"
    for place in "--url http://user:hunter2secret@127.0.0.1:9" "--url http://user:hunter2secret@127.0.0.1:99999" \
        "--target $suite/targets/mock.yaml --admin-url http://user:hunter2secret@127.0.0.1:9" "--url user:hunter2secret@h" \
        "--mock --url http://user:hunter2secret@h/?q"; do
        status=0
        # shellcheck disable=SC2086
        "$bin/conformance" run "$suite/list/shape.yaml" $place --report "$reports" >"$tmp/out" 2>&1 </dev/null || status=$?
        [ "$status" != 0 ] || fail "a run with $place ended with 0"
        ! grep -l hunter2 "$tmp"/out "$tmp"/r.* || fail "the password is shown, with $place"
    done
}

# A message that repeats the response of the target does not show a key.
messages_have_no_keys() {
    start_mock
    key=lp_live_01HX9Y6K7EJ4T2_full
    run 3 run "$suite/list/shape.yaml" --target "$suite/targets/mock.yaml" --url "$url" --admin-url "$url/$key" --report "json=$tmp/r.json"
    has "the admin API returned 404 for GET $url/.full/__admin/capabilities"
    ! grep -l "$key" "$tmp/out" "$tmp/r.json" || fail "a key is shown"
    for given in "full=$key" "$key" "=$key" "full=A,$key"; do
        run 2 run "$suite/list/shape.yaml" --url "$url" --key "$given" --report "json=$tmp/r.json"
        ! grep -l "$key" "$tmp/out" "$tmp/r.json" || fail "a key is shown, with --key $given"
    done
}

# Without the actor that sends the calls of a suite nothing is judged: a 401 would accuse the claims.
a_missing_actor_decides_nothing() {
    start_mock
    export FULL=lp_live_01HX9Y6K7EJ4T2_full
    sed '/^now:/d; /^fixture:/d; /^admin_url:/d; /^consent:/d; /^  full:/d' "$suite/targets/mock.yaml" >"$tmp/target.yaml"
    for options in "--target $tmp/target.yaml --url $url" "--target $tmp/target.yaml --url $url --key other=FULL" "--url $url/layers"; do
        # shellcheck disable=SC2086
        run 4 run "$suite/list/shape.yaml" "$suite/list/paging.yaml" $options
        has "not applicable: the target has no (actor 'full'|resource 'project_a')"
        ! grep -q 'does not behave like' "$tmp/out" || fail "a target that was not asked is accused"
    done
    ! curl -s "$url/__admin/requests?limit=100" | grep -q 'social-accounts' || fail "a call was sent without its key"
    run 0 run "$suite/list/shape.yaml" --target "$tmp/target.yaml" --url "$url" --key full=FULL
    sed 's/^actors:/&\n  anonymous: {}\n  full: { env: NOT_SET }/; s/^  anonymous: {}$//' "$suite/targets/live.example.yaml" |
        sed '/LAYERS_KEY/d; /LAYERS_WRONG_KEY/d; s/prj_of_yours/prj_acme_a/; s/sa_of_yours/sa_acme_tiktok/' >"$tmp/unset.yaml"
    run 0 run "$suite/list/shape.yaml" --target "$tmp/unset.yaml" --url "$url/layers" --key full=FULL
    # A suite of one's own, without target-schema.yaml, and an API that needs no key.
    mkdir "$tmp/own"
    echo '- { claim: X-1, says: a namespace is created, source: d, level: must, observe: api }' >"$tmp/own/claims.yaml"
    printf 'scenario: own\ntitle: t\nsteps:\n  - id: a\n    call: POST /__admin/namespaces\n    body: { name: $run.id }\n    expect: { status: [200, 201], body: { name: $run.id } }\n    claims: { X-1: [status, /name] }\n    cleanup: { call: DELETE /__admin/namespaces/$run.id }\n' >"$tmp/own/own.yaml"
    run 0 run "$tmp/own" --url "$url" --allow-writes
    has "^info: target '$url' has no actor: a call of a scenario that has no 'as' is sent without a key"
}

# A key with a line break would end the header; the rest would be another header, or the body.
keys_fit_their_header() {
    start_mock
    sed '/^fixture:/d; /^mount:/d; s/key: lp_live_01HX9Y6K7EJ4T2_full/env: NK/' "$suite/targets/mock.yaml" >"$tmp/target.yaml"
    printf 'mount: /layers\n' >>"$tmp/target.yaml"
    key=lp_live_01HX9Y6K7EJ4T2_full
    export NK="$key
"
    run 0 run "$suite/list/shape.yaml" --target "$tmp/target.yaml" --url "$url"
    has "the environment variable 'NK' ends with a line break, which is removed"
    run 4 run "$suite/list/shape.yaml" --no-preflight --url "$url" --key full=NK
    has "the environment variable 'NK' ends with a line break, which is removed"
    for NK in "$key
X-Injected: yes" "
$key" ' ' "$(printf 'a\033[2J')"; do
        run 2 run "$suite/list/shape.yaml" --target "$tmp/target.yaml" --url "$url"
        has "target.yaml:[0-9]+:[0-9]+: the environment variable 'NK' (has a line break|has only blanks|has the control character 0x1b)"
        run 2 run "$suite/list/shape.yaml" --url "$url" --key full=NK
        has "key: the environment variable 'NK' (has a line break|has only blanks|has the control character 0x1b)"
    done
    ! curl -s "$url/__admin/requests?limit=100" | grep -q X-Injected || fail "a header was injected"
}

# What a file says about its own server proves nothing about the server of --url; and --read-only always wins.
nothing_is_written_unasked() {
    start_mock
    writes() { curl -s "$url/__admin/requests?limit=1000" | grep -cE '"method": ?"(POST|PUT|PATCH|DELETE)"' || :; }
    mock_file=$suite/targets/mock.yaml
    for options in "" "--read-only"; do
        # shellcheck disable=SC2086
        run 4 run "$suite/leases/request.yaml" --target "$mock_file" --url "$url" $options
        has "mock.yaml: 'mock: true' does not apply to the server of --url"
    done
    run 4 run "$suite/leases/request.yaml" --target "$mock_file" --url "$url" --allow-writes
    has 'not applicable: the scenario costs money on a real target'
    run 4 run "$suite/webhooks" --target "$mock_file" --url "$url" --allow-writes --allow-costly
    run 0 run "$suite/list/shape.yaml" --target "$mock_file" --url "$url"
    [ "$(writes)" = 0 ] || fail "a run wrote without --allow-writes: $(writes)"
    run 4 run "$suite/leases/request.yaml" --mock --read-only
    has 'the scenario writes, and --read-only is set'
    run 0 run "$suite/list/shape.yaml" "$suite/leases/request.yaml" --target "$mock_file" --url "$url" --admin-url "$url" --read-only
    [ "$(writes)" = 0 ] || fail "--read-only wrote to a mock"
    run 0 run "$suite/leases/request.yaml" --target "$mock_file" --url "$url" --admin-url "$url"
    run 2 run "$suite/leases/request.yaml" --mock --read-only --allow-writes
    has 'read-only cannot be combined with --allow-writes'
}

# A mock without Date headers: times are undecided, and no check fails.
a_missing_date_decides_nothing() {
    for provider in layers posteverywhere postnitro; do
        printf 'include: [%s/fixtures/%s-acme.yaml]\nrules:\n' "$source" $provider >"$tmp/dateless.yaml"
        "$bin/mockserver" routes | grep -o "$provider\.[a-z_]*" | sort -u |
            sed 's/.*/  - { name: of-&, on: &, then: [ { headers: { Date: null } } ] }/' >>"$tmp/dateless.yaml"
        run 3 run "$source/scenarios/$provider" "--mock=$tmp/dateless.yaml"
        has 'the response has no Date header'
        tail -n 1 "$tmp/out" | grep -qE ' passed, 0 failed,.* [1-9][0-9]* errors?$' || fail "$provider: not only undecided times"
    done
}

# An interrupted run stops its mock server and ends with status 130.
interrupt_cleans_up() {
    cp -r "$suite/claims.yaml" "$suite/disputes.yaml" "$tmp/"
    printf 'name: slow\ninclude: [%s/fixtures/layers-acme.yaml]\nrules:\n  - name: slow\n    on: layers.list_social_accounts\n    then: [ { delay_after: 3s } ]\n' "$source" >"$tmp/slow.yaml"
    "$bin/conformance" run "$suite/list" "--mock=$tmp/slow.yaml" --report ndjson=- >"$tmp/out" 2>/dev/null </dev/null &
    pid=$!
    until grep -q '"event":"scenario_started"' "$tmp/out"; do kill -0 $pid || fail "the run ended before a scenario started"; done
    mock=$(pgrep -P $pid -x mockserver)
    kill -INT $pid
    status=0
    wait $pid || status=$?
    [ "$status" = 130 ] || fail "an interrupted run ended with $status, not 130"
    [ -z "$mock" ] || ! kill -0 "$mock" 2>/dev/null || fail "the mock server is still running"
}

# The reports of an interrupted run have the scenarios that did not start, and --failed runs them.
an_interrupted_run_lists_every_scenario() {
    printf 'name: slow\ninclude: [%s/fixtures/layers-acme.yaml]\nrules:\n  - name: slow\n    on: layers.list_social_accounts\n    then: [ { delay_after: 3s } ]\n' "$source" >"$tmp/slow.yaml"
    "$bin/conformance" run "$suite/list" "--mock=$tmp/slow.yaml" --jobs 1 --report "ndjson=-,json=$tmp/r.json,junit=$tmp/r.xml" >"$tmp/events" 2>"$tmp/out" </dev/null &
    pid=$!
    until grep -q '"event":"scenario_started"' "$tmp/events"; do kill -0 $pid || fail "the run ended before a scenario started"; done
    kill -INT $pid
    status=0
    wait $pid || status=$?
    [ "$status" = 130 ] || fail "an interrupted run ended with $status, not 130"
    all=$("$bin/conformance" list "$suite/list" | wc -l)
    has "scenarios +$all, of which 1 ran"
    has "$((all - 1)) did not start; --failed with the JSON report runs them"
    [ "$(grep -c '"event":"scenario_ended".*"verdict":"blocked","why":"the run was interrupted before the scenario started"' "$tmp/events")" = $((all - 1)) ] ||
        fail "the events lack a scenario that did not start"
    [ "$(grep -c '<testsuite .*file=' "$tmp/r.xml")" = "$all" ] || fail "the JUnit report lacks a scenario"
    run 0 list "$suite/list" --failed "$tmp/r.json"
    [ "$(wc -l <"$tmp/out")" -ge $((all - 1)) ] || fail "--failed does not select every scenario that did not start"
}

$part
