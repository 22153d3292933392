#include "base/yaml.h"

#include <libfyaml.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/yaml_tree.h"

/* Returns a view with .s == NULL if there is no token. */
static struct str token_text(struct fy_token *token)
{
    struct str text = {0};
    if (token && !(text.s = fy_token_get_text(token, &text.n)))
        text = STR("");
    return text;
}

static struct yaml_marks marks(struct fy_token *tag, struct fy_token *anchor)
{
    return (struct yaml_marks){token_text(tag), token_text(anchor)};
}

/* An empty scalar has no token. */
static bool take_scalar(struct yaml_tree *t, const struct fy_event_scalar_data *scalar)
{
    bool plain = !scalar->value || fy_token_scalar_style(scalar->value) == FYSS_PLAIN;
    struct str text = scalar->value ? token_text(scalar->value) : STR("");
    return yaml_tree_scalar(t, text, plain, marks(scalar->tag, scalar->anchor));
}

/* libfyaml gives the position after the sign of an alias or the quote of a scalar. */
static bool marked_late(struct fy_event *e)
{
    if (e->type != FYET_SCALAR)
        return e->type == FYET_ALIAS;
    enum fy_scalar_style style = fy_token_scalar_style(e->scalar.value);
    return style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
}

/* An empty value has no position; it keeps that of the event before, usually its key. */
static void note_place(struct yaml_tree *t, struct fy_event *e)
{
    const struct fy_mark *mark = fy_event_start_mark(e);
    if (!mark)
        return;
    t->at.line = mark->line + 1;
    t->at.column = mark->column + 1 - marked_late(e);
}

/* YAML 1.1 reads yes, no, on, off, 017 and 1:30 as other values than this reader does. */
static bool check_version(struct yaml_tree *t, struct fy_document_state *document)
{
    const struct fy_version *version = fy_document_state_version(document);
    if (!fy_document_state_version_explicit(document) || !version || (version->major == 1 && version->minor == 2))
        return true;
    t->at.line = t->directive_line;
    t->at.column = 1;
    return yaml_tree_error(t, "%%YAML %d.%d is not supported; expected %%YAML 1.2, or no directive", version->major,
                           version->minor);
}

static bool take(struct yaml_tree *t, struct fy_event *e)
{
    note_place(t, e);
    switch (e->type) {
    case FYET_DOCUMENT_START:
        if (t->root)
            return yaml_tree_error(t, "more than one document; expected one document per file");
        return check_version(t, e->document_start.document_state);
    case FYET_ALIAS:
        return yaml_tree_alias(t, token_text(e->alias.anchor));
    case FYET_SCALAR:
        return take_scalar(t, &e->scalar);
    case FYET_MAPPING_START:
        return yaml_tree_open(t, NODE_MAP, marks(e->mapping_start.tag, e->mapping_start.anchor));
    case FYET_SEQUENCE_START:
        return yaml_tree_open(t, NODE_LIST, marks(e->sequence_start.tag, e->sequence_start.anchor));
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        return yaml_tree_close(t);
    case FYET_STREAM_END:
        t->at.line = t->at.column = 1;
        return t->root || yaml_tree_error(t, "the document is empty; expected a value");
    case FYET_NONE:
    case FYET_STREAM_START:
    case FYET_DOCUMENT_END:
        return true;
    }
    return true;
}

static void drop_output(struct fy_diag *diag, void *user, const char *text, size_t n)
{
    (void)diag, (void)user, (void)text, (void)n;
}

/* Collecting errors also avoids the code of libfyaml that prints source lines and reads out of bounds. */
static struct fy_diag *collecting_diag(void)
{
    struct fy_diag_cfg cfg;
    fy_diag_cfg_default(&cfg);
    cfg.fp = NULL;
    cfg.output_fn = drop_output;
    cfg.colorize = false;
    struct fy_diag *diag = fy_diag_create(&cfg);
    fy_diag_set_collect_errors(diag, true);
    return diag;
}

static void syntax_error(struct yaml_tree *t, struct fy_diag *diag)
{
    void *iterator = NULL;
    const struct fy_diag_error *e = fy_diag_errors_iterate(diag, &iterator);
    if (e) {
        t->at.line = e->line;
        t->at.column = e->column;
    }
    (void)yaml_tree_error(t, "%s", e ? e->msg : "invalid YAML");
}

/* Defined only with LeakSanitizer. NOLINTNEXTLINE(bugprone-reserved-identifier) */
void __lsan_ignore_object(const void *object) __attribute__((weak));

/* libfyaml 0.7.12 frees some memory twice when it destroys a failed parser. */
static void leave_to_leak(const void *object)
{
    if (__lsan_ignore_object)
        __lsan_ignore_object(object);
}

static void parse_checked(struct yaml_tree *t, struct str text)
{
    struct fy_diag *diag = collecting_diag();
    enum fy_parse_cfg_flags flags =
        (enum fy_parse_cfg_flags)(FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE);
    struct fy_parse_cfg cfg = {.flags = flags, .diag = diag};
    struct fy_parser *parser = fy_parser_create(&cfg);
    bool wanted = true, ended = false;
    (void)fy_parser_set_string(parser, text.s, text.n); /* if this fails, there are no events */
    /* Read to the end even after an error: only then can the parser be destroyed. */
    for (struct fy_event *e; !ended && (e = fy_parser_parse(parser));) {
        ended = e->type == FYET_STREAM_END;
        wanted = wanted && take(t, e);
        fy_parser_event_free(parser, e);
    }
    bool failed = !ended || fy_parser_get_stream_error(parser);
    if (failed && wanted)
        syntax_error(t, diag);
    if (failed) {
        leave_to_leak(parser);
        leave_to_leak(diag);
    } else {
        fy_parser_destroy(parser);
        fy_diag_destroy(diag);
    }
}

static bool printable(struct str text, size_t *bad)
{
    bool utf8 = str_utf8_valid(text, bad);
    for (size_t i = 0; i < (utf8 ? text.n : *bad); i++) {
        unsigned char c = (unsigned char)text.s[i];
        if (c == 0x7F || (c < 0x20 && c != '\t' && c != '\n' && c != '\r')) {
            *bad = i;
            return false;
        }
    }
    return utf8;
}

/* With invalid bytes libfyaml stops early or never returns, so reject them first. */
static bool check_bytes(struct yaml_tree *t, struct str text)
{
    size_t bad;
    if (text.n > YAML_MAX_BYTES)
        return yaml_tree_error(t, "the file is larger than %u bytes", YAML_MAX_BYTES);
    if (printable(text, &bad))
        return true;
    struct str before = str_head(text, bad);
    t->at.line = t->at.column = 1;
    for (size_t i = 0; i < before.n; i++) {
        if (before.s[i] == '\n') {
            t->at.line++;
            t->at.column = 1;
        } else {
            t->at.column += (before.s[i] & 0xC0) != 0x80;
        }
    }
    unsigned char c = (unsigned char)text.s[bad];
    if (c < 0x80)
        return yaml_tree_error(t, "invalid control character 0x%02X", c);
    return yaml_tree_error(t, "invalid UTF-8: byte 0x%02X", c);
}

/* The line of the first %YAML directive, or 1. */
static int directive_line(struct str text)
{
    for (int line = 1; text.n; line++)
        if (str_starts(str_cut(&text, '\n'), STR("%YAML")))
            return line;
    return 1;
}

const struct node *yaml_parse(struct arena *a, struct str text, const char *file, struct error *err)
{
    struct yaml_tree t = {.arena = a, .err = err, .at.file = file, .directive_line = directive_line(text)};
    if (str_starts(text, STR("\xEF\xBB\xBF")))
        text = str_skip(text, 3);
    if (check_bytes(&t, text))
        parse_checked(&t, text.n ? text : STR("\n"));
    arena_end(&t.scratch);
    return t.refused ? NULL : node_without_extensions(a, t.root);
}

/* --- files -------------------------------------------------------------------------------- */

const struct node *yaml_load_hashed(struct arena *a, const char *path, uint64_t *hash, struct error *err)
{
    const struct node *root = NULL;
    const char *why;
    size_t n;
    char *text = file_read(path, YAML_MAX_BYTES, &n, &why);
    *hash = 0;
    if (text) {
        *hash = str_hash(str_of(text, n));
        root = yaml_parse(a, str_of(text, n), path, err);
    } else {
        error_add(err, ERROR_SYSTEM, (struct where){.file = path}, "%s", why);
    }
    heap_free(text);
    return root;
}

const struct node *yaml_load(struct arena *a, const char *path, struct error *err)
{
    uint64_t hash;
    return yaml_load_hashed(a, path, &hash, err);
}
