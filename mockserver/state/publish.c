/* Publishes destinations that are due, and sets destinations to a state for fixtures. */
#include "mockserver/state/post.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "mockserver/state/record.h"
#include "mockserver/state/world.h"

/* Each platform's URL of a post and the form of its post ids. {handle} and {id} are replaced. */
/* clang-format off */
static const struct link {
    const char *url, *video_url; /* video_url NULL: as url */
    int digits; /* length of a decimal id; 0: 11 characters of base64url */
} links[PLATFORM_COUNT] = {
    [PLATFORM_TIKTOK]    = {"https://www.tiktok.com/@{handle}/video/{id}", NULL, 19},
    [PLATFORM_INSTAGRAM] = {"https://www.instagram.com/p/{id}/", "https://www.instagram.com/reel/{id}/", 0},
    [PLATFORM_X]         = {"https://x.com/{handle}/status/{id}", NULL, 19},
    [PLATFORM_FACEBOOK]  = {"https://www.facebook.com/{handle}/posts/{id}", NULL, 17},
    [PLATFORM_LINKEDIN]  = {"https://www.linkedin.com/feed/update/urn:li:share:{id}/", NULL, 19},
    [PLATFORM_YOUTUBE]   = {"https://www.youtube.com/watch?v={id}", NULL, 0},
    [PLATFORM_THREADS]   = {"https://www.threads.net/@{handle}/post/{id}", NULL, 0},
    [PLATFORM_PINTEREST] = {"https://www.pinterest.com/pin/{id}/", NULL, 18},
    [PLATFORM_BLUESKY]   = {"https://bsky.app/profile/{handle}/post/{id}", NULL, 0},
    [PLATFORM_TELEGRAM]  = {"https://t.me/{handle}/{id}", NULL, 4},
    [PLATFORM_DISCORD]   = {"https://discord.com/channels/@me/{handle}/{id}", NULL, 19},
};
/* clang-format on */

static void write_external_id(struct world *w, int digits, struct buf *out)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint64_t x = ids_random(w);
    if (!digits) {
        for (int i = 0; i < 11; i++, x = x >> 6 | x << 58)
            buf_byte(out, letters[x & 63]);
        return;
    }
    uint64_t first = 1;
    for (int i = 1; i < digits; i++)
        first *= 10;
    buf_printf(out, "%" PRIu64, first * 7 + x % (first * 2)); /* begins with 7 or 8, like real ids */
}

/* Skips characters that a platform's handle cannot have: a fixture's handle may be a display
 * name. */
static void write_handle(const char *handle, struct buf *out)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    for (const char *c = handle; c && *c; c++)
        if (strchr(letters, *c))
            buf_byte(out, *c);
}

static bool shows_video(const struct world *w, const struct post *p)
{
    const char *media_type = p->content ? content_read(w, p->content)->media_type : NULL;
    return p->video || (media_type && (strcmp(media_type, "video") == 0 || strcmp(media_type, "reel") == 0));
}

static void write_url(const struct account *a, bool video, struct str name, struct buf *out)
{
    const struct link *link = &links[a->platform];
    struct str rest = str_from(video && link->video_url ? link->video_url : link->url);
    while (rest.n) {
        buf_add(out, str_cut(&rest, '{'));
        struct str place = str_cut(&rest, '}');
        if (str_is(place, "handle"))
            write_handle(a->handle, out);
        else if (str_is(place, "id"))
            buf_add(out, name);
    }
}

/* Sets external_id and external_url. url NULL: the platform's URL for the id. */
static void set_external_link(struct world *w, struct destination *d, const char *url)
{
    struct arena a = {0};
    struct buf name = {.arena = &a}, link = {.arena = &a};
    const struct account *account = account_read(w, d->account);
    write_external_id(w, links[account->platform].digits, &name);
    write_url(account, shows_video(w, post_read(w, d->post)), buf_str(&name), &link);
    d->external_id = world_str(w, buf_str(&name));
    d->external_url = url ? world_text(w, url) : world_str(w, buf_str(&link));
    arena_end(&a);
}

static void mark_published(struct world *w, struct destination *d, int64_t at_ms, const char *url)
{
    d->published_at_ms = at_ms;
    set_external_link(w, d, url);
    if (post_read(w, d->post)->published_at_ms || (d->removed_at_ms && !d->account_left))
        return; /* published before, or started over since this attempt began */
    struct post *post = world_edit(w, RECORD_POST, d->post);
    post->updated_at_ms = post->published_at_ms = at_ms;
}

/* The result of an attempt, and whether it comes from the account's outcome, which is then
 * reset. */
struct publish_result {
    enum failure failure; /* NONE: success */
    const char *code;
    bool from_account;
};

static enum failure account_failure(const struct account *a)
{
    if (!account_is_listed(a))
        return FAILURE_ACCOUNT_GONE;
    if (a->token != TOKEN_LIVE)
        return FAILURE_TOKEN_DEAD;
    if (a->flagged)
        return FAILURE_FLAGGED;
    if (a->limited)
        return FAILURE_LIMITED;
    return a->unprepared ? FAILURE_UNPREPARED : FAILURE_NONE;
}

/* The platform has taken the upload and has decided: what happens to the account no longer matters. */
static bool is_decided(const struct destination *d)
{
    return d->state == DESTINATION_PUBLISHING && d->outcome != OUTCOME_NATURAL;
}

/* A disconnected account, a lost token, a flag, a missing permission or missing layers fail the attempt first, unless
 * it is decided. Next comes the outcome set for the destination; then the outcome set for the account's next publish,
 * which stays set if it is not used. */
static struct publish_result expected_result(const struct world *w, const struct destination *d)
{
    const struct account *a = account_read(w, d->account);
    struct publish_result result = {.failure = is_decided(d) ? FAILURE_NONE : account_failure(a)};
    if (result.failure != FAILURE_NONE)
        return result;
    result.from_account = d->outcome == OUTCOME_NATURAL && a->outcome != OUTCOME_NATURAL;
    if ((result.from_account ? a->outcome : d->outcome) == OUTCOME_ERROR) {
        result.failure = FAILURE_PLATFORM;
        result.code = result.from_account ? a->outcome_code : d->failure_code;
    }
    return result;
}

static void begin_attempt(const struct world *w, struct destination *d)
{
    d->attempted_at_ms = world_now(w);
    d->attempts++;
}

static void publish(struct world *w, uint32_t destination)
{
    struct publish_result result = expected_result(w, destination_read(w, destination));
    struct transition t;
    struct destination *d = transition_begin(&t, w, RECORD_DESTINATION, destination);
    d->updated_at_ms = world_now(w);
    if (d->state == DESTINATION_QUEUED)
        begin_attempt(w, d);
    d->failure = result.failure;
    d->failure_code = result.code;
    if (result.failure != FAILURE_NONE) {
        d->state = DESTINATION_FAILED;
    } else if (d->mode == MODE_DRAFT) {
        d->state = DESTINATION_DRAFT;
    } else {
        d->state = DESTINATION_PUBLISHED;
        mark_published(w, d, world_now(w), NULL);
    }
    transition_end(&t, TRANSITION_DESTINATION_PUBLISH);
    if (result.from_account)
        account_set_outcome(w, destination_read(w, destination)->account, OUTCOME_NATURAL, NULL);
}

/* An outcome set for the account's next publish becomes that of this attempt. */
static void begin_publishing(struct world *w, uint32_t destination)
{
    struct transition t;
    struct destination *d = transition_begin(&t, w, RECORD_DESTINATION, destination);
    const struct account *a = account_read(w, d->account);
    bool from_account = d->outcome == OUTCOME_NATURAL && a->outcome != OUTCOME_NATURAL;
    d->state = DESTINATION_PUBLISHING;
    d->updated_at_ms = world_now(w);
    if (from_account) {
        d->outcome = a->outcome;
        d->failure_code = a->outcome_code;
    }
    begin_attempt(w, d);
    events_add(w, world_now(w) + w->timings.publish_ms, EVENT_PUBLISH_ENDS, destination);
    transition_end(&t, TRANSITION_DESTINATION_PUBLISH);
    if (from_account)
        account_set_outcome(w, destination_read(w, destination)->account, OUTCOME_NATURAL, NULL);
}

void destination_due(struct world *w, uint32_t destination)
{
    const struct destination *d = destination_read(w, destination);
    if (d->state != DESTINATION_QUEUED || d->due_at_ms > world_now(w))
        return; /* canceled or rescheduled */
    if (w->timings.publish_ms > 0 && account_failure(account_read(w, d->account)) == FAILURE_NONE)
        begin_publishing(w, destination);
    else
        publish(w, destination);
}

void destination_publish_ends(struct world *w, uint32_t destination)
{
    if (destination_read(w, destination)->state == DESTINATION_PUBLISHING)
        publish(w, destination);
}

void destination_place(struct world *w, uint32_t destination, enum destination_state state, enum failure failure,
                       const char *external_url)
{
    struct transition t;
    const enum destination_state before = destination_read(w, destination)->state;
    if (!world_require(w, before == DESTINATION_QUEUED || before == state))
        return;
    struct destination *d = transition_begin(&t, w, RECORD_DESTINATION, destination);
    d->state = state;
    d->created_at_ms = post_read(w, d->post)->created_at_ms;
    int64_t changed_ms = d->due_at_ms;
    if (state != DESTINATION_QUEUED && state != DESTINATION_CANCELED && state != DESTINATION_HELD) {
        d->attempted_at_ms = d->due_at_ms;
        d->attempts = 1;
    }
    switch (state) {
    case DESTINATION_QUEUED:
    case DESTINATION_HELD:
    case DESTINATION_STATE_COUNT:
        changed_ms = d->created_at_ms;
        break;
    case DESTINATION_DRAFT:
        break;
    case DESTINATION_PUBLISHING:
        events_add(w, d->due_at_ms + w->timings.publish_ms, EVENT_PUBLISH_ENDS, destination);
        break;
    case DESTINATION_PUBLISHED:
        mark_published(w, d, d->due_at_ms, external_url);
        break;
    case DESTINATION_FAILED:
        d->failure = failure == FAILURE_NONE ? FAILURE_PLATFORM : failure;
        break;
    case DESTINATION_CANCELED:
        if (changed_ms > world_now(w))
            changed_ms = world_now(w);
        d->canceled_at_ms = changed_ms;
        break;
    }
    d->updated_at_ms = changed_ms;
    transition_end(&t, TRANSITION_DESTINATION_PLACE);
}
