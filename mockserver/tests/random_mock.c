/* The mock that the random calls are sent to, and its network. random_calls.c generates the calls. */
#include "mockserver/tests/random_calls.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/json.h"
#include "base/time.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/runtime/deliver.h"
#include "mockserver/server/mock_server.h"

static const char start_fixture[] =
    "name: random\n"
    "seed: 42\n"
    "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
    "timings: { publish: 20m, ad_validation: 30m }\n"
    "webhooks: { signature_time: virtual }\n"
    "layers:\n"
    "  organizations:\n"
    "    - name: Acme\n"
    "      keys:\n"
    "        - { name: full, key: lp_live_full, scopes: ['*'], return_domains: [app.test] }\n"
    "        - { name: test, key: lp_test_auto, scopes: ['*'], return_domains: [app.test] }\n"
    "        - { name: reader, key: lp_live_reader, scopes: ['social:read'] }\n"
    "      projects:\n"
    "        - id: prj_a\n"
    "          name: Coffee\n"
    "          social_accounts:\n"
    "            - { id: sa_one, platform: tiktok, handle: one, token_expires_at: +4d }\n"
    "            - { id: sa_two, platform: instagram, handle: two, token_expires_at: +9d }\n"
    "            - { id: sa_lease, platform: tiktok, handle: daily, leased: true,\n"
    "                monthly_price_cents: 15000, connected_at: -20d }\n"
    "          content:\n"
    "            - { id: cnt_a, media_type: video, caption: \"A\\u2028b\\x7f\\x85\\uFEFF "
    "\\\"q\\\"\" }\n"
    "            - { id: cnt_b, approval: pending }\n"
    "          scheduled_posts:\n"
    "            - { id: sp_one, content: cnt_a, account: sa_one, at: +1d }\n"
    "            - { id: sp_two, content: cnt_a, account: sa_two, at: -1d, status: published }\n"
    "          lease_requests: [ { id: lreq, count: 2, vertical: fitness } ]\n"
    "          ad_accounts:\n"
    "            - { id: ad_one, platform: meta_ads, external_id: act_1, name: Acme }\n"
    "        - { id: prj_b, name: Tea }\n"
    "      webhooks:\n"
    "        - { id: 11111111-1111-4111-8111-111111111111, url: 'http://127.0.0.1:9/a',\n"
    "            secret: whsec_a, events: [post.scheduled, post.published, post.failed,\n"
    "            post.canceled, social_account.connected, social_account.needs_reauth,\n"
    "            social_account.revoked, lease_request.assigned, lease_request.rejected] }\n"
    "    - name: Other\n"
    "      keys:\n"
    "        - { name: other, key: lp_live_other, scopes: ['*'], return_domains: [app.test] }\n"
    "      projects:\n"
    "        - id: prj_other\n"
    "          social_accounts: [ { id: sa_other, platform: tiktok, handle: one } ]\n"
    "          lease_requests: [ { id: lreq, count: 1, vertical: fitness } ]\n"
    "  lease_pool:\n"
    "    - { handle: daily, vertical: coffee, monthly_price_cents: 15000 }\n"
    "    - { handle: fit.a, vertical: fitness, geo: [US], monthly_price_cents: 9000 }\n"
    "    - { handle: fit.b, vertical: fitness, geo: [US, CA], monthly_price_cents: 9000 }\n"
    "    - { handle: fit.c, vertical: fitness, geo: [GB], monthly_price_cents: 9000 }\n"
    "posteverywhere:\n"
    "  organizations:\n"
    "    - name: Everywhere\n"
    "      keys:\n"
    "        - { name: brand, key: pe_live_brand }\n"
    "        - { name: older, key: pe_live_older, api_version: older }\n"
    "        - { name: tight, key: pe_live_tight, limits: { minute: 3, hour: 1000 } }\n"
    "      accounts:\n"
    "        - { account_id: 3001, platform: x, account_name: '@acme', token_expires_at: +5d }\n"
    "        - { account_id: 3002, platform: instagram, account_name: '@pics' }\n"
    "        - { account_id: 3003, platform: linkedin, account_name: Acme, health: expired }\n"
    "      posts:\n"
    "        - { id: 7b0c2f58-1d1e-4a52-8f0b-000000000001, content: Soon., accounts: [3001, "
    "3002],\n"
    "            at: +1d, status: scheduled }\n"
    "        - { id: 7b0c2f58-1d1e-4a52-8f0b-000000000002, content: Not yet., accounts: [3002],\n"
    "            status: draft }\n"
    "postnitro:\n"
    "  workspaces:\n"
    "    - id: ws_a\n"
    "      organization: org_pn\n"
    "      name: Nitro\n"
    "      keys: [ { name: nitro, key: pn-nitro00000000000000000001 } ]\n"
    "      social_accounts:\n"
    "        - { id: cnitro0000000000000threads, platform: threads, handle: nitro }\n"
    "        - { id: cnitro00000000000000tiktok, platform: tiktok, handle: nitro }\n"
    "      designs: [ { id: dsgn, name: Roast } ]\n"
    "      posts:\n"
    "        - { id: cnitropost00000000000later, accounts: [cnitro0000000000000threads], at: +2d,\n"
    "            caption: Later }\n"
    "        - { id: cnitropost00000000000draft, accounts: [cnitro0000000000000threads], at: +3d,\n"
    "            status: DRAFT }\n";

const char *step_text(struct arena *a, const struct step *step)
{
    struct buf out = {.arena = a};
    buf_printf(&out, "%s %s", step->line, step->body ? step->body : "-");
    for (size_t i = 0; i < STEP_HEADERS; i++)
        if (step->headers[i])
            buf_printf(&out, " [%s]", step->headers[i]);
    return buf_c(&out);
}

static struct exchange exchange_of(const struct step *step)
{
    struct exchange x = {.arrived_us = time_monotonic_us()};
    struct str rest = str_from(step->line);
    x.request.method = str_cut(&rest, ' ');
    x.request.target = x.request.query = rest;
    x.request.path = str_cut(&x.request.query, '?');
    x.request.body = str_from(step->body);
    x.request.peer = "127.0.0.1";
    headers_add(&x.arena, &x.request.headers, "Host", STR("mock.test"));
    for (size_t i = 0; i < STEP_HEADERS; i++) {
        struct str line = str_from(step->headers[i]), name = str_cut(&line, ':');
        if (name.n)
            headers_add(&x.arena, &x.request.headers, str_dup(&x.arena, name), str_trim(line));
    }
    return x;
}

/* A 5xx response that is not documented by the provider and not caused by a rule. */
static bool is_our_failure(const struct random_calls *w, const struct exchange *x)
{
    const struct call *c = x->user;
    int status = x->response.status;
    struct str by = headers_get(&x->response.headers, "X-Mock-Error");
    bool documented = c->provider && c->fault != FAULT_NONE && c->fault != FAULT_INTERNAL &&
                      provider_fault(c->provider, c->fault)->status == status;
    if (str_is(by, "internal")) /* a condition of the state was violated */
        return !(w->kinds & RANDOM_BREAKS);
    return status < 100 || (status >= 500 && !documented && !str_starts(by, STR("rule:")));
}

const char *random_calls_run(struct arena *a, struct random_calls *w, struct mock *m, const struct step *step)
{
    struct exchange x = exchange_of(step);
    struct buf out = {.arena = a};
    mock_handle(m, &x);
    buf_printf(&out, "%d\n", x.response.status);
    for (size_t i = 0; i < x.response.headers.count; i++)
        buf_printf(&out, "%s: " STR_FMT "\n", x.response.headers.items[i].name,
                   STR_ARG(x.response.headers.items[i].value));
    buf_add(&out, buf_str(&x.response.body));
    bool failed = is_our_failure(w, &x);
    if (getenv("RANDOM_CALLS_SEED"))
        print_message("%d %s\n    %.200s\n", x.response.status, step_text(a, step), buf_c(&x.response.body));
    arena_end(&x.arena);
    if (failed)
        fail_msg("RANDOM_CALLS_SEED=%" PRIu64 " step %zu: %s\nunexpected response %s", w->seed, w->steps,
                 step_text(a, step), buf_c(&out));
    return buf_c(&out);
}

static int deliver(void *network, const struct deliver_request *r)
{
    static const int statuses[] = {200, 200, 204, 500, 404, 0, 200, 429};
    struct network *n = network;
    buf_printf(&n->sent, "%s\n", r->url);
    for (size_t i = 0; i < r->headers.count; i++)
        buf_printf(&n->sent, "%s: " STR_FMT "\n", r->headers.items[i].name, STR_ARG(r->headers.items[i].value));
    buf_printf(&n->sent, STR_FMT "\n", STR_ARG(r->body));
    return statuses[n->count++ % COUNT(statuses)];
}

void network_join(struct network *n, struct mock *m)
{
    *n = (struct network){.sent.arena = &n->arena};
    deliver_use_network(m->deliver, deliver, n);
}

void network_end(struct network *n)
{
    arena_end(&n->arena);
}

struct mock *random_calls_mock(struct network *n, uint64_t seed)
{
    struct arena a = {0};
    struct mock *m = mock_test_new(arena_printf(&a, "hostile: %s\n%s%s", seed % 4 ? "false" : "true",
                                                seed % 2 ? "history: { count: 5, age: 3d }\n" : "", start_fixture));
    arena_end(&a);
    network_join(n, m);
    return m;
}

void random_calls_for_seeds(uint64_t first, uint64_t count, void (*run)(uint64_t seed))
{
    const char *only = getenv("RANDOM_CALLS_SEED");
    if (only) {
        run(strtoull(only, NULL, 10));
        return;
    }
    for (uint64_t seed = first; seed < first + count; seed++)
        run(seed);
}

const char *random_calls_export(struct arena *a, struct mock *m)
{
    struct mock_response fixture = mock_call(m, "GET /__admin/state?format=fixture", NULL);
    assert_int_equal(fixture.status, 200);
    const struct node *rules = node_get(fixture.body, "rules");
    mock_call(m, "DELETE /__admin/rules", NULL);
    for (size_t i = 0; i < node_count(rules); i++)
        assert_int_equal(mock_call(m, "POST /__admin/rules", json_print(a, node_at(rules, i))).status, 201);
    return str_dup(a, fixture.text);
}
