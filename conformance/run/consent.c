#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "base/time.h"
#include "base/url.h"
#include "conformance/run/step.h"

#define SECOND_US  ((int64_t)1000 * 1000)
#define TIMEOUT_US (SECOND_US * 60 * 5)

extern char **environ;

/* The drivers:
 * admin:   posts {state, outcome, handle} to the mock's admin API, which returns {redirect}.
 * browser: runs the target's consent_command with sh. Its arguments are the URL, the outcome and the handle; it prints
 *          one line, {"redirect": "..."} or {"error": "..."}.
 * human:   prints the URL and reads one line from the terminal: the redirect URL, or an empty line. A countdown shows
 *          the remaining time.
 * If the URL is the consent page of a mock, `browser` and `human` add the handle as login_hint, and the page shows it.
 * A driver that fails gives VERDICT_ERROR; a driver that the target does not have gives VERDICT_NOT_APPLICABLE. */

struct consent {
    const char *outcome; /* approve, deny, abandon, exchange_error */
    const char *at;      /* the authorize URL; "" if the step has none */
    const char *open_at; /* the URL for a browser: `at`, with the handle if it is the consent page of a mock */
    const struct node *state, *handle;
};

/* --- admin: the mock's admin API ---------------------------------------------------------- */

/* If the step has no `state`, use the one in the authorize URL. */
static const struct node *state_of(struct arena *a, const char *at)
{
    struct url url;
    struct url_pair *pairs;
    size_t count = 0;
    if (!url_parse(a, at, &url, NULL) || !url_query(a, str_from(url.query), &pairs, &count))
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (str_is(pairs[i].name, "state"))
            return node_new_text(a, pairs[i].value);
    return NULL;
}

static const struct node *simulate_body(struct arena *a, const struct consent *k)
{
    const struct node *state = k->state ? k->state : state_of(a, k->at);
    const struct node *body = node_with(a, NULL, "outcome", node_new_text(a, str_from(k->outcome)));
    if (state)
        body = node_with(a, body, "state", state);
    if (k->handle)
        body = node_with(a, body, "handle", k->handle);
    return body;
}

static enum next consent_by_admin(struct task *t, const struct consent *k)
{
    struct arena *a = t->runner->arena;
    if (!t->namespace.admin_url)
        return judge_skipped(t, VERDICT_NOT_APPLICABLE, "the target has no admin API, which 'consent: admin' needs");
    t->current.exchange =
        admin_request(a, t->namespace.admin_url, "POST", ADMIN_SIMULATE "consent", simulate_body(a, k));
    return task_send_current(t, a);
}

/* --- browser and human: both reply with one line ------------------------------------------ */

struct waiting {
    int fd;
    bool owned; /* close the descriptor at the end */
    pid_t child;
    struct buf line;
    int64_t until_us;
    uint64_t timer;
    bool json; /* the line is {"redirect": ...}; false: the redirect URL itself, or empty */
};

static void stop_waiting(struct task *t)
{
    struct waiting *w = t->driver;
    loop_unwatch(t->runner->loop, w->fd);
    loop_timer_cancel(t->runner->loop, w->timer);
    if (w->owned)
        close(w->fd);
    if (w->child > 0) {
        kill(w->child, SIGTERM); /* its line has been read, or is no longer needed */
        waitpid(w->child, NULL, WNOHANG);
    }
    t->cancel = NULL;
}

/* Ends the wait; `failure` is NULL, or why there is no consent. */
static void end_wait(struct task *t, const char *failure)
{
    stop_waiting(t);
    t->current.failure = failure;
    task_continue(t);
}

static void on_cancel(struct task *t)
{
    end_wait(t, "the run was interrupted while it waited for the consent");
}

/* Runs once a second and shows the remaining time. */
static void count_down(void *ctx)
{
    struct task *t = ctx;
    struct waiting *w = t->driver;
    int64_t now_us = time_monotonic_us(), left_s = (w->until_us - now_us) / SECOND_US;
    w->timer = 0;
    if (now_us >= w->until_us) {
        end_wait(t, "the consent was not completed within 5 minutes");
        return;
    }
    if (!w->json)
        fprintf(stderr, "\r%d:%02d left ", (int)(left_s / 60), (int)(left_s % 60));
    w->timer = loop_timer(t->runner->loop, now_us + SECOND_US, count_down, t);
}

/* Sets the redirect. Returns why the line is not usable, or NULL. */
static const char *read_reply(struct task *t, struct str line, bool is_json)
{
    struct arena *a = t->runner->arena;
    if (!is_json) {
        t->current.redirect = line.n ? node_new_text(a, line) : NULL;
        return NULL;
    }
    const struct node *reply = json_parse(a, line, "consent_command", NULL);
    const char *wrong = node_get_text(reply, "error");
    if (wrong)
        return arena_printf(a, "the consent command reported an error: %s", wrong);
    t->current.redirect = node_get(reply, "redirect");
    return reply ? NULL : "the consent command did not print one JSON line";
}

static void on_input(void *ctx, int fd, int events)
{
    (void)events;
    struct task *t = ctx;
    struct waiting *w = t->driver;
    char bytes[4096];
    ssize_t n = read(fd, bytes, sizeof bytes);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0)
        buf_add(&w->line, str_of(bytes, (size_t)n));
    if (n <= 0 || memchr(bytes, '\n', (size_t)n))
        end_wait(t, read_reply(t, str_trim(buf_str(&w->line)), w->json));
}

static enum next wait_for_line(struct task *t, struct waiting how)
{
    struct waiting *w = arena_new(t->runner->arena, struct waiting);
    *w = how;
    w->line.arena = t->runner->arena;
    t->driver = w;
    t->cancel = on_cancel;
    w->until_us = time_monotonic_us() + TIMEOUT_US;
    count_down(t);
    loop_watch(t->runner->loop, w->fd, LOOP_READ, on_input, t);
    return NEXT_WAIT;
}

/* The loop blocks some signals; the child must not inherit that. */
static bool spawn_shell(char *const *argv, int out, pid_t *child)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    bool spawned = posix_spawn(child, "/bin/sh", &files, &attributes, argv, environ) == 0;
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return spawned;
}

static enum next consent_by_browser(struct task *t, const struct consent *k)
{
    struct arena *a = t->runner->arena;
    const char *handle = node_text(k->handle);
    char *argv[] = {arena_text(a, "sh"),
                    arena_text(a, "-c"),
                    arena_printf(a, "%s \"$@\"", t->runner->target->consent_command),
                    arena_text(a, "consent"),
                    arena_text(a, k->open_at),
                    arena_text(a, k->outcome),
                    arena_text(a, handle ? handle : ""),
                    NULL};
    int ends[2];
    pid_t child;
    if (pipe(ends) != 0)
        return judge_error(t, "cannot create a pipe for the consent command");
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    bool spawned = spawn_shell(argv, ends[1], &child);
    close(ends[1]);
    if (!spawned) {
        close(ends[0]);
        return judge_error(t, "the consent command could not be started");
    }
    return wait_for_line(t, (struct waiting){.fd = ends[0], .owned = true, .child = child, .json = true});
}

static enum next consent_by_human(struct task *t, const struct consent *k)
{
    const char *handle = node_text(k->handle);
    fprintf(stderr,
            "\nConsent needed: %s%s%s. Open the URL below in a browser, then paste the URL that the "
            "browser is redirected to, or press Enter:\n  %s\n",
            k->outcome, handle ? " as " : "", handle ? handle : "", k->open_at);
    return wait_for_line(t, (struct waiting){.fd = STDIN_FILENO});
}

/* --- the step ----------------------------------------------------------------------------- */

static enum next consent_without_driver(struct task *t, const struct consent *k)
{
    (void)k;
    return judge_skipped(t, VERDICT_NOT_APPLICABLE, "the target has no consent driver");
}

static enum next (*const drivers[])(struct task *t, const struct consent *k) = {
    [CONSENT_NONE] = consent_without_driver,
    [CONSENT_ADMIN] = consent_by_admin,
    [CONSENT_BROWSER] = consent_by_browser,
    [CONSENT_HUMAN] = consent_by_human,
};

/* The consent page of a mock shows the handle of `login_hint` in its form. The authorize URL of a platform is opened as
 * the API returned it. `handle` may be NULL. */
static const char *add_handle(struct arena *a, const char *at, const char *handle)
{
    struct url url;
    bool is_mock = url_parse(a, at, &url, NULL) && strstr(url.path, "/__consent/");
    return is_mock && handle ? url_with_query(a, at, "login_hint", handle) : at;
}

enum next consent_act(struct task *t)
{
    struct current *c = &t->current;
    const struct step *step = c->step;
    const struct node *at;
    const char *missing = NULL;
    struct consent k = {.outcome = step->outcome};
    if (!resolve_optional(&c->vars, step->consent_at, &at, &missing) ||
        !resolve_optional(&c->vars, step->consent_state, &k.state, &missing) ||
        !resolve_optional(&c->vars, step->consent_handle, &k.handle, &missing))
        return judge_blocked(t, missing);
    k.at = at && node_text(at) ? node_text(at) : "";
    k.open_at = add_handle(t->runner->arena, k.at, node_text(k.handle));
    return drivers[t->runner->target->consent](t, &k);
}

/* Only the admin driver has an exchange; the others have set the redirect. */
enum next consent_receive(struct task *t)
{
    struct current *c = &t->current;
    struct arena *a = t->runner->arena;
    if (!c->exchange)
        return NEXT_PHASE;
    if (!exchange_succeeded(c->exchange))
        return judge_error(t, admin_error(a, c->exchange));
    judge_read_body(t, a);
    c->redirect = node_get(c->body, "redirect");
    return NEXT_PHASE;
}

/* --- who consented ------------------------------------------------------------------------ */

/* The admin API consents as the handle that it is given; if another one is connected, the target is at fault. */
static bool is_consent_by_person(const struct task *t)
{
    return t->runner->target->consent == CONSENT_HUMAN || t->runner->target->consent == CONSENT_BROWSER;
}

static void on_account(struct task *t, struct exchange_record *x)
{
    task_record(t, x);
    task_continue(t);
}

enum next consent_look_up(struct task *t)
{
    struct current *c = &t->current;
    struct request_problem problem = {0};
    const struct connected_as *as = c->step->connected_as;
    if (!as || !is_consent_by_person(t) || !c->held || !c->complete)
        return NEXT_PHASE;
    c->looked_up = resolve_lookup(&c->vars, t->runner->target, &t->namespace, c->step, as->lookup, &problem);
    if (!c->looked_up)
        return NEXT_PHASE;
    task_send(t, t->runner->arena, c->looked_up, on_account);
    return NEXT_WAIT;
}

/* Returns the account's handle, or NULL if the response does not show the account. */
static const char *connected_handle(const struct task *t)
{
    const struct current *c = &t->current;
    const struct connected_as *as = c->step->connected_as;
    struct arena *a = t->runner->arena;
    const char *missing = NULL;
    const struct node *body =
        exchange_succeeded(c->looked_up) ? json_parse(a, c->looked_up->response_body, "body", NULL) : NULL;
    const struct node *list = body && as->lookup->in ? node_pointer(body, as->lookup->in) : NULL;
    const struct node *where = vars_value(&c->vars, as->lookup->where, &missing);
    const struct match_context context = {.arena = a, .now_ms = exchange_now_ms(c->looked_up)};
    const struct node *account = where && !as->lookup->in ? body : NULL;
    for (size_t i = 0; where && list && list->kind == NODE_LIST && !account && i < node_count(list); i++)
        if (match_holds(&context, where, node_at(list, i)))
            account = node_at(list, i);
    const struct node *handle = account ? node_pointer(account, as->at) : NULL;
    return handle ? node_text(handle) : NULL;
}

/* The platform's handle has no leading @; a provider that shows one breaks a claim, and is not another user. */
static bool is_same_user(const char *asked, const char *connected)
{
    return strcmp(asked, connected) == 0 || (*connected == '@' && strcmp(asked, connected + 1) == 0);
}

enum next consent_compare(struct task *t)
{
    struct current *c = &t->current;
    const char *missing = NULL;
    if (!c->looked_up)
        return NEXT_PHASE;
    const struct node *asked = vars_value(&c->vars, c->step->connected_as->handle, &missing);
    const char *connected = connected_handle(t);
    bool other = asked && node_text(asked) && connected && !is_same_user(node_text(asked), connected);
    return other ? judge_other_user(t, node_text(asked), connected) : NEXT_PHASE;
}
