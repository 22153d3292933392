/* Reads, checks and builds the `posteverywhere:` section of a fixture in one pass, so that one load reports all errors.
 * The caller discards the state if there is any error. */
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include <inttypes.h>

#include "base/array.h"
#include "base/json.h"
#include "mockserver/providers/shared/build.h"

#define CAPTIONS_MAX 5
#define ID_MAX       ((INT64_C(1) << 53) - 1) /* every larger integer may be inexact as a JSON number */

/* --- fields ------------------------------------------------------------------------------------------- */

/* The section as structs: each field_list holds structs declared here; `at` is the place in the file. */
struct fixture_limits {
    int64_t minute, hour; /* calls; 0: the documented limit */
};

struct fixture_key {
    struct where at;
    const char *id, *name, *value;
    struct field_list scopes;
    struct fixture_limits limits;
    int api_version; /* enum pe_api_version */
    bool id_alias;
};

struct fixture_account {
    struct where at;
    const char *name, *avatar_url;
    int64_t account_id; /* 0: generated */
    int platform, health;
    const struct node *is_active; /* true or false; NULL: true */
    struct field_time created_at, token_expires_at;
    uint32_t row; /* set when the account is created */
};

struct fixture_campaign {
    struct where at;
    const char *name, *description, *color;
    int64_t id; /* 0: generated */
    int status; /* enum campaign_state */
    struct field_time created_at;
};

struct fixture_metrics {
    int64_t values[PE_METRIC_COUNT];
};

struct fixture_post {
    struct where at;
    const char *id, *content, *timezone;
    int64_t campaign; /* 0: none */
    struct fixture_metrics metrics;
    const struct node *accounts, *failed; /* lists of account ids */
    int status;                           /* enum pe_status */
    struct field_time due, created_at;
};

struct fixture_media {
    struct where at;
    const char *id, *filename, *content_type;
    int64_t size, width, height;
};

struct fixture_webhook {
    struct fixture_hook hook;
    const char *name;
};

struct fixture_organization {
    struct where at;
    const char *id, *name;
    const struct node *ai_credits; /* a whole number; NULL: the default */
    struct field_list keys, accounts, media, campaigns, posts, webhooks, captions;
};

struct fixture_posteverywhere {
    struct where at;
    int api_version;
    bool id_alias;
    struct field_list organizations;
};

/* OF is the struct that a table fills. */
#define OF struct fixture_limits
static const struct field limit_rows[] = {
    FIELD("minute", FIELD_INT, OF, minute, .min = 1, .max = INT32_MAX, .help = "Calls per minute. Default: 60."),
    FIELD("hour", FIELD_INT, OF, hour, .min = 1, .max = INT32_MAX, .help = "Calls per hour. Default: 1000."),
};
static const struct fields limit_fields = FIELD_TABLE("limits", limit_rows, OF, FIELDS_NO_PLACE);
#undef OF

#define API_VERSION_ROWS                                                                                               \
    FIELD("api_version", FIELD_ENUM, OF, api_version, .words = &pe_api_versions,                                       \
          .help = "API version that responses follow: `current` is the one of the page \"List "                        \
                  "accounts\"; in `older`, an account has only `id`, a text. Default: `default`; "                     \
                  "for a key it means the section's version, for the section `current`."),                             \
        FIELD("id_alias", FIELD_BOOL, OF, id_alias,                                                                    \
              .help = "Also print the members of the account type of the provider's SDK: `account_id` as `id`, "       \
                      "`platform_username` and others; ignored with api_version `older`. Default: false.")

#define OF struct fixture_key
static const struct field key_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, FIXTURE_ID, .help = "Id of the key. Default: generated."),
    FIELD("name", FIELD_TEXT, OF, name, .required = true, .help = "Name of the key in rules and logs."),
    FIELD("key", FIELD_TEXT, OF, value, .required = true, .help = "API key that clients send: pe_live_..."),
    FIELD("scopes", FIELD_TEXTS, OF, scopes, .help = "Scopes: `read`, `write`, `ai` or `*`. Default: all."),
    FIELD("limits", FIELD_MAP, OF, limits, .sub = &limit_fields, .help = "Rate limits of the key."),
    API_VERSION_ROWS,
};
static const struct fields key_fields = FIELD_TABLE("key", key_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_account
static const struct field account_rows[] = {
    FIELD("account_id", FIELD_INT, OF, account_id, .min = 1, .max = ID_MAX,
          .help = "Id of the account. Default: generated."),
    FIELD("platform", FIELD_ENUM, OF, platform, .required = true, .words = &pe_platforms,
          .help = "Platform of the account."),
    FIELD("account_name", FIELD_TEXT, OF, name, FIXTURE_ID, .required = true,
          .help = "Display name or @handle of the account."),
    FIELD("avatar_url", FIELD_TEXT, OF, avatar_url, .help = "Picture URL. Default: null."),
    FIELD("is_active", FIELD_NODE, OF, is_active, .shape = "{type: boolean}",
          .help = "The account is active. Default: true."),
    FIELD("health", FIELD_ENUM, OF, health, .words = &pe_healths,
          .help = "Health of the account. Only a healthy account can post. Default: healthy."),
    FIELD("created_at", FIELD_TIME, OF, created_at, .help = "Time of the connection. Default: the clock's start."),
    FIELD("token_expires_at", FIELD_TIME, OF, token_expires_at,
          .help = "Expiry time of the access token; the account's health is `expired` from then "
                  "on. Default: never."),
};
static const struct fields account_fields = FIELD_TABLE("account", account_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_media
static const struct field media_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, FIXTURE_ID, .help = "Id of the media. Default: generated."),
    FIELD("filename", FIELD_TEXT, OF, filename, .required = true, .help = "File name."),
    FIELD("content_type", FIELD_TEXT, OF, content_type, .required = true, .help = "MIME type."),
    FIELD("size", FIELD_INT, OF, size, .max = RECORD_NUMBER_MAX, .help = "Size in bytes. Default: unknown."),
    FIELD("width", FIELD_INT, OF, width, .max = INT32_MAX, .help = "Width in pixels. Default: unknown."),
    FIELD("height", FIELD_INT, OF, height, .max = INT32_MAX, .help = "Height in pixels. Default: unknown."),
};
static const struct fields media_fields = FIELD_TABLE("media", media_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_campaign
static const struct field campaign_rows[] = {
    FIELD("id", FIELD_INT, OF, id, .min = 1, .max = ID_MAX, .help = "Id of the campaign. Default: generated."),
    FIELD("name", FIELD_TEXT, OF, name, .required = true, .min = 1, .max = PE_CAMPAIGN_NAME_MAX,
          .help = "Name of the campaign."),
    FIELD("description", FIELD_TEXT, OF, description, .max = PE_CAMPAIGN_DESCRIPTION_MAX,
          .help = "Description. Default: null."),
    FIELD("color", FIELD_TEXT, OF, color, .help = "Color as #RRGGBB. Default: " PE_CAMPAIGN_COLOR "."),
    FIELD("status", FIELD_ENUM, OF, status, .words = &pe_campaign_statuses, .help = "Default: active."),
    FIELD("created_at", FIELD_TIME, OF, created_at, .help = "Creation time. Default: the clock's start."),
};
static const struct fields campaign_fields = FIELD_TABLE("campaign", campaign_rows, OF, offsetof(OF, at));
#undef OF

#define OF              struct fixture_metrics
#define METRIC(name, i) FIELD(name, FIELD_INT, OF, values[i], .max = RECORD_NUMBER_MAX, .help = "Default: 0.")
/* In the order of pe_metric_names. */
static const struct field metric_rows[PE_METRIC_COUNT] = {
    METRIC("views", 0),  METRIC("likes", 1),       METRIC("comments", 2),
    METRIC("shares", 3), METRIC("impressions", 4), METRIC("clicks", 5),
};
static const struct fields metric_fields = FIELD_TABLE("metrics", metric_rows, OF, FIELDS_NO_PLACE);
#undef OF

#define OF struct fixture_post
static const struct field post_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, FIXTURE_ID, .help = "Id of the post. Default: generated."),
    FIELD("content", FIELD_TEXT, OF, content, .required = true, .help = "Text of the post."),
    FIELD("accounts", FIELD_NODE, OF, accounts, .shape = "{type: array, items: {type: integer}}",
          .help = "Account ids of this organization; required unless the post is a draft."),
    FIELD("at", FIELD_TIME, OF, due, .help = "Due time; required unless the post is a draft."),
    FIELD("status", FIELD_ENUM, OF, status, .words = &pe_statuses,
          .help = "Status of the post. One that is `publishing` ends timings.publish after `at`. Default: draft."),
    FIELD("failed", FIELD_NODE, OF, failed, .shape = "{type: array, items: {type: integer}}",
          .help = "Account ids at which the post failed. Only for status `partially_failed`, where "
                  "it is required."),
    FIELD("campaign", FIELD_INT, OF, campaign, .min = 1, .max = ID_MAX,
          .help = "Id of a campaign of this organization. Default: none."),
    FIELD("metrics", FIELD_MAP, OF, metrics, .sub = &metric_fields,
          .help = "What the platforms counted, for the analytics summary; only for a post that was published."),
    FIELD("timezone", FIELD_TEXT, OF, timezone, .help = "IANA time zone. Default: UTC."),
    FIELD("created_at", FIELD_TIME, OF, created_at,
          .help = "Creation time. Default: the clock's start, or one day before `at` if that is "
                  "earlier."),
};
static const struct fields post_fields = FIELD_TABLE("post", post_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_webhook
static const struct field webhook_rows[] = {
    FIELD("id", FIELD_TEXT, OF, hook.id, FIXTURE_ID, .help = "Id of the webhook. Default: generated."),
    FIELD("url", FIELD_TEXT, OF, hook.url, .required = true,
          .help = "URL that events are POSTed to: https, or http to a loopback host or to a host "
                  "of `webhooks.allow`."),
    FIELD("events", FIELD_TEXTS, OF, hook.events, .required = true, .min = 1,
          .help = "Names of the events to deliver, for example `post.published`."),
    FIELD("name", FIELD_TEXT, OF, name, .help = "Name of the webhook. Default: null."),
    FIELD("secret", FIELD_TEXT, OF, hook.secret, .help = "Secret that signs the deliveries. Default: generated."),
};
static const struct fields webhook_fields = FIELD_TABLE("webhook", webhook_rows, OF, offsetof(OF, hook.at));
#undef OF

#define OF struct fixture_organization
static const struct field organization_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, FIXTURE_ID, .help = "Id of the organization. Default: generated."),
    FIELD("name", FIELD_TEXT, OF, name, .required = true, .help = "Name of the organization."),
    FIELD("keys", FIELD_LIST, OF, keys, .sub = &key_fields, .help = "API keys."),
    FIELD("accounts", FIELD_LIST, OF, accounts, .sub = &account_fields, .help = "Connected accounts."),
    FIELD("media", FIELD_LIST, OF, media, .sub = &media_fields, .help = "Uploaded media."),
    FIELD("campaigns", FIELD_LIST, OF, campaigns, .sub = &campaign_fields, .help = "Groups of posts."),
    FIELD("posts", FIELD_LIST, OF, posts, .sub = &post_fields, .help = "Posts in any status."),
    FIELD("webhooks", FIELD_LIST, OF, webhooks, .sub = &webhook_fields, .help = "Registered webhooks."),
    FIELD("ai_credits", FIELD_NODE, OF, ai_credits, .shape = "{type: integer, minimum: 0}",
          .help = "AI credits that are left. A call that needs more is refused with 402. Default: 500."),
    FIELD("captions", FIELD_TEXTS, OF, captions, .max = CAPTIONS_MAX,
          .help = "What generate-caption returns, in this order, whatever the topic. Default: sentences about the "
                  "topic."),
};
static const struct fields organization_fields = FIELD_TABLE("organization", organization_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_posteverywhere
static const struct field section_rows[] = {
    API_VERSION_ROWS,
    FIELD("organizations", FIELD_LIST, OF, organizations, .sub = &organization_fields,
          .help = "Customers of PostEverywhere. Each sees only its own data."),
};
static const struct fields section_fields = FIELD_TABLE("posteverywhere", section_rows, OF, offsetof(OF, at));
#undef OF

/* --- building ----------------------------------------------------------------------------------------- */

#define WRONG(...) error_add(load->err, ERROR_INPUT, __VA_ARGS__)

static bool scopes_valid(const struct fixture_load *load, const struct fixture_key *k)
{
    static const char *const known[] = {"*", "read", "write", "ai"};
    const char *const *items = k->scopes.items;
    bool ok = true;
    for (size_t i = 0; i < k->scopes.count; i++) {
        if (text_index(known, COUNT(known), str_from(items[i])) == COUNT(known))
            ok = WRONG(k->at, "unknown scope '%s' (*, read, write, ai)", items[i]);
    }
    return ok;
}

static enum pe_api_version api_version_of(int api_version, bool id_alias)
{
    return api_version != PE_API_VERSION_OLDER && id_alias ? PE_API_VERSION_WITH_ID : (enum pe_api_version)api_version;
}

static bool build_key(struct fixture_load *load, uint32_t organization, const struct fixture_key *k)
{
    static const char *const all[] = {"*"};
    if (!k->name || !k->value)
        return false;
    bool ok = scopes_valid(load, k);
    ok = fixture_key_valid(load, k->at, POSTEVERYWHERE, k->name, k->value, "pe_live_") && ok;
    const struct key spec = {
        .name = k->name,
        .value = k->value,
        .public_id = fixture_id(load, k->id, "", ID_UUID),
        .api_version = api_version_of(k->api_version, k->id_alias),
        .scopes = k->scopes.count ? k->scopes.items : all,
        .scope_count = (uint32_t)k->scopes.count ? (uint32_t)k->scopes.count : 1,
        .limits = {[PE_WINDOW_MINUTE] = k->limits.minute, [PE_WINDOW_HOUR] = k->limits.hour},
    };
    key_create(load->world, organization, &spec);
    return ok;
}

static bool account_valid(const struct fixture_load *load, const struct fixture_account *a, int64_t created_ms)
{
    int64_t expires_ms = fixture_time(load, &a->token_expires_at);
    if (!fixture_time_past(load, a->at, "created_at", arena_printf(load->arena, "account '%s'", a->name), created_ms))
        return false;
    if (a->is_active && a->is_active->kind != NODE_BOOL)
        return WRONG(a->is_active->at, "'is_active' is of type %s; expected true or false",
                     node_kind_name(a->is_active->kind));
    return !a->token_expires_at.given || a->health != PE_HEALTHY ||
           fixture_token_live(load, a->at, a->name, expires_ms, "'health' to 'expired' or 'unhealthy'");
}

static bool build_account(struct fixture_load *load, uint32_t space, struct fixture_account *a)
{
    struct connection user = {0};
    struct account *init = &user.account;
    if (!a->name)
        return false;
    init->handle = a->name[0] == '@' ? a->name + 1 : a->name;
    pe_consented(load->world, (enum platform)a->platform, &user);
    init->public_id = arena_printf(load->arena, "%" PRId64, a->account_id ? a->account_id : pe_next_id(load->world));
    init->name = a->name;
    init->avatar_url = a->avatar_url;
    init->token = a->health == PE_EXPIRED ? TOKEN_EXPIRED : TOKEN_LIVE;
    init->flagged = a->health == PE_UNHEALTHY;
    init->inactive = a->is_active && a->is_active->kind == NODE_BOOL && !a->is_active->truth;
    init->connected_at_ms = fixture_time_or(load, &a->created_at, load->start_ms);
    init->token_expires_at_ms = fixture_time_or(load, &a->token_expires_at, 0);
    bool ok = account_valid(load, a, init->connected_at_ms);
    if (account_find(load->world, POSTEVERYWHERE, str_from(init->public_id)))
        ok = fixture_duplicate(load, a->at, "account", init->public_id);
    a->row = account_connect(load->world, space, init);
    return ok;
}

static bool build_media(struct fixture_load *load, uint32_t space, const struct fixture_media *m)
{
    if (!m->filename || !m->content_type)
        return false;
    bool ok = true;
    if (m->id && media_find(load->world, POSTEVERYWHERE, str_from(m->id)))
        ok = fixture_duplicate(load, m->at, "media", m->id);
    const struct media spec = {
        .public_id = fixture_id(load, m->id, "", ID_UUID),
        .name = m->filename,
        .content_type = m->content_type,
        .state = MEDIA_READY,
        .size = m->size,
        .width = m->width,
        .height = m->height,
    };
    media_create(load->world, space, &spec);
    return ok;
}

static bool build_campaign(struct fixture_load *load, uint32_t space, const struct fixture_campaign *g)
{
    if (!g->name)
        return false;
    int64_t id = g->id ? g->id : pe_next_campaign_id(load->world);
    int64_t created_ms = fixture_time_or(load, &g->created_at, load->start_ms);
    const struct campaign spec = {
        .public_id = arena_printf(load->arena, "%" PRId64, id),
        .name = g->name,
        .description = g->description,
        .color = g->color ? g->color : PE_CAMPAIGN_COLOR,
        .state = (enum campaign_state)g->status,
        .created_at_ms = created_ms,
    };
    const char *label = arena_printf(load->arena, "campaign '%s'", g->name);
    bool ok = fixture_time_past(load, g->at, "created_at", label, created_ms);
    if (!pe_is_color(spec.color))
        ok = WRONG(g->at, "'color' is '%s'; expected #RRGGBB, for example " PE_CAMPAIGN_COLOR, spec.color);
    if (campaign_find(load->world, POSTEVERYWHERE, str_from(spec.public_id)))
        ok = fixture_duplicate(load, g->at, "campaign", spec.public_id);
    campaign_create(load->world, space, &spec);
    return ok;
}

/* *row is ROW_NONE if the post has no campaign. */
static bool find_campaign(struct fixture_load *load, uint32_t space, const struct fixture_post *p, uint32_t *row)
{
    const char *id = arena_printf(load->arena, "%" PRId64, p->campaign);
    *row = p->campaign ? campaign_find(load->world, POSTEVERYWHERE, str_from(id)) : ROW_NONE;
    if (*row && campaign_read(load->world, *row)->space != space)
        *row = ROW_NONE;
    return !p->campaign || *row || WRONG(p->at, "this organization has no campaign %s", id);
}

static bool has_metrics(const struct fixture_post *p)
{
    for (size_t i = 0; i < PE_METRIC_COUNT; i++)
        if (p->metrics.values[i])
            return true;
    return false;
}

static const struct node *metrics_node(struct arena *a, const struct fixture_post *p)
{
    struct member *members = arena_array(a, struct member, PE_METRIC_COUNT);
    for (size_t i = 0; i < PE_METRIC_COUNT; i++)
        members[i] = (struct member){.key = pe_metric_names[i], .value = node_new_int(a, p->metrics.values[i])};
    return has_metrics(p) ? node_new_map(a, members, PE_METRIC_COUNT) : NULL;
}

/* Returns ROW_NONE and adds an error if the id is not that of an account of this organization. */
static uint32_t account_of(struct fixture_load *load, uint32_t space, const struct fixture_post *p,
                           const struct node *id)
{
    const char *text = id->kind == NODE_INT ? arena_printf(load->arena, "%" PRId64, id->integer)
                                            : json_print_short(load->arena, id, 40);
    uint32_t row = account_find(load->world, POSTEVERYWHERE, str_from(text));
    if (row && account_read(load->world, row)->space == space)
        return row;
    WRONG(p->at, "this organization has no account %s", text);
    return ROW_NONE;
}

static bool is_among(const struct node *ids, const struct node *id)
{
    for (size_t i = 0; i < node_count(ids); i++)
        if (node_equal(node_at(ids, i), id))
            return true;
    return false;
}

static bool post_valid(const struct fixture_load *load, const struct fixture_post *p)
{
    const char *status = enum_word_of(&pe_statuses, p->status);
    int64_t due_ms = fixture_time(load, &p->due);
    if (p->accounts && p->accounts->kind != NODE_LIST)
        return WRONG(p->accounts->at, "'accounts' is of type %s; expected a list of account ids",
                     node_kind_name(p->accounts->kind));
    if (p->failed && p->failed->kind != NODE_LIST)
        return WRONG(p->failed->at, "'failed' is of type %s; expected a list of account ids",
                     node_kind_name(p->failed->kind));
    int64_t created_ms = fixture_time(load, &p->created_at);
    if (p->created_at.given && !fixture_time_past(load, p->at, "created_at", "the post", created_ms))
        return false;
    if (has_metrics(p) && p->status != PE_PUBLISHED && p->status != PE_PARTIALLY_FAILED)
        return WRONG(p->at, "a post with status '%s' has no 'metrics'", status);
    if (p->status == PE_DRAFT)
        return true;
    if (!p->due.given || !node_count(p->accounts))
        return WRONG(p->at, "a post with status '%s' requires 'accounts' and 'at'", status);
    if (p->status == PE_SCHEDULED && due_ms <= load->start_ms)
        return WRONG(p->at, "the post has status 'scheduled', but is due before the clock's start");
    if (p->status != PE_SCHEDULED && due_ms > load->start_ms)
        return WRONG(p->at, "the post has status '%s', but is due after the clock's start", status);
    if (p->status == PE_PUBLISHING && due_ms + load->world->timings.publish_ms <= load->start_ms)
        return WRONG(p->at, "the post is publishing, but 'at' plus timings.publish is not after the clock's start");
    if (p->status != PE_SCHEDULED && p->created_at.given && created_ms > due_ms)
        return WRONG(p->at, "the post has status '%s', but is created after its due time", status);
    if ((p->status == PE_PARTIALLY_FAILED) != (node_count(p->failed) > 0))
        return WRONG(p->at, "'failed' and status 'partially_failed' require each other");
    for (size_t i = 0; i < node_count(p->failed); i++)
        if (!is_among(p->accounts, node_at(p->failed, i)))
            return WRONG(p->at, "'failed' lists account %s, which is not in 'accounts'",
                         json_print_short(load->arena, node_at(p->failed, i), 40));
    return true;
}

/* Sets the outcome of a past destination. The failure reason is the token if the account cannot publish, else the
 * platform. */
static void set_past_outcome(struct world *w, uint32_t destination, bool failed)
{
    const struct account *a = account_read(w, destination_read(w, destination)->account);
    enum failure failure = account_can_publish(a) ? FAILURE_PLATFORM : FAILURE_TOKEN_DEAD;
    destination_place(w, destination, failed ? DESTINATION_FAILED : DESTINATION_PUBLISHED,
                      failed ? failure : FAILURE_NONE, NULL);
}

static bool build_destinations(struct fixture_load *load, uint32_t space, uint32_t post, const struct fixture_post *p)
{
    bool ok = true;
    for (size_t i = 0; i < node_count(p->accounts); i++) {
        const struct node *id = node_at(p->accounts, i);
        uint32_t account = account_of(load, space, p, id);
        ok = ok && account;
        if (!account)
            continue;
        const struct destination spec = {.account = account, .public_id = ids_mint(load->world, "", ID_UUID)};
        uint32_t row = destination_schedule(load->world, post, &spec);
        if (p->status == PE_PUBLISHING)
            destination_place(load->world, row, DESTINATION_PUBLISHING, FAILURE_NONE, NULL);
        else if (p->status != PE_DRAFT && p->status != PE_SCHEDULED)
            set_past_outcome(load->world, row, p->status == PE_FAILED || is_among(p->failed, id));
    }
    return ok;
}

static bool build_post(struct fixture_load *load, uint32_t space, const struct fixture_post *p)
{
    uint32_t campaign;
    if (!p->content || !post_valid(load, p) || !find_campaign(load, space, p, &campaign) ||
        !fixture_timezone_valid(load, p->at, p->timezone))
        return false;
    bool ok = true;
    if (p->id && post_find(load->world, POSTEVERYWHERE, str_from(p->id)))
        ok = fixture_duplicate(load, p->at, "post", p->id);
    int64_t due_ms = fixture_time_or(load, &p->due, 0);
    int64_t default_ms = due_ms ? fixture_post_created(load, due_ms) : load->start_ms;
    int64_t created_ms = fixture_time_or(load, &p->created_at, default_ms);
    const struct pe_details details = {
        .timezone = p->timezone ? p->timezone : "UTC",
        .metrics = metrics_node(load->arena, p),
    };
    const struct post post = {
        .campaign = campaign,
        .public_id = fixture_id(load, p->id, "", ID_UUID),
        .text = p->content,
        .details = pe_details_write(load->arena, &details),
        .draft = p->status == PE_DRAFT,
        .due_at_ms = due_ms,
        .created_at_ms = created_ms,
    };
    uint32_t row = post_schedule(load->world, space, &post);
    return build_destinations(load, space, row, p) && ok;
}

static bool build_webhook(struct fixture_load *load, uint32_t organization, const struct fixture_webhook *h)
{
    if (!fixture_hook_valid(load, &h->hook, POSTEVERYWHERE, &pe_catalogue))
        return false;
    const struct webhook spec = {
        .public_id = fixture_id(load, h->hook.id, "", ID_UUID),
        .url = h->hook.url,
        .events = webhooks_events_text(load->arena, &h->hook.events),
        .metadata = pe_hook_metadata(load->arena, h->name),
        .secret = h->hook.secret ? h->hook.secret : pe_mint_secret(load->world),
    };
    webhook_create(load->world, organization, &spec);
    return true;
}

static bool read_credits(const struct fixture_load *load, const struct node *given, int64_t *credits)
{
    *credits = given && given->kind == NODE_INT ? given->integer : PE_CREDITS;
    return !given || (given->kind == NODE_INT && *credits >= 0 && *credits <= RECORD_NUMBER_MAX) ||
           WRONG(given->at, "'ai_credits' must be a whole number, not below 0");
}

static bool build_organization(struct fixture_load *load, const struct fixture_organization *o)
{
    int64_t credits;
    bool ok = read_credits(load, o->ai_credits, &credits);
    if (o->id && organization_find(load->world, POSTEVERYWHERE, o->id))
        ok = fixture_duplicate(load, o->at, "organization", o->id);
    const struct organization spec = {
        .provider = POSTEVERYWHERE,
        .public_id = fixture_id(load, o->id, "", ID_UUID),
        .name = o->name,
        .credits = credits,
        .captions = o->captions.items,
        .caption_count = (uint32_t)o->captions.count,
    };
    uint32_t row = organization_open(load->world, &spec);
    uint32_t space = space_create(load->world, row, ids_mint(load->world, "", ID_UUID), o->name);
    const struct fixture_key *keys = o->keys.items;
    struct fixture_account *accounts = o->accounts.items;
    const struct fixture_media *media = o->media.items;
    const struct fixture_campaign *campaigns = o->campaigns.items;
    const struct fixture_post *posts = o->posts.items;
    const struct fixture_webhook *webhooks = o->webhooks.items;
    for (size_t i = 0; i < o->keys.count; i++)
        ok = build_key(load, row, &keys[i]) && ok;
    for (size_t i = 0; i < o->accounts.count; i++)
        ok = build_account(load, space, &accounts[i]) && ok;
    for (size_t i = 0; i < o->media.count; i++)
        ok = build_media(load, space, &media[i]) && ok;
    for (size_t i = 0; i < o->campaigns.count; i++)
        ok = build_campaign(load, space, &campaigns[i]) && ok;
    for (size_t i = 0; i < o->posts.count; i++)
        ok = build_post(load, space, &posts[i]) && ok;
    for (size_t i = 0; i < o->webhooks.count; i++)
        ok = build_webhook(load, row, &webhooks[i]) && ok;
    return ok;
}

static bool read_section(const struct node *section, struct fixture_load *load)
{
    struct fixture_posteverywhere all = {0};
    bool ok = fields_read(&section_fields, section, load->arena, &all, load->err);
    load->world->api_versions[POSTEVERYWHERE] = api_version_of(all.api_version, all.id_alias);
    const struct fixture_organization *organizations = all.organizations.items;
    for (size_t i = 0; i < all.organizations.count; i++)
        ok = build_organization(load, &organizations[i]) && ok;
    return ok;
}

const struct fixture_reader posteverywhere_fixture = {"posteverywhere", read_section, &section_fields};
