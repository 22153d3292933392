#!/bin/sh
# odd_files.sh BIN SOURCE PART: paths that are no regular files, for both programs: each is refused at once, with its name.
set -eu
. "$(dirname "$0")/mock.sh"

mkfifo "$tmp/pipe"
cd "$tmp"

# refuses REASON COMMAND...: fails unless the command ends at once with status 2 and an output that has the reason.
refuses() {
    reason=$1
    shift
    status=0
    timeout 20 "$@" >"$tmp/out" 2>&1 </dev/null || status=$?
    [ "$status" = 2 ] || fail "$* ended with $status, not 2"
    grep -qF -- "$reason" "$tmp/out" || fail "$*: the output lacks: $reason"
}

# suite_with STEP_KEY...: writes a suite of one scenario, whose only step has these keys.
suite_with() {
    mkdir -p "$tmp/suite/flows" "$tmp/suite/targets"
    cp "$suite/claims.yaml" "$suite/operations.yaml" "$tmp/suite/"
    cp "$suite/targets/mock.yaml" "$tmp/suite/targets/"
    printf 'scenario: one\ntitle: One\nsteps:\n  - id: a\n    call: POST /v1/content\n    %s\n    expect: { status: 201 }\n' "$1" \
        >"$tmp/suite/one.yaml"
}

inputs_are_regular_files() {
    for path in pipe /dev/zero /dev/tty0 . -; do
        case $path in
        pipe) why='pipe: Is a pipe; expected a regular file' ;;
        /dev/tty0) [ -e /dev/tty0 ] || continue; why='/dev/tty0: ' ;;
        /*) why="$path: Is a device; expected a regular file" ;;
        .) why='.: Is a directory' ;;
        -) why='-: No such file; standard input is not read' ;;
        esac
        for command in "--fixture $path" "lint $path" "replay $path" "export --fixture $path" "--tls-cert $path --tls-key $path"; do
            # shellcheck disable=SC2086
            refuses "$why" "$bin/mockserver" $command
        done
        reason="--cacert: cannot read '$path'"
        refuses "$reason" "$bin/mockserver" export --from https://127.0.0.1:9 --cacert "$path"
        refuses "$reason" "$bin/conformance" run "$suite/list" --url https://127.0.0.1:9 --cacert "$path"
        refuses "$why" "$bin/conformance" run "$suite/list" --target "$path"
        refuses "$why" "$bin/conformance" run "$suite/list" --mock --failed "$path"
    done
    for command in lint list prove; do
        refuses 'neither a regular file nor a folder' "$bin/conformance" $command pipe
        refuses 'no such file or folder' "$bin/conformance" $command -
    done
}

included_files_are_regular_files() {
    for path in pipe /dev/zero .; do
        printf 'name: a\ninclude:\n  - %s\n' "$path" >"$tmp/fixture.yaml"
        refuses "fixture.yaml:3:5: cannot read the included file '$path': Is a " "$bin/mockserver" lint fixture.yaml
    done
}

files_of_a_suite_are_regular_files() {
    suite_with 'body_file: ../pipe'
    refuses "suite/one.yaml:6:16: cannot read 'suite/../pipe': Is a pipe" "$bin/conformance" lint suite
    suite_with 'body_file: /dev/zero'
    refuses "suite/one.yaml:6:16: cannot read '/dev/zero': Is a device" "$bin/conformance" lint suite
    suite_with 'body: {}'
    for file in two.yaml flows/two.yaml claims.yaml operations.yaml; do
        rm -f "suite/$file"
        mkfifo "suite/$file"
        refuses "$file" "$bin/conformance" lint suite
        rm "suite/$file"
        suite_with 'body: {}'
    done
}

outputs_need_a_reader() {
    why='cannot write pipe: no program reads this pipe'
    refuses "$why" "$bin/mockserver" --port 0 --client-report pipe
    refuses "$why" "$bin/conformance" run "$suite/list" --mock --report json=pipe
    refuses 'pipe: no program reads this pipe' "$bin/mockserver" record --port 0 --to pipe
}

"$part"
