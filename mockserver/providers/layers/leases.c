/* Handlers of leased accounts: request, read a request, list, release. */
#include "mockserver/providers/layers/layers.h"

#include <string.h>

#include "base/http/message.h"
#include "base/time.h"
#include "mockserver/state/lease.h"
#include "mockserver/state/record.h"

#define COUNT_MAX     50
#define NOTE_MAX      2000
#define REASON_MAX    1024
#define WORD_MAX      200
#define GEO_MAX       250
#define ID_MAX        128
#define LIMIT_DEFAULT 50
#define LIMIT_MAX     200

struct niche {
    const char *vertical, *audience, *language;
    struct field_list geo;
};

struct lease_body {
    const char *project, *note, *id;
    int64_t count;
    struct niche niche;
    const struct node *target;
};

static const struct field niche_rows[] = {
    FIELD("vertical", FIELD_TEXT, struct niche, vertical, .required = true, .min = 1, .max = WORD_MAX,
          .help = "Topic of the accounts."),
    FIELD("audience", FIELD_TEXT, struct niche, audience, .max = WORD_MAX, .help = "Audience of the accounts."),
    FIELD("language", FIELD_TEXT, struct niche, language, .help = "Language, as a BCP 47 tag, for example en-US."),
    FIELD("geo", FIELD_TEXTS, struct niche, geo, .max = GEO_MAX, .help = "Countries, as two-letter ISO codes."),
};
static const struct fields niche_fields = FIELD_TABLE("niche", niche_rows, struct niche, FIELDS_NO_PLACE);

static const struct field lease_rows[] = {
    FIELD("projectId", FIELD_TEXT, struct lease_body, project, .required = true,
          .help = "Id of the project; must equal the one in the path."),
    FIELD("count", FIELD_INT, struct lease_body, count, .required = true, .min = 1, .max = COUNT_MAX,
          .help = "Number of accounts."),
    FIELD("niche", FIELD_MAP, struct lease_body, niche, .required = true, .sub = &niche_fields,
          .help = "Kind of accounts."),
    FIELD("target", FIELD_NODE, struct lease_body, target, .help = "Purpose of the accounts; not interpreted."),
    FIELD("note", FIELD_TEXT, struct lease_body, note, .max = NOTE_MAX,
          .help = "Note to the reviewers of the request."),
    FIELD("requestId", FIELD_TEXT, struct lease_body, id, .min = 1, .max = ID_MAX,
          .help = "Id of the request. Default: generated."),
};
static const struct fields lease_fields = FIELD_TABLE("body", lease_rows, struct lease_body, FIELDS_NO_PLACE);

struct release_body {
    const char *reason;
};

static const struct field release_rows[] = {
    FIELD("reason", FIELD_TEXT, struct release_body, reason, .max = REASON_MAX,
          .help = "Reason to record with the release."),
};
static const struct fields release_fields = FIELD_TABLE("body", release_rows, struct release_body, FIELDS_NO_PLACE);

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Checks only the form of a BCP 47 tag, not whether its parts are registered; but no language of more than three
 * letters, for example "english", was ever registered. */
bool layers_is_language(const char *tag)
{
    struct str rest = str_from(tag), language = str_cut(&rest, '-');
    bool ok = (language.n == 2 || language.n == 3) && !str_ends(str_from(tag), STR("-"));
    for (size_t i = 0; i < language.n; i++)
        ok = ok && is_letter(language.s[i]);
    while (rest.n) {
        struct str part = str_cut(&rest, '-');
        ok = ok && part.n >= 1 && part.n <= 8;
        for (size_t i = 0; i < part.n; i++)
            ok = ok && (is_letter(part.s[i]) || (part.s[i] >= '0' && part.s[i] <= '9'));
    }
    return ok;
}

/* ISO 3166-1. To renew: awk '!/^#/ { print $1 }' iso3166.tab of the time zone database. */
static const char countries[] =
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY "
    "BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK "
    "FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR "
    "IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK "
    "ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM "
    "PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF "
    "TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

bool layers_is_country(const char *code)
{
    for (const char *at = countries; strlen(code) == 2; at += 3) {
        if (strncmp(at, code, 2) == 0)
            return true;
        if (!at[2])
            break;
    }
    return false;
}

const char *layers_countries(struct arena *a, const struct field_list *geo)
{
    struct buf out = {.arena = a};
    const char *const *items = geo->items;
    for (size_t i = 0; i < geo->count; i++)
        buf_printf(&out, "%s%s", i ? "," : "", items[i]);
    return geo->count ? buf_c(&out) : NULL;
}

static bool body_valid(struct call *c, const struct lease_body *body)
{
    const char *const *geo = body->niche.geo.items;
    if (!str_is(c->params[0], body->project))
        call_issue(c, "projectId", "must equal the project id in the path");
    if (body->niche.language && !layers_is_language(body->niche.language))
        call_issue(c, "niche.language", "must be a BCP 47 tag, for example en-US");
    for (size_t i = 0; i < body->niche.geo.count; i++)
        if (!layers_is_country(geo[i]))
            call_issue(c, arena_printf(c->arena, "niche.geo[%zu]", i),
                       "must be a two-letter ISO country code, for example US");
    return !c->fault;
}

/* Prints milliseconds, as the documentation does. */
static void put_submitted(struct call *c, const struct lease_request *r)
{
    char text[TIME_TEXT_MAX];
    json_put_text(&c->out, "submittedAt", time_millis(r->submitted_at_ms, text));
}

void layers_request_lease(struct call *c)
{
    struct lease_body body = {0};
    uint32_t project = layers_project(c);
    if (!project || !layers_body(c, &lease_fields, &body) || !body_valid(c, &body))
        return;
    uint32_t organization = space_read(c->world, project)->organization;
    if (body.id && lease_request_find(c->world, organization, str_from(body.id))) {
        call_refuse(c, FAULT_CONFLICT, "A request with this requestId already exists.");
        return;
    }
    const struct lease_request spec = {
        .key = c->key,
        .public_id = body.id ? body.id : ids_mint(c->world, "lreq_", ID_ULID),
        .count = body.count,
        .vertical = body.niche.vertical,
        .audience = body.niche.audience,
        .language = body.niche.language,
        .geo = layers_countries(c->arena, &body.niche.geo),
        .note = body.note,
    };
    const struct lease_request *r = lease_request_read(c->world, lease_request_create(c->world, project, &spec));
    struct json *out = call_json(c, 202);
    json_open_map(out);
    json_put_text(out, "requestId", r->public_id);
    json_put_text(out, "status", enum_word_of(&layers_lease_requests, r->state));
    put_submitted(c, r);
    json_close_map(out);
}

/* Prints all accounts that were assigned, including those disconnected since. */
static void print_assigned(struct call *c, uint32_t request)
{
    struct index_walk walk;
    index_from(&c->world->indexes[INDEX_ACCOUNT_REQUEST], &walk, (struct index_entry){request, INT64_MIN, 0});
    json_key(&c->out, "assignedSocialAccountIds");
    json_open_list(&c->out);
    while (index_next_of(&walk, request))
        json_text(&c->out, account_read(c->world, walk.entry.row)->public_id);
    json_close_list(&c->out);
}

void layers_read_lease_request(struct call *c)
{
    uint32_t project = layers_project(c);
    if (!project)
        return;
    uint32_t organization = space_read(c->world, project)->organization;
    uint32_t row = lease_request_find(c->world, organization, c->params[1]);
    const struct lease_request *r = row ? lease_request_read(c->world, row) : NULL;
    if (!r || r->space != project) {
        call_refuse(c, FAULT_NOT_FOUND, "There is no such lease request in this project.");
        return;
    }
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_put_text(out, "requestId", r->public_id);
    json_put_text(out, "projectId", space_read(c->world, r->space)->public_id);
    json_put_text(out, "status", enum_word_of(&layers_lease_requests, r->state));
    put_submitted(c, r);
    put_seconds(out, "assignedAt", r->state == LEASE_REJECTED ? 0 : r->decided_at_ms);
    print_assigned(c, row);
    json_put_text(out, "note", r->remark);
    json_close_map(out);
}

static void print_lease(struct call *c, uint32_t row)
{
    const struct account *a = account_read(c->world, row);
    struct json *out = &c->out;
    json_open_map(out);
    json_put_text(out, "socialAccountId", a->public_id);
    json_put_text(out, "projectId", space_read(c->world, a->space)->public_id);
    json_put_text(out, "handle", a->handle);
    json_put_text(out, "platform", enum_word_of(&layers_platforms, a->platform));
    json_put_int(out, "followers", a->followers);
    json_put_text(out, "status", enum_word_of(&layers_lease_statuses, !account_is_listed(a)));
    put_seconds(out, "assignedAt", a->connected_at_ms);
    put_seconds(out, "nextRenewalAt", a->renews_at_ms);
    json_put_int(out, "monthlyPriceCents", a->monthly_price_cents);
    json_close_map(out);
}

static bool matches_filter(const struct call *c, uint32_t row, const void *project)
{
    const uint32_t *only = project;
    return *only == ROW_NONE || account_read(c->world, row)->space == *only;
}

/* Lists the leases of one project; ROW_NONE: of all projects of the organization. */
static void list_leases(struct call *c, uint32_t project)
{
    int status;
    struct page page;
    layers_query_choice(c, "status", &layers_lease_statuses, &status);
    page_read(c, LIMIT_DEFAULT, LIMIT_MAX, &page);
    if (c->fault)
        return;
    uint32_t organization = caller_organization(c);
    const struct page_list list = {
        .index = &c->world->indexes[INDEX_ACCOUNT_LEASE],
        .key = index_pair_key(organization, status == true),
        .last_order = INT64_MAX,
        .matches = matches_filter,
        .print = print_lease,
        .filter = &project,
    };
    page_print(c, &page, &list);
}

void layers_list_leased_accounts(struct call *c)
{
    uint32_t project = layers_project(c);
    if (project)
        list_leases(c, project);
}

void layers_list_all_leased_accounts(struct call *c)
{
    list_leases(c, ROW_NONE);
}

void layers_release_leased_account(struct call *c)
{
    struct release_body body = {0};
    if (!body_is_empty(c->req) && !layers_body(c, &release_fields, &body))
        return;
    uint32_t row = caller_account(c, c->params[0]);
    if (!row || !account_read(c->world, row)->leased) {
        call_refuse(c, FAULT_NOT_FOUND, "There is no such leased account.");
        return;
    }
    account_disconnect(c->world, row, DISCONNECT_RELEASED);
    const struct account *a = account_read(c->world, row);
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_put_text(out, "socialAccountId", a->public_id);
    json_put_text(out, "status", enum_word_of(&layers_account_statuses, layers_status(a)));
    json_put_text(out, "disconnectedReason", "released_by_partner");
    put_seconds(out, "disconnectedAt", a->disconnected_at_ms);
    json_close_map(out);
}
