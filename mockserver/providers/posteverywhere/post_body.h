/* post_body.h - the body that makes, changes or schedules a post, as read.
 *
 * Shapes:  what was not sent is NULL, or false. A draft is what the post is to be: of a change,
 *          what was not sent stays as the post has it.
 * Errors:  refusals of the call; what answers false has refused it.
 */
#pragma once
#include "mockserver/providers/posteverywhere/posteverywhere.h"

struct post_body {
    const char *content, *scheduled_for, *scheduled_at, *timezone;
    const struct node *account_ids, *media_ids, *platform_content;
    bool is_draft, publish_now;
};

bool post_body_read(struct call *c, struct post_body *body);
/* 0: it says no time. */
bool post_body_due(struct call *c, const struct post_body *body, int64_t *due_ms);
/* `was` (may be NULL) is the post as it stands. */
bool post_body_draft(struct call *c, const struct post_body *body, const struct pe_draft *was,
                     struct pe_draft *out);
