#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/arena.h"
#include "base/match.h"

/* Clients can send patterns (in rules) and texts, so compiling and matching have limits. */
#define PATTERN_MAX_BYTES 4096
#define PATTERN_MAX_NEST  50
#define MATCH_MAX_STEPS   100000
#define MATCH_MAX_DEPTH   1000
#define MATCH_MAX_KIB     1024

#define PATTERN_OPTIONS (PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY)

static void *allocate(size_t size, void *unused)
{
    (void)unused;
    return heap_new(size);
}

static void release(void *block, void *unused)
{
    (void)unused;
    heap_free(block);
}

static pcre2_code *compile(const char *pattern, pcre2_general_context *memory, int *why, size_t *offset)
{
    pcre2_compile_context *limits = pcre2_compile_context_create(memory);
    pcre2_set_max_pattern_length(limits, PATTERN_MAX_BYTES);
    pcre2_set_parens_nest_limit(limits, PATTERN_MAX_NEST);
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PATTERN_OPTIONS, why, offset, limits);
    pcre2_compile_context_free(limits);
    return code;
}

static bool match(const pcre2_code *code, pcre2_general_context *memory, struct str text)
{
    pcre2_match_context *limits = pcre2_match_context_create(memory);
    pcre2_set_match_limit(limits, MATCH_MAX_STEPS);
    pcre2_set_depth_limit(limits, MATCH_MAX_DEPTH);
    pcre2_set_heap_limit(limits, MATCH_MAX_KIB);
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, memory);
    PCRE2_SPTR subject = (PCRE2_SPTR)(text.s ? text.s : "");
    int found = pcre2_match(code, subject, text.n, 0, 0, data, limits);
    pcre2_match_data_free(data);
    pcre2_match_context_free(limits);
    return found > 0;
}

bool match_pattern_check(struct arena *a, const char *pattern, const char **why, size_t *offset)
{
    int error = 0;
    size_t at = 0;
    pcre2_general_context *memory = pcre2_general_context_create(allocate, release, NULL);
    pcre2_code *code = compile(pattern, memory, &error, &at);
    pcre2_general_context_free(memory);
    if (code) {
        pcre2_code_free(code);
        return true;
    }
    PCRE2_UCHAR text[160] = "";
    pcre2_get_error_message(error, text, sizeof text);
    *why = arena_text(a, (const char *)text);
    *offset = at;
    return false;
}

bool match_pattern(const char *pattern, struct str text)
{
    int error = 0;
    size_t at = 0;
    pcre2_general_context *memory = pcre2_general_context_create(allocate, release, NULL);
    pcre2_code *code = compile(pattern, memory, &error, &at);
    bool found = code && match(code, memory, text);
    pcre2_code_free(code);
    pcre2_general_context_free(memory);
    return found;
}
