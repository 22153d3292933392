#!/bin/sh
# prove.sh BIN SOURCE PART: plays mutants, controls and legal servers against a small suite, as a user does.
set -eu
bin=$1 source=$2 part=$3
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export UNDERSTUDY_TEST_MOCK="$bin/mockserver" NO_COLOR=1
suite=$tmp/suite
cp -r "$source/conformance/tests/prove/suite" "$suite"
sed -i "s#SOURCE#$source#" "$suite/targets/mock.yaml"

fail() {
    echo "prove: $*" >&2
    [ ! -f "$tmp/out" ] || cat "$tmp/out" >&2
    exit 1
}

# prove STATUS ARGUMENT...: plays the suite; fails unless that ends with STATUS. The output is in $tmp/out.
prove() {
    expected=$1 status=0
    shift
    "$bin/conformance" prove "$suite" "$@" >"$tmp/out" 2>&1 </dev/null || status=$?
    [ "$status" = "$expected" ] || fail "prove $* ended with $status, not $expected"
}

has() { grep -qE -- "$1" "$tmp/out" || fail "the output does not match: $1"; }
hasnt() { ! grep -qE -- "$1" "$tmp/out" || fail "the output matches: $1"; }
flat() { tr -d ' \n' <"$1"; }

# rule NAME OPERATION EFFECT: a mutant's rules.
rules() { printf '  rules:\n    - name: %s\n      on: posteverywhere.%s\n      then: [ %s ]\n' "$@"; }
mutant() { printf -- '- mutant: %s\n  mistake: %s\n  breaks: [%s]\n' "$@"; }
second_is_missing='{ patch: [ { op: test, path: /data/account_id, value: 3003 }, { op: replace, path: /data/account_id, value: 1 } ] }'

a_good_suite_is_proved() {
    prove 0 --report "json=$tmp/r.json"
    has '^ +all +3 +2 +2 +0 +0 +0 +100 %$'
    has '^ +must claims +2 of 2 killed, 100 %$'
    has '^ +controls +1 of 1 without a claim that holds$'
    has '^ +legal servers +1 of 1 without a false alarm$'
    [ "$(tail -n 1 "$tmp/out")" = '2 mutants, 2 of 2 kills, 1 control, 1 legal server: proved' ] || fail "another last line"
    flat "$tmp/r.json" | grep -q '"id":"XX-001","level":"must","observe":"api","mutants":1,"killed":1,"wrong_reason":0,"survived":0' ||
        fail "the JSON report lacks the numbers of a claim"
    flat "$tmp/r.json" | grep -q '"kind":"mutant","name":"lost",.*"claims":\[{"id":"XX-001","outcome":"killed","why":null}\]' ||
        fail "the JSON report lacks a mutant"
}

every_outcome_is_listed_with_its_place() {
    {
        mutant survivor 'The seed is another one' XX-001
        echo '  seed: 7'
        mutant wrong 'Another account is read' XX-001
        rules wrong read_account "$second_is_missing"
        mutant hidden 'The connection breaks' XX-002
        rules hidden read_account '{ close_connection: before_headers }'
        mutant same 'The list is sorted twice' XX-001
        echo '  equivalent: the order is the same'
        mutant fresh 'The list is empty' XX-001
        rules fresh list_accounts '{ patch: [ { op: replace, path: /data/accounts, value: [] } ] }'
        echo '  written: blind-1'
        printf -- '- control: mock\n  differs: It is the mock\n  seed: 8\n'
        printf -- '- legal: wrong-alarm\n  differs: Another account is read\n'
        rules wrong read_account "$second_is_missing"
        printf -- '- legal: unlisted\n  differs: The connection breaks\n'
        rules hidden read_account '{ close_connection: before_headers }'
        printf -- '- legal: listed\n  differs: It is the mock\n  undecided: [XX-003]\n  seed: 9\n'
    } >"$suite/mutants.yaml"
    prove 1 --report "json=$tmp/r.json"
    has '^ +list +1 +4 +1 +1 +1 +1 +33.3 %$'
    has '✗ survivor  .*/mutants.yaml:1$'
    has '^ +XX-001 +survived: nothing fails$'
    has '^ +XX-001 +does not fail, but others do$'
    has '^ +fail +XX-002$'
    has '^ +XX-002 +undecided, and nothing fails; account/'
    has '^ +hold +XX-001, XX-002, XX-003$'
    has '^ +exit +0: the run is green$'
    has '✗ wrong-alarm'
    has '^ +undecided +XX-002 \(not listed in .undecided.\)$'
    has '^ +decided +XX-003 \(listed in .undecided.\)$'
    has '^ +blind-1 +1 of 1 killed, 100 %$'
    has '^ +must claims +1 of 4 killed, 25.0 %, 1 equivalent$'
    has '^ +controls +0 of 1 without a claim that holds$'
    has '^ +legal servers +0 of 3 without a false alarm$'
    has ': not proved$'
    hasnt '✗ same'
    for outcome in killed survived wrong-reason undecided equivalent; do
        flat "$tmp/r.json" | grep -q "\"outcome\":\"$outcome\"" || fail "the JSON report has no outcome $outcome"
    done
}

a_part_can_be_played() {
    prove 0 --claim XX-001
    has '^1 mutant, 1 of 1 kills, 0 controls, 0 legal servers'
    prove 0 --mutant 'op*'
    has '^1 mutant, 1 of 1 kills, 0 controls, 0 legal servers'
    prove 0 --only legal
    has '^0 mutants, 0 of 0 kills, 0 controls, 1 legal server:'
    prove 2 --mutant nothing-has-this-name
    has "^--mutant: no entry of mutants.yaml is named 'nothing-has-this-name'$"
    prove 2 --claim XX-9*
    has "^--claim: no mutant breaks a claim 'XX-9\*'$"
    prove 4 --mutant lost --only legal
    prove 1 --show lost
    has '^  ✓ lost  .*/mutants.yaml:[0-9]+$'
    has '^ +XX-001 +killed$'
    has '^ *XX-001 +must +The list has every account'
    has '"path": "/data/accounts/0"'
    prove 2 --show lots
    has "unknown mutant 'lots' \(did you mean 'lost'\?\)"
    prove 2 --only mutnats
    "$bin/conformance" prove "$suite/list.yaml" >"$tmp/out" 2>&1 && fail "a part of a suite is proved"
    has "'prove' needs the whole folder"
}

a_result_that_cannot_be_written_is_an_error() {
    status=0
    "$bin/conformance" prove "$suite" --mutant lost --quiet >/dev/full 2>"$tmp/out" || status=$?
    [ "$status" = 2 ] || fail "a full disk ends with $status"
    has 'cannot write'
}

mistakes_have_their_place() {
    {
        mutant bad-rule 'The rule is not one' XX-001
        rules bad-rule list_accounts '{ patsh: [] }'
        mutant bad-operation 'The operation does not exist' XX-001
        rules bad-operation lits_accounts '{ patch: [] }'
    } >"$suite/mutants.yaml"
    prove 2
    has "/mutants.yaml:7:24: 'bad-rule': the mock refuses this entry: .*'patsh'.*did you mean 'patch'"
    has "/mutants.yaml:13:11: 'bad-operation': the mock refuses this entry: .*'lits_accounts'.*did you mean 'list_accounts'"
    mutant unknown 'The claim is unknown' XX-01 >"$suite/mutants.yaml"
    "$bin/conformance" lint "$suite" >"$tmp/out" 2>&1 && fail "lint does not read mutants.yaml"
    has "/mutants.yaml:3:12: unknown claim 'XX-01'"
}

lint_counts_the_mutants() {
    status=0
    "$bin/conformance" lint --complete "$suite" >"$tmp/out" 2>&1 || status=$?
    [ "$status" = 1 ] || fail "lint --complete ended with $status although must claims have few mutants"
    has '^  1 mutant  XX-001 +must +The list has every account$'
    has '^  0 mutants XX-002 +must '
    has ': 2 mutants; 0 of 3 observable must claims have at least 3$'
    {
        for name in one two three; do
            mutant "$name" 'The order is another one' XX-002
            echo '  equivalent: no document says anything about the order'
        done
    } >>"$suite/mutants.yaml"
    "$bin/conformance" lint --complete "$suite" >"$tmp/out" 2>&1 || :
    hasnt 'XX-002'
    has ': 5 mutants; 1 of 3 observable must claims have at least 3$'
    for claim in 001 003; do
        for name in one two three; do
            mutant "order-$claim-$name" 'The order is another one' "XX-$claim"
            echo '  equivalent: no document says anything about the order'
        done
    done >>"$suite/mutants.yaml"
    "$bin/conformance" lint --complete "$suite" >"$tmp/out" 2>&1 || fail "lint --complete fails"
    "$bin/conformance" lint "$suite" >"$tmp/out" 2>&1 || fail "lint fails"
}

a_mock_that_is_not_green_proves_nothing() {
    sed -i 's/^fixture: .*/fixture: fixture.yaml/' "$suite/targets/mock.yaml"
    { printf 'name: broken\ninclude: [%s/fixtures/posteverywhere-acme.yaml]\n' "$source"; rules x list_accounts '{ patch: [ { op: remove, path: /data/accounts/0 } ] }' | sed 's/^  //'; } >"$suite/targets/fixture.yaml"
    prove 3
    has 'nothing can be proved: the suite is not green on the unchanged mock: [0-9]* checks? failed.*: XX-001'
}

# port_of PID: prints the port on which the process listens.
port_of() {
    for inode in $(find "/proc/$1/fd" -printf '%l\n' 2>/dev/null | sed -n 's/^socket:\[\([0-9]*\)\]$/\1/p'); do
        hex=$(awk -v inode="$inode" '$4 == "0A" && $10 == inode { sub(/.*:/, "", $2); print $2 }' /proc/net/tcp)
        [ -z "$hex" ] || printf '%d\n' "0x$hex"
    done
}

# Starts to play a mutant that takes long, and returns while it is being played: the time to interrupt, or to end a process.
slow() {
    { mutant slow 'The list takes long' XX-001; rules slow list_accounts '{ delay_after: 20s }'; } >"$suite/mutants.yaml"
    "$bin/conformance" prove "$suite" --jobs 1 >"$tmp/out" 2>&1 </dev/null &
    pid=$!
    mock='' worker=''
    until [ -n "$mock" ] && [ -n "$worker" ]; do
        kill -0 $pid || fail "it ended before the mutant was played"
        mock=$(pgrep -P $pid -x mockserver || :) worker=$(pgrep -P $pid -x conformance || :)
    done
    until curl -s "http://127.0.0.1:$(port_of "$mock")/__admin/namespaces" | grep -q '"name":"mutant".*"name":"s-list"'; do
        kill -0 $pid || fail "it ended before the mutant was played"
    done
}

wait_for() {
    status=0
    wait $pid || status=$?
    [ "$status" = "$1" ] || fail "it ended with $status, not $1"
    ! kill -0 "$mock" 2>/dev/null || fail "the mock is still running"
    ! kill -0 "$worker" 2>/dev/null || fail "the worker is still running"
}

an_interrupt_ends_everything() {
    slow
    kill -INT $pid
    wait_for 130
}

a_dead_worker_is_an_error() {
    slow
    kill -KILL "$worker"
    wait_for 3
    has "mutants.yaml:1:11: a worker ended with signal 9 while it played 'slow'"
}

a_dead_mock_is_an_error() {
    slow
    kill -KILL "$mock"
    wait_for 3
    has "mutants.yaml:1:11: 'slow': the admin API did not respond"
}

"$part"
