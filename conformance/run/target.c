#include "conformance/run/target.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/fields.h"
#include "base/host.h"
#include "base/log.h"
#include "base/time.h"
#include "base/url.h"
#include "base/yaml.h"
#include "conformance/scenario/scenario.h"

struct auth {
    const char *header, *prefix;
};

struct webhook {
    const char *url;
    int64_t port;
};

struct file {
    const char *name, *base_url, *admin_url, *mount, *fixture, *now, *consent_command;
    struct auth auth;
    struct webhook webhook;
    const struct node *actors, *resources, *rps;
    struct field_list capabilities;
    int consent;
    bool mock;
    struct field_list url_hosts;
};

static const char *const consent_drivers[] = {"none", "admin", "browser", "human"};

static const struct field auth_rows[] = {
    FIELD("header", FIELD_TEXT, struct auth, header,
          .help = "Header that carries the credential (default Authorization)."),
    FIELD("prefix", FIELD_TEXT, struct auth, prefix,
          .help = "Text before the credential (default \"Bearer \" for Authorization)."),
};
static const struct fields auth_fields = FIELD_TABLE("auth", auth_rows, struct auth, FIELDS_NO_PLACE);

static const struct field webhook_rows[] = {
    FIELD("url", FIELD_TEXT, struct webhook, url, .required = true,
          .help = "URL at which the target reaches the runner's listener."),
    FIELD("port", FIELD_INT, struct webhook, port, .required = true, .min = 1, .max = 65535,
          .help = "Local port that the URL leads to."),
};
static const struct fields webhook_fields = FIELD_TABLE("webhook", webhook_rows, struct webhook, FIELDS_NO_PLACE);

static const struct field rows[] = {
    FIELD("name", FIELD_TEXT, struct file, name, .required = true, .help = "Name of the target in reports."),
    FIELD("mock", FIELD_BOOL, struct file, mock,
          .help = "The target is a mock: this file may contain keys, and writes need no flag."),
    FIELD("base_url", FIELD_TEXT, struct file, base_url,
          .help = "URL of the server that the requests of scenarios go to; `mount` is appended. Default: the admin_url "
                  "without /__admin. Not needed with --mock, which replaces it."),
    FIELD("admin_url", FIELD_TEXT, struct file, admin_url,
          .help = "Admin API of a mock that is already running, for example http://127.0.0.1:4010/__admin. Only admin "
                  "requests go to it. --mock replaces it."),
    FIELD("mount", FIELD_TEXT, struct file, mount,
          .help = "Path prefix of the provider on the server, for example /layers (default: the path of base_url)."),
    FIELD("fixture", FIELD_TEXT, struct file, fixture, .help = "Fixture for --mock, as a path relative to this file."),
    FIELD("now", FIELD_TEXT, struct file, now,
          .help =
              "Time at which its virtual clock starts; it is then not compared (default: it has no virtual clock)."),
    FIELD("auth", FIELD_MAP, struct file, auth, .sub = &auth_fields, .help = "How requests carry the credential."),
    FIELD("actors", FIELD_NODE, struct file, actors,
          .help = "NAME: {key: TEXT} (mocks only), {env: VARIABLE}, or {} for no credential; with expect: refused "
                  "if the credential is wrong on purpose."),
    FIELD("resources", FIELD_NODE, struct file, resources,
          .help = "Values that scenarios use as $target.NAME: any value, or {env: VARIABLE}."),
    FIELD("capabilities", FIELD_TEXTS, struct file, capabilities,
          .help = "Capabilities that scenarios may require: second_org, narrow_key, lease, ... Not the built-in ones."),
    FIELD("consent", FIELD_ENUM, struct file, consent, .texts = consent_drivers, .text_count = COUNT(consent_drivers),
          .help = "How consent steps are performed: admin, browser, human or none (default none)."),
    FIELD("consent_command", FIELD_TEXT, struct file, consent_command,
          .help = "Command of the browser driver. Its arguments are URL, outcome and handle; it prints "
                  "one line {\"redirect\": URL}."),
    FIELD("webhook", FIELD_MAP, struct file, webhook, .sub = &webhook_fields,
          .help = "How a real endpoint reaches the runner's listener. Not needed for a local mock."),
    FIELD("url_hosts", FIELD_TEXTS, struct file, url_hosts,
          .help = "HOST or HOST:PORT, besides that of base_url, that a call to a URL from a response may reach."),
    FIELD("rps", FIELD_NODE, struct file, rps, .help = "Requests per second at most (default: no limit)."),
};
static const struct fields file_fields = FIELD_TABLE("target", rows, struct file, FIELDS_NO_PLACE);

/* --- values ------------------------------------------------------------------------------- */

/* Sets *out to NULL if the variable is not set or empty. */
static bool from_environment(struct arena *a, const struct node *env, const char **out, struct error *err)
{
    const char *name = node_text(env), *value = getenv(name);
    *out = NULL;
    return !value || !*value ||
           value_read(a, value, arena_printf(a, "the environment variable '%s'", name), env->at, out, err);
}

static bool is_variable(const struct node *env, struct error *err)
{
    if (node_text(env) && variable_valid(node_text(env)))
        return true;
    return error_add(err, ERROR_INPUT, env->at,
                     node_text(env) && *node_text(env)
                         ? "'env' must be the name of an environment variable, not the value (not shown here)"
                         : "'env' must be the name of an environment variable");
}

static void warn_unset(const char *what, const char *name, const struct node *env)
{
    log_line(LOG_WARN, "%s:%d:%d: %s '%s' is not available: the environment variable '%s' %s", env->at.file,
             env->at.line, env->at.column, what, name, node_text(env), variable_problem(node_text(env)));
}

static const char *const expect_texts[] = {"accepted", "refused"};

struct actor_file {
    const struct node *key, *env;
    int expect; /* index into expect_texts */
};

static const struct field actor_rows[] = {
    FIELD("key", FIELD_NODE, struct actor_file, key, .help = "The credential itself; allowed for a mock only."),
    FIELD("env", FIELD_NODE, struct actor_file, env,
          .help = "Name of the environment variable that has the credential."),
    FIELD("expect", FIELD_ENUM, struct actor_file, expect, .texts = expect_texts, .text_count = COUNT(expect_texts),
          .help = "refused: the credential is wrong on purpose (default: accepted)."),
};
static const struct fields actor_fields = FIELD_TABLE("actor", actor_rows, struct actor_file, FIELDS_NO_PLACE);

static void add_unset(struct arena *a, struct target *t, bool is_actor, const char *name, const struct node *env)
{
    *arena_push(a, &t->unset, struct unset_name) = (struct unset_name){name, node_text(env), is_actor};
    warn_unset(is_actor ? "actor" : "resource", name, env);
}

/* If the environment variable is not set, sets out->name to NULL; fails if the actor is `needed`. */
static bool read_actor(struct arena *a, const struct member *m, struct target *t, bool needed, struct actor *out,
                       struct error *err)
{
    struct actor_file file = {0};
    *out = (struct actor){.name = m->key, .at = m->key_at};
    if (!fields_read(&actor_fields, m->value, a, &file, err))
        return false;
    if (file.key && file.env)
        return error_add(err, ERROR_INPUT, m->key_at, "actor '%s' has both 'key' and 'env'; use one of them", m->key);
    out->expect_refused = file.expect == 1;
    if (out->expect_refused && !file.key && !file.env)
        return error_add(err, ERROR_INPUT, m->key_at, "actor '%s' has no key that could be refused", m->key);
    if (file.key && !t->is_mock)
        return error_add(err, ERROR_INPUT, file.key->at, "'key' is allowed for a mock only; use env: VARIABLE");
    if (file.key && !node_text(file.key))
        return error_add(err, ERROR_INPUT, file.key->at, "'key' must be text");
    if (file.key && !value_read(a, node_text(file.key), "'key'", file.key->at, &out->credential, err))
        return false;
    if (file.key)
        out->origin = arena_printf(a, "%s:%d", file.key->at.file, file.key->at.line);
    if (!file.env)
        return true;
    if (!is_variable(file.env, err) || !from_environment(a, file.env, &out->credential, err))
        return false;
    out->origin = node_text(file.env);
    if (!out->credential && needed)
        return error_add(err, ERROR_INPUT, file.env->at, "the environment variable '%s' %s", node_text(file.env),
                         variable_problem(node_text(file.env)));
    if (!out->credential) {
        add_unset(a, t, true, m->key, file.env);
        out->name = NULL;
    }
    return true;
}

static bool read_actors(struct arena *a, const struct node *map, struct target *t, struct error *err)
{
    if (!map)
        return true;
    if (map->kind != NODE_MAP)
        return error_add(err, ERROR_INPUT, map->at, "'actors' must be a map");
    bool ok = true;
    struct actor *actors = arena_array(a, struct actor, map->map.count);
    t->actors = actors;
    for (size_t i = 0; i < map->map.count; i++) {
        struct actor *next = &actors[t->actor_count];
        ok &= read_actor(a, &map->map.members[i], t, i == 0, next, err);
        t->actor_count += next->name != NULL;
    }
    return ok;
}

static bool read_resources(struct arena *a, const struct node *map, struct target *t, struct error *err)
{
    bool ok = true;
    const struct node *resources = node_new_map(a, NULL, 0);
    if (map && map->kind != NODE_MAP)
        return error_add(err, ERROR_INPUT, map->at, "'resources' must be a map");
    const struct member *m;
    for (size_t i = 0; (m = node_member(map, i)); i++) {
        const struct node *value = m->value, *env = node_get(value, "env");
        if (env && node_count(value) == 1) {
            const char *text = NULL;
            bool valid = is_variable(env, err) && from_environment(a, env, &text, err);
            value = text ? node_new_text(a, str_from(text)) : NULL;
            if (!text && valid)
                add_unset(a, t, false, m->key, env);
            ok &= valid;
        }
        if (value)
            resources = node_with(a, resources, m->key, value);
    }
    t->resources = resources;
    return ok;
}

static bool read_rps(const struct node *n, struct target *t, struct error *err)
{
    if (n && (!node_is_number(n) || node_number(n) <= 0))
        return error_add(err, ERROR_INPUT, n->at, "'rps' must be a number above 0");
    t->rps = n ? node_number(n) : 0;
    return true;
}

/* --- URLs --------------------------------------------------------------------------------- */

/* Removes the user and the password. `at` has no file if the URL is a command-line argument. */
static bool read_url(struct arena *a, const char *text, struct where at, const char **to, struct login *login,
                     struct error *err)
{
    enum error_kind kind = at.file ? ERROR_INPUT : ERROR_USAGE;
    struct url url;
    const char *why, *shown = url_shown(a, text);
    if (!url_parse(a, text, &url, &why) || !url_take_login(a, &text, login, &why))
        return error_add(err, kind, at, "invalid base URL '%s': %s", shown, why);
    if (*url.query || *url.fragment)
        return error_add(err, kind, at, "invalid base URL '%s': it must not have a query or fragment", shown);
    struct str kept = str_from(text);
    while (str_ends(kept, STR("/")))
        kept.n--;
    *to = str_dup(a, kept);
    return true;
}

void target_set_server(struct arena *a, struct target *t, const char *url)
{
    const char *host = strstr(url, "://") + strlen("://");
    t->path = *t->mount ? t->mount : arena_text(a, host + strcspn(host, "/"));
    struct str server = str_from(url);
    if (str_ends(server, str_from(t->path)))
        server.n -= strlen(t->path);
    t->server_url = str_dup(a, server);
    t->base_url = arena_printf(a, "%s%s", t->server_url, t->path);
}

static bool read_base_url(struct arena *a, struct target *t, const char *text, struct where at, struct error *err)
{
    if (!read_url(a, text, at, &t->base_url, &t->base_login, err))
        return false;
    target_set_server(a, t, t->base_url);
    return true;
}

bool target_set_base_url(struct arena *a, struct target *t, const char *url, struct error *err)
{
    return read_base_url(a, t, url, (struct where){0}, err);
}

static bool read_admin_url(struct arena *a, struct target *t, const char *url, struct where at, struct error *err)
{
    if (!read_url(a, url, at, &t->admin_url, &t->admin_login, err))
        return false;
    if (!str_ends(str_from(t->admin_url), STR("/__admin")))
        t->admin_url = arena_printf(a, "%s/__admin", t->admin_url);
    return true;
}

bool target_set_admin_url(struct arena *a, struct target *t, const char *url, struct error *err)
{
    return read_admin_url(a, t, url, (struct where){0}, err);
}

/* A relative fixture path is relative to the target file; a name without a dot is kept. */
static const char *path_beside(struct arena *a, const char *file, const char *path)
{
    const char *slash = strrchr(file, '/');
    if (!path || *path == '/' || !slash || !strchr(path, '.'))
        return path;
    return arena_printf(a, "%.*s%s", (int)(slash - file + 1), file, path);
}

/* -------------------------------------------------------------------------------------------- */

static struct target *target_new(struct arena *a)
{
    struct target *t = arena_new(a, struct target);
    t->mount = t->path = "";
    t->header = "Authorization";
    t->header_prefix = "Bearer ";
    t->resources = node_new_map(a, NULL, 0);
    return t;
}

/* The target needs the user and the password, so they stay in the URL. */
static bool read_webhook_url(struct arena *a, struct target *t, const char *text, struct where at, struct error *err)
{
    struct str kept = str_from(text);
    const char *without;
    while (str_ends(kept, STR("/")))
        kept.n--;
    t->webhook_url = str_dup(a, kept);
    return read_url(a, text, at, &without, &t->webhook_login, err);
}

static bool read_urls(struct arena *a, const struct node *root, const struct file *file, struct target *t,
                      struct error *err)
{
    const struct node *base = node_get(root, "base_url"), *admin = node_get(root, "admin_url");
    const struct node *webhook = node_get(node_get(root, "webhook"), "url");
    return (!base || read_base_url(a, t, file->base_url, base->at, err)) &&
           (!webhook || read_webhook_url(a, t, file->webhook.url, webhook->at, err)) &&
           (!admin || read_admin_url(a, t, file->admin_url, admin->at, err));
}

static bool check_auth(const struct node *auth, const struct target *t, struct error *err)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~";
    if (!*t->header || t->header[strspn(t->header, allowed)])
        return error_add(err, ERROR_INPUT, node_get(auth, "header")->at,
                         "invalid header name; expected for example X-Api-Key");
    return header_value_valid(str_from(t->header_prefix)) ||
           error_add(err, ERROR_INPUT, node_get(auth, "prefix")->at, "'prefix' has a control character");
}

static const struct derived { /* a capability that is never declared */
    const char *capability, *given_by;
} derived[] = {
    {"consent",  "a target has it with 'consent: browser', 'human' or, on a mock, 'admin'"  },
    {"webhook",  "a target has it with 'webhook: {url, port}', or as a mock on this machine"},
    {"admin",    "a target has it with 'admin_url'"                                         },
    {"clock",    "a target has it with 'admin_url'"                                         },
    {"inspect",  "a target has it with 'admin_url'"                                         },
    {"advance",  "a target has it with 'admin_url'"                                         },
    {"simulate", "a target has it with 'admin_url'"                                         },
};

const char *target_capability_source(const char *capability)
{
    struct str family = str_from(capability), name = str_cut(&family, '.');
    for (size_t i = 0; i < COUNT(derived); i++)
        if (str_is(name, derived[i].capability))
            return derived[i].given_by;
    return NULL;
}

/* A declared one would let scenarios run that the target cannot run. */
static bool check_capabilities(const struct node *list, struct error *err)
{
    bool ok = true;
    for (size_t i = 0; i < node_count(list); i++) {
        const struct node *item = node_at(list, i);
        const char *given_by = node_text(item) ? target_capability_source(node_text(item)) : NULL;
        if (given_by)
            ok = error_add(err, ERROR_INPUT, item->at, "the capability '%s' is not declared: %s; remove it here",
                           node_text(item), given_by);
    }
    return ok;
}

struct target *target_load(struct arena *a, const char *path, struct error *err)
{
    size_t before = err ? err->count : 0;
    struct file file = {.mount = ""};
    const struct node *root = yaml_load(a, path, err);
    if (!root || !fields_read(&file_fields, root, a, &file, err))
        return NULL;
    struct target *t = target_new(a);
    t->name = file.name;
    t->file = arena_text(a, path);
    t->mount = file.mount;
    t->fixture = path_beside(a, path, file.fixture);
    t->is_mock = file.mock;
    t->consent = (enum consent_driver)file.consent;
    t->consent_command = file.consent_command;
    t->webhook_port = (int)file.webhook.port;
    t->capabilities = file.capabilities.items;
    t->capability_count = file.capabilities.count;
    t->url_hosts = file.url_hosts.items;
    t->url_host_count = file.url_hosts.count;
    if (file.auth.header) {
        t->header = file.auth.header;
        t->header_prefix = "";
    }
    if (file.auth.prefix)
        t->header_prefix = file.auth.prefix;
    bool ok = check_auth(node_get(root, "auth"), t, err);
    ok &= check_capabilities(node_get(root, "capabilities"), err);
    ok &= read_actors(a, file.actors, t, err);
    ok &= read_resources(a, file.resources, t, err);
    ok &= read_rps(file.rps, t, err);
    if (file.now && !time_parse(str_from(file.now), &t->now_ms))
        ok = error_add(err, ERROR_INPUT, node_get(root, "now")->at,
                       "invalid time '%s'; expected for example 2026-05-02T09:00:00Z", file.now);
    ok = ok && read_urls(a, root, &file, t, err);
    if (!file.mock && !file.base_url && !file.admin_url)
        ok = error_add(err, ERROR_INPUT, root->at,
                       "missing 'base_url'; a target without 'mock: true' or 'admin_url' needs it");
    if (*file.mount && *file.mount != '/')
        ok = error_add(err, ERROR_INPUT, node_get(root, "mount")->at,
                       "invalid mount '%s'; expected a path, for example /layers", file.mount);
    if (t->consent == CONSENT_ADMIN && !file.mock && !file.admin_url)
        ok = error_add(err, ERROR_INPUT, node_get(root, "consent")->at,
                       "'consent: admin' needs 'admin_url'; a real target has a browser or a human");
    if (t->consent == CONSENT_BROWSER && !t->consent_command)
        ok = error_add(err, ERROR_INPUT, root->at, "missing 'consent_command'; 'consent: browser' needs it");
    return ok && (!err || err->count == before) ? t : NULL;
}

struct target *target_of_url(struct arena *a, const char *base_url, struct error *err)
{
    struct target *t = target_new(a);
    if (!target_set_base_url(a, t, base_url, err))
        return NULL;
    t->name = t->base_url;
    return t;
}

/* The runner starts its own mock on this machine. */
static bool reaches_listener(const struct target *t)
{
    struct arena a = {0};
    struct url url;
    bool local = t->is_own_mock;
    if (t->admin_url && url_parse(&a, t->admin_url, &url, NULL))
        local = host_is_loopback(str_from(url.host));
    arena_end(&a);
    return local || t->webhook_url;
}

bool target_has_capability(const struct target *t, const char *capability)
{
    static const char *const of_admin_api[] = {"admin", "clock", "inspect", "advance", "simulate"};
    bool has_admin_api = t->is_own_mock || t->admin_url;
    if (has_admin_api &&
        (str_starts(str_from(capability), STR("simulate.")) || has_text(of_admin_api, COUNT(of_admin_api), capability)))
        return true;
    return (t->consent != CONSENT_NONE && strcmp(capability, "consent") == 0) ||
           (strcmp(capability, "webhook") == 0 && reaches_listener(t)) ||
           has_text(t->capabilities, t->capability_count, capability);
}

const struct actor *target_actor(const struct target *t, const char *name)
{
    for (size_t i = 0; i < t->actor_count; i++)
        if (!name || strcmp(t->actors[i].name, name) == 0)
            return &t->actors[i];
    return NULL;
}

const char *target_unset_variable(const struct target *t, bool is_actor, struct str name)
{
    struct str first = name;
    name = str_cut(&first, '.');
    for (size_t i = 0; i < t->unset.count; i++)
        if (t->unset.items[i].is_actor == is_actor && str_is(name, t->unset.items[i].name))
            return t->unset.items[i].variable;
    return NULL;
}

const struct actor *target_live_actor(const struct target *t)
{
    for (size_t i = 0; i < t->actor_count; i++)
        if (t->actors[i].credential && !t->actors[i].expect_refused && strstr(t->actors[i].credential, "_live_"))
            return &t->actors[i];
    return NULL;
}
