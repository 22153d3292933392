#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/log.h"
#include "base/url.h"
#include "conformance/run/target.h"

/* --- credentials -------------------------------------------------------------------------- */

bool header_value_valid(struct str value)
{
    for (size_t i = 0; i < value.n; i++)
        if (iscntrl((unsigned char)value.s[i]) && value.s[i] != '\t')
            return false;
    return true;
}

static void warn_trimmed(const char *what, struct where at)
{
    const char *why = "ends with a line break, which is removed";
    if (at.file)
        log_line(LOG_WARN, "%s:%d:%d: %s %s", at.file, at.line, at.column, what, why);
    else
        log_line(LOG_WARN, "%s %s", what, why);
}

bool value_read(struct arena *a, const char *text, const char *what, struct where at, const char **out,
                struct error *err)
{
    enum error_kind kind = at.file ? ERROR_INPUT : ERROR_USAGE;
    struct str value = str_from(text);
    while (str_ends(value, STR("\n")) || str_ends(value, STR("\r")))
        value.n--;
    if (!str_trim(value).n)
        return error_add(err, kind, at, *text ? "%s has only blanks" : "%s is empty", what);
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.s[i];
        if (c == '\n' || c == '\r')
            return error_add(err, kind, at, "%s has a line break", what);
        if (iscntrl(c))
            return error_add(err, kind, at, "%s has the control character 0x%02x", what, c);
    }
    if (text[value.n])
        warn_trimmed(what, at);
    *out = str_dup(a, value);
    return true;
}

const char *variable_problem(const char *name)
{
    return getenv(name) ? "is empty" : "is not set";
}

#define KEY_MIN_BYTES 16

bool variable_valid(const char *name)
{
    bool digits = false, lower = false, valid = *name && !isdigit((unsigned char)*name);
    size_t n = 0;
    for (; name[n]; n++) {
        unsigned char c = (unsigned char)name[n];
        digits |= isdigit(c) != 0;
        lower |= islower(c) != 0;
        valid &= isalnum(c) || c == '_';
    }
    bool looks_like_key = n >= KEY_MIN_BYTES && digits && lower;
    return valid && (!looks_like_key || getenv(name));
}

/* --- derived actors ----------------------------------------------------------------------- */

/* Returns where the secret begins: the id of the key before it stays. */
static size_t secret_begin(const char *key, const struct target_name *how)
{
    size_t n = strlen(key), begin = 0, last = (size_t)how->secret_last;
    for (const char *at = key; how->secret_after && (at = strstr(at, how->secret_after)); at++)
        begin = (size_t)(at - key) + strlen(how->secret_after);
    return how->secret_after ? begin : last < n ? n - last : 0;
}

static const char *changed_key(struct arena *a, const char *key, const struct target_name *how)
{
    char *text = str_dup(a, str_from(key));
    bool changes = how->secret_after || how->secret_last;
    for (size_t i = secret_begin(key, how); changes && text[i]; i++)
        text[i] = str_next_of_class(text[i]);
    return text;
}

void target_derive_actors(struct arena *a, struct target *t, const struct target_schema *schema)
{
    struct actor *actors = arena_array(a, struct actor, t->actor_count + (schema ? schema->actors.count : 0));
    for (size_t i = 0; i < t->actor_count; i++)
        actors[i] = t->actors[i];
    t->actors = actors;
    for (size_t i = 0; schema && i < schema->actors.count; i++) {
        const struct target_name *n = &schema->actors.items[i];
        const struct actor *from = n->derived_from ? target_actor(t, n->derived_from) : NULL;
        if (n->wrong_key && !target_actor(t, n->name))
            actors[t->actor_count++] = (struct actor){.name = n->name,
                                                      .credential = n->wrong_key,
                                                      .origin = schema->file,
                                                      .expect_refused = true,
                                                      .at = n->at};
        if (!from || !from->credential || target_actor(t, n->name))
            continue;
        actors[t->actor_count++] = (struct actor){.name = n->name,
                                                  .credential = changed_key(a, from->credential, n),
                                                  .origin = arena_printf(a, "the key of '%s'", n->derived_from),
                                                  .expect_refused = true,
                                                  .no_prefix = n->no_scheme,
                                                  .at = from->at};
    }
}

/* --- users and passwords in URLs ---------------------------------------------------------- */

/* Returns the user and the password, without the @; empty if the URL has none. It may be an invalid URL. */
static struct str login_in(const char *url)
{
    const char *slashes = strstr(url, "://"), *begin = slashes ? slashes + strlen("://") : url;
    struct str authority = str_of(begin, strcspn(begin, "/?#"));
    for (size_t n = authority.n; n > 0; n--)
        if (authority.s[n - 1] == '@')
            return str_head(authority, n - 1);
    return (struct str){begin, 0};
}

const char *url_shown(struct arena *a, const char *url)
{
    struct str login = login_in(url), password = login, user = str_cut(&password, ':');
    if (user.n == login.n)
        return url;
    return arena_printf(a, "%.*s" STR_FMT ":***%s", (int)(login.s - url), url, STR_ARG(user), login.s + login.n);
}

bool url_take_login(struct arena *a, const char **url, struct login *out, const char **why)
{
    struct str login = login_in(*url), password = login, user = str_cut(&password, ':');
    *out = (struct login){0};
    if (!login.n)
        return true;
    if (!url_decode(a, user, false, &user) || !url_decode(a, password, false, &password)) {
        *why = "invalid percent-encoding in the credentials";
        return false;
    }
    const char *both = arena_printf(a, STR_FMT ":" STR_FMT, STR_ARG(user), STR_ARG(password));
    out->user = str_dup(a, user);
    out->password = str_dup(a, password);
    out->header = arena_printf(a, LOGIN_SCHEME "%s", digest_base64(a, str_from(both)));
    *url = arena_printf(a, "%.*s%s", (int)(login.s - *url), *url, login.s + login.n + 1);
    return true;
}

bool target_check_login(const struct target *t, struct error *err)
{
    const struct login *login = t->base_url ? &t->base_login : &t->admin_login;
    bool same = strcasecmp(t->header, "Authorization") == 0;
    for (size_t i = 0; login->header && same && i < t->actor_count; i++)
        if (t->actors[i].credential)
            return error_add(err, ERROR_INPUT, t->actors[i].at,
                             "the URL of target '%s' has a user, and actor '%s' has a key; both need the header "
                             "Authorization, which a request has once: remove the user, or send the keys in another "
                             "header (auth: { header: NAME })",
                             t->name, t->actors[i].name);
    return true;
}
