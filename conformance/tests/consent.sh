#!/bin/sh
# consent.sh URL OUTCOME HANDLE: a consent_command that submits the mock's consent page as the user.
set -eu
url=$1 outcome=$2 handle=$3
curl -sf -o /dev/null "$url"
[ "$outcome" != abandon ] || { echo '{}'; exit; }
to=$(curl -s -o /dev/null -w '%{redirect_url}' --data-urlencode "handle=$handle" --data-urlencode "decision=$outcome" "$url")
if [ -n "$to" ]; then echo "{\"redirect\": \"$to\"}"; else echo '{"error": "the page did not redirect"}'; fi
