#!/bin/sh
# record_suite.sh CONFORMANCE MOCKSERVER SCENARIOS: plays a provider's scenarios against a mock that writes the run down, and
# gives that run again: it must be the same.
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
"$mockserver" replay "$folder/run.ndjson" | tee "$folder/said"
grep -Eq '^[^:]*: [0-9]{2,} calls, .* all the same$' "$folder/said"
