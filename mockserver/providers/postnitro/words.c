/* The words of PostNitro's API for the mock's values. */
#include "mockserver/providers/postnitro/postnitro.h"

#include <assert.h>

#include "base/array.h"
#include "mockserver/state/post_job.h"

#define WORDS(rows, accepted)                                                                                          \
    {                                                                                                                  \
        (rows), COUNT(rows), (accepted)                                                                                \
    }

/* The supported platforms, in the order of the account list; the others can only be set through the admin API. */
static const struct enum_word platform_rows[] = {
    {PLATFORM_LINKEDIN,  "linkedin" },
    {PLATFORM_INSTAGRAM, "instagram"},
    {PLATFORM_TIKTOK,    "tiktok"   },
    {PLATFORM_THREADS,   "threads"  },
    {PLATFORM_FACEBOOK,  "facebook" },
    {PLATFORM_X,         "x"        },
    {PLATFORM_YOUTUBE,   "youtube"  },
    {PLATFORM_PINTEREST, "pinterest"},
    {PLATFORM_BLUESKY,   "bluesky"  },
    {PLATFORM_TELEGRAM,  "telegram" },
    {PLATFORM_DISCORD,   "discord"  },
};
static_assert(COUNT(platform_rows) == PLATFORM_COUNT, "each platform has a word");
const struct enum_words postnitro_platforms = WORDS(platform_rows, POSTNITRO_PLATFORMS);

/* Only `active` is documented. */
static const struct enum_word token_rows[] = {
    {TOKEN_LIVE,      "active" },
    {TOKEN_EXPIRED,   "expired"},
    {TOKEN_WITHDRAWN, "revoked"},
};
static_assert(COUNT(token_rows) == TOKEN_COUNT, "each token status has a word");
const struct enum_words postnitro_tokens = WORDS(token_rows, COUNT(token_rows));

/* Only DRAFT and SCHEDULED are documented; third parties report the other statuses. */
static const struct enum_word status_rows[] = {
    {POSTNITRO_SCHEDULED,        "SCHEDULED"       },
    {POSTNITRO_DRAFT,            "DRAFT"           },
    {POSTNITRO_PUBLISHED,        "PUBLISHED"       },
    {POSTNITRO_FAILED,           "FAILED"          },
    {POSTNITRO_PARTIALLY_FAILED, "PARTIALLY_FAILED"},
};
static_assert(COUNT(status_rows) == POSTNITRO_STATUS_COUNT, "each status of a post has a word");
const struct enum_words postnitro_statuses = WORDS(status_rows, COUNT(status_rows) - 1);

/* The status of a link between a post and an account, by the state of its destination. */
static const struct enum_word link_rows[] = {
    {DESTINATION_QUEUED,     "PENDING"  },
    {DESTINATION_PUBLISHING, "PENDING"  },
    {DESTINATION_PUBLISHED,  "PUBLISHED"},
    {DESTINATION_DRAFT,      "PUBLISHED"},
    {DESTINATION_FAILED,     "FAILED"   },
    {DESTINATION_CANCELED,   "FAILED"   },
    {DESTINATION_HELD,       "DRAFT"    },
};
static_assert(COUNT(link_rows) == DESTINATION_STATE_COUNT, "each state of a destination has a word");
const struct enum_words postnitro_links = WORDS(link_rows, 0);

static const struct enum_word failure_rows[] = {
    {FAILURE_NONE,         NULL                                                         },
    {FAILURE_TOKEN_DEAD,   "The account's access token is no longer valid."             },
    {FAILURE_ACCOUNT_GONE, "The account was disconnected."                              },
    {FAILURE_PLATFORM,     "The platform refused the post."                             },
    {FAILURE_FLAGGED,      "The platform has restricted the account."                   },
    {FAILURE_LIMITED,      "The account's access token lacks the permission to publish."},
    {FAILURE_UNPREPARED,   "The account is not ready to publish."                       },
};
static_assert(COUNT(failure_rows) == FAILURE_COUNT, "each failure has a message");
const struct enum_words postnitro_failures = WORDS(failure_rows, 0);

static const struct enum_word job_rows[] = {
    {POST_JOB_PENDING,   "PENDING"  },
    {POST_JOB_COMPLETED, "COMPLETED"},
    {POST_JOB_FAILED,    "FAILED"   },
};
static_assert(COUNT(job_rows) == POST_JOB_STATE_COUNT, "each state of a job has a word");
const struct enum_words postnitro_jobs = WORDS(job_rows, 0);
