/* Sets in advance whether a post succeeds when it is published. */
#include "base/array.h"
#include "mockserver/admin/simulate.h"

#include "mockserver/state/post.h"

static const char *const result_texts[] = {"success", "error"};

struct publish_outcome {
    const char *post, *account, *code;
    int outcome;
};

static const struct field publish_outcome_rows[] = {
    FIELD("post", FIELD_TEXT, struct publish_outcome, post, .help = "Id of the post."),
    FIELD("account", FIELD_TEXT, struct publish_outcome, account,
          .help = "Instead of post: the account (id, or handle if that is unique) whose next post "
                  "this is about."),
    FIELD("outcome", FIELD_ENUM, struct publish_outcome, outcome, .help = "Result of publishing the post.",
          .required = true, .texts = result_texts, .text_count = COUNT(result_texts)),
    FIELD("code", FIELD_TEXT, struct publish_outcome, code,
          .help = "Error code of the failure; only with the outcome `error`."),
};
const struct fields simulate_publish_outcome_fields =
    FIELD_TABLE("publish_outcome", publish_outcome_rows, struct publish_outcome, FIELDS_NO_PLACE);

static void set_post_outcome(struct call *c, const char *post, enum outcome outcome, const char *code)
{
    uint32_t row = select_destination(c, "/post", post);
    if (!row)
        return;
    enum destination_state state = destination_read(c->world, row)->state;
    if (state != DESTINATION_QUEUED && state != DESTINATION_PUBLISHING) {
        call_refuse(c, FAULT_CONFLICT, "the post is already %s", destination_state_texts[state]);
        return;
    }
    destination_set_outcome(c->world, row, outcome, code);
    admin_object(c, 200);
    simulation_put_id(c, "post", RECORD_DESTINATION, row);
    simulation_end(c);
}

void simulate_publish_outcome(struct call *c, const void *fields)
{
    const struct publish_outcome *f = fields;
    enum outcome outcome = f->outcome ? OUTCOME_ERROR : OUTCOME_SUCCESS;
    if (!f->post == !f->account) {
        call_issue(c, "", "expected exactly one of 'post' and 'account'");
    } else if (f->code && outcome == OUTCOME_SUCCESS) {
        call_issue(c, "/code", "'code' is accepted only with the outcome 'error'");
    } else if (f->post) {
        set_post_outcome(c, f->post, outcome, f->code);
    } else {
        uint32_t row = simulation_listed_account(c, f->account);
        if (!row)
            return;
        account_set_outcome(c->world, row, outcome, f->code);
        simulation_respond_account(c, row);
    }
}
