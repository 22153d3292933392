/* post_body.h - the request body that creates, changes or schedules a post.
 *
 * Shapes:  a member that was not sent is NULL or false. struct pe_draft is the resulting post: the
 *          members that were sent, and the existing post's values for the others.
 * Errors:  each function returns false after it has refused the call.
 */
#pragma once
#include "mockserver/providers/posteverywhere/posteverywhere.h"

struct post_body {
    const char *content, *scheduled_for, *scheduled_at, *timezone;
    const struct node *account_ids, *media_ids, *platform_content;
    bool is_draft, publish_now;
};

bool post_body_read(struct call *c, struct post_body *body);
/* The due time of the body; *due_ms is 0 if the body has none. */
bool post_body_due(struct call *c, const struct post_body *body, int64_t *due_ms);
/* `was` is the existing post, or NULL for a new one. */
bool post_body_draft(struct call *c, const struct post_body *body, const struct pe_draft *was, struct pe_draft *out);
