/* A query or a form body. Its pairs, encoded again, are the same pairs. */
#include "base/http/message.h"
#include "base/tests/fuzz.h"
#include "base/url.h"

static struct str write_pairs(struct arena *a, const struct url_pair *pairs, size_t count)
{
    struct buf out = {.arena = a};
    for (size_t i = 0; i < count; i++) {
        buf_text(&out, i ? "&" : "");
        url_encode(&out, pairs[i].name);
        buf_byte(&out, '=');
        url_encode(&out, pairs[i].value);
    }
    return buf_str(&out);
}

static void check_same(const struct url_pair *x, const struct url_pair *y, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fuzz_assert(str_eq(x[i].name, y[i].name) && str_eq(x[i].value, y[i].value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct request r = {.body = fuzz_text(data, size)};
    struct url_pair *pairs, *again, *form;
    size_t count, count_again, form_count;
    bool good = url_query(&a, r.body, &pairs, &count);
    if (good) {
        struct str text = write_pairs(&a, pairs, count);
        fuzz_assert(url_query(&a, text, &again, &count_again));
        fuzz_assert(count_again == count);
        check_same(pairs, again, count);
    }
    fuzz_assert(body_form(&a, &r, &form, &form_count) == good);
    if (good) {
        fuzz_assert(form_count == count);
        check_same(pairs, form, count);
    }
    struct error err = {0};
    fuzz_assert_errors(body_json(&a, &r, &err) != NULL, &err);
    error_end(&err);
    arena_end(&a);
    return 0;
}
