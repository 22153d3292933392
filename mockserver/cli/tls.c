#include "mockserver/cli/tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/url.h"

#define SUFFIX    ".pem"
#define NAMES_MAX 5

struct names {
    const char *items[NAMES_MAX];
    size_t count;
};

static void add_name(struct names *n, const char *name)
{
    for (size_t i = 0; i < n->count; i++)
        if (!strcmp(n->items[i], name))
            return;
    n->items[n->count++] = name;
}

static const char *without_brackets(struct arena *a, const char *host)
{
    struct str h = str_from(host);
    return str_starts(h, STR("[")) ? str_dup(a, str_of(h.s + 1, h.n - 2)) : host;
}

static void generate(const struct options *o, struct certificate *out)
{
    struct names n = {0};
    add_name(&n, "localhost");
    add_name(&n, "127.0.0.1");
    add_name(&n, "::1");
    if (!options_any_address(o->listen))
        add_name(&n, o->listen);
    struct url url;
    if (o->public_url && url_parse(o->arena, o->public_url, &url, NULL))
        add_name(&n, without_brackets(o->arena, url.host));
    certificate_make(o->arena, n.items, n.count, out);
}

static bool write_all(int fd, const char *text)
{
    for (size_t left = strlen(text); left;) {
        ssize_t n = write(fd, text, left);
        if (n < 0 && errno != EINTR)
            return false;
        text += n > 0 ? n : 0;
        left -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

static bool write_file(const struct options *o, struct tls *t, struct error *err)
{
    const char *folder = getenv("TMPDIR");
    char *path = arena_printf(o->arena, "%s/mockserver-XXXXXX" SUFFIX, folder && *folder ? folder : "/tmp");
    int fd = mkstemps(path, sizeof SUFFIX - 1);
    bool written = fd >= 0 && write_all(fd, t->certificate.chain);
    int why = errno;
    if (fd >= 0 && close(fd) != 0 && written) {
        written = false;
        why = errno;
    }
    t->file = fd >= 0 ? path : NULL;
    return written || error_add(err, ERROR_SYSTEM, (struct where){.file = path}, "cannot write the certificate: %s",
                                strerror(why));
}

bool tls_begin(const struct options *o, struct tls *t, struct error *err)
{
    *t = (struct tls){.on = o->tls || o->tls_cert};
    if (o->tls_cert)
        return certificate_read(o->arena, o->tls_cert, o->tls_key, &t->certificate, err);
    if (!o->tls)
        return true;
    generate(o, &t->certificate);
    return write_file(o, t, err);
}

void tls_end(const struct tls *t)
{
    if (t->file)
        (void)unlink(t->file);
}
