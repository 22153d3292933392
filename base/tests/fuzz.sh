#!/bin/sh
# fuzz.sh TARGET CORPUS RUNS [FILE...]: calls a libFuzzer target with the inputs of its corpus, then with RUNS new
# inputs, which are the same each time. The words of the FILEs and of the corpus are put into them.
# With UNDERSTUDY_FUZZ_SECONDS in the environment it goes on for that time, with other inputs each time; it keeps the useful ones in
# build/fuzz/inputs/NAME and starts from them the next time.
set -eu
target=$1 corpus=$2 runs=$3
shift 3
name=$(basename "$target" _fuzz)
made=$(dirname "$target")
failed=$made/failed/$name # where an input that fails is written
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
mkdir -p "$out/inputs" "$made/failed"

cat "$corpus"/* ${1+"$@"} | tr -cs 'A-Za-z0-9_$.-' '\n' | grep -a '..' | cut -c -40 | LC_ALL=C sort -u | sed 's/.*/"&"/' \
    >"$out/words"

# libfyaml loses some memory of its own when YAML is invalid.
echo leak:libfyaml >"$out/leaks"
export LSAN_OPTIONS="suppressions=$out/leaks:print_suppressions=0"

# play RUNS SECONDS SEED FOLDER...: a process has at most RUNS inputs, because what it leaks on purpose adds up. Leaks
# are detected when it ends: to look for them after each invalid YAML takes longer than everything else.
play() {
    count=$1 seconds=$2 seed=$3
    shift 3
    "$target" -runs="$count" -max_total_time="$seconds" -seed="$seed" -dict="$out/words" -timeout=20 -rss_limit_mb=3000 \
        -artifact_prefix="$failed-" -print_final_stats=1 -detect_leaks=0 "$@" >"$out/log" 2>&1 && return
    cat "$out/log"
    printf '\n%s: an input fails. It is in the file that the line above names.\n' "$name"
    printf 'Play it again: %s FILE\nAfter the correction move it to %s/.\n' "$target" "$corpus"
    exit 1
}

if [ -z "${UNDERSTUDY_FUZZ_SECONDS:-}" ]; then
    play "$runs" 0 1 "$out/inputs" "$corpus"
    grep -a '^stat::number_of_executed_units\|DONE' "$out/log"
    exit
fi

mkdir -p "$made/inputs/$name"
end=$(($(date +%s) + UNDERSTUDY_FUZZ_SECONDS)) seed=$(date +%s) total=0
while left=$((end - $(date +%s))) && [ "$left" -gt 0 ]; do
    play 400000 "$left" "$seed" "$made/inputs/$name" "$corpus"
    total=$((total + $(sed -n 's/^stat::number_of_executed_units: *//p' "$out/log")))
    seed=$((seed + 1))
done
printf '%s: %d inputs, %s\n' "$name" "$total" "$(grep -a -o 'cov: [0-9]* ft: [0-9]*' "$out/log" | tail -n 1)"
