#!/bin/sh
# record_suite.sh CONFORMANCE MOCKSERVER SCENARIOS: runs a provider's scenarios against `mockserver record` and replays the
# recording; the replay must equal the run.
set -eu
conformance=$1 mockserver=$2 scenarios=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat >"$folder/mock" <<END
#!/bin/sh
exec "$mockserver" record --to "$folder/run.ndjson" "\$@"
END
chmod +x "$folder/mock"

"$conformance" run "$scenarios" --mock --mock-binary "$folder/mock" >"$folder/report" || { cat "$folder/report"; exit 1; }
"$mockserver" replay "$folder/run.ndjson" | tee "$folder/result"
grep -Eq '^[^:]*: [0-9]{2,} calls, .* all equal$' "$folder/result"
