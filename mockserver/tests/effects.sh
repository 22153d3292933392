#!/bin/sh
# effects.sh MOCKSERVER: tests every effect of a rule on calls with curl; closed connections by curl's exit codes.
set -eu
tmp=$(mktemp -d)
mock=
trap '[ -z "$mock" ] || kill "$mock" 2>/dev/null || :; rm -rf "$tmp"' EXIT
key=lp_live_01HX9Y6K7EJ4T2_full

cat >"$tmp/world.yaml" <<WORLD
clock: { start: 2026-05-02T09:00:00Z, mode: frozen }
layers:
  organizations:
    - name: Acme
      keys: [ { name: full, key: $key, scopes: ["*"], tier: partner } ]
      projects:
        - id: prj_a
          social_accounts:
            - { id: sa_a, platform: tiktok, handle: acme }
            - { id: sa_b, platform: instagram, handle: acme.too }
          content: [ { id: cnt_a } ]
          scheduled_posts: [ { id: sp_a, content: cnt_a, account: sa_a, at: +2d } ]
WORLD
mkfifo "$tmp/ready"
"$1" --port 0 --fixture "$tmp/world.yaml" >"$tmp/ready" &
mock=$!
read -r ready <"$tmp/ready"
url=$(echo "$ready" | sed 's/.*"url":"\([^"]*\)".*/\1/')
list=/v1/projects/prj_a/social-accounts

fail() {
    echo "effects: $*" >&2
    cat "$tmp/head" "$tmp/body" >&2
    exit 1
}

# call STATUS METHOD PATH OPTION...: curl must exit with STATUS; the response is in $tmp/head and $tmp/body.
call() {
    expected=$1 method=$2 path=$3
    shift 3
    status=0
    : >"$tmp/head"
    : >"$tmp/body"
    curl -s -X "$method" -H "Authorization: Bearer $key" -D "$tmp/head" -o "$tmp/body" "$@" "$url$path" || status=$?
    [ "$status" = "$expected" ] || fail "curl $method $path exited with $status; expected $expected"
}
head_has() { grep -qiE -- "$1" "$tmp/head" || fail "the head lacks $1"; }
body_has() { grep -qE -- "$1" "$tmp/body" || fail "the body lacks $1"; }

# rule TARGET WHEN EFFECT: resets the namespace and adds the rule.
rule() {
    call 0 POST /__admin/reset
    call 0 POST /__admin/rules -d "{\"name\":\"effect\",$1,\"when\":$2,\"then\":[$3]}"
    head_has '^HTTP/1.1 201'
}
on_list='"on":"layers.list_social_accounts"'
on_revoke='"on":"layers.revoke_social_account"'

rule "$on_list" '{"times":1}' '{"respond":{"error":"RATE_LIMITED","headers":{"Retry-After":"2"}}}'
call 22 GET $list --fail
head_has '^HTTP/1.1 429'
head_has '^Retry-After: 2'
head_has '^X-Mock-Error: rule:effect'
call 0 GET $list --fail

rule "$on_list" '{}' '{"respond":{"status":503,"body":"Back soon.\n"}}'
call 0 GET $list
head_has '^HTTP/1.1 503'
[ "$(cat "$tmp/body")" = "Back soon." ] || fail "wrong body"

rule "$on_list" '{}' '{"patch":[{"op":"replace","path":"/items","value":"none"}]}'
call 0 GET $list
body_has '"items":"none"'

rule "$on_revoke" '{}' '{"set_state":{"accounts":{"where":{"id":"sa_b"},"set":{"handle":"renamed"}}}}'
call 0 DELETE /v1/social-accounts/sa_a
call 0 GET $list
body_has '"handle":"renamed"'

rule "$on_list" '{}' '{"headers":{"X-Extra":"yes"}}'
call 0 GET $list
head_has '^X-Extra: yes'

# delay_after: the effect precedes the delay. delay_before: a call whose client gives up has had no effect yet.
rule "$on_revoke" '{}' '{"delay_after":"5s"}'
call 28 DELETE /v1/social-accounts/sa_a --max-time 1
call 0 GET $list
! grep -q sa_a "$tmp/body" || fail "delay_after: the call had no effect"
rule "$on_revoke" '{}' '{"delay_before":"5s"}'
call 28 DELETE /v1/social-accounts/sa_a --max-time 1
call 0 GET $list
body_has sa_a

# curl exits with 52: empty reply; 18: partial body; 56: receive error.
for cut in before_headers:52 after_headers:18 mid_body:18 reset:56; do
    rule "$on_list" '{"times":1}' "{\"close_connection\":\"${cut%:*}\"}"
    call "${cut#*:}" GET $list
    case $cut in
    before_headers:* | reset:*) [ ! -s "$tmp/head" ] || fail "$cut: there is a head" ;;
    after_headers:*) [ ! -s "$tmp/body" ] || fail "$cut: there is a body" ;;
    mid_body:*) [ -s "$tmp/body" ] || fail "$cut: there is no body" ;;
    esac
    call 0 GET $list
done

# At about a quarter of its size per second, the body takes longer than one second.
rule "$on_list" '{}' '{"throttle":"128B/s"}'
call 28 GET $list --max-time 1
[ -s "$tmp/body" ] || fail "no part of the body came in a second"
call 0 GET $list --max-time 30
body_has 'nextCursor'

kill "$mock"
wait "$mock"
mock=
