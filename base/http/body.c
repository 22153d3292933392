#include "base/http/body.h"

#include "base/json.h"

bool body_is_empty(const struct request *r)
{
    return str_trim(r->body).n == 0;
}

const struct node *body_json(struct arena *a, const struct request *r, struct error *err)
{
    return json_parse(a, r->body, "body", err);
}

bool body_form(struct arena *a, const struct request *r, struct url_pair **pairs, size_t *count)
{
    return url_query(a, r->body, pairs, count);
}
