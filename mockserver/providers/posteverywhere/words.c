/* The words of PostEverywhere's API for the mock's values. */
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include <assert.h>

#include "base/array.h"

#define WORDS(rows)                                                                                                    \
    {                                                                                                                  \
        (rows), COUNT(rows), COUNT(rows)                                                                               \
    }

static const struct enum_word platform_rows[] = {
    {PLATFORM_TIKTOK,    "tiktok"   },
    {PLATFORM_INSTAGRAM, "instagram"},
    {PLATFORM_X,         "x"        },
    {PLATFORM_FACEBOOK,  "facebook" },
    {PLATFORM_LINKEDIN,  "linkedin" },
    {PLATFORM_YOUTUBE,   "youtube"  },
    {PLATFORM_THREADS,   "threads"  },
    {PLATFORM_PINTEREST, "pinterest"},
    {PLATFORM_BLUESKY,   "bluesky"  },
    {PLATFORM_TELEGRAM,  "telegram" },
    {PLATFORM_DISCORD,   "discord"  },
};
static_assert(COUNT(platform_rows) == PLATFORM_COUNT, "each platform has a word");
const struct enum_words pe_platforms = WORDS(platform_rows);
/* Those that a user connects in a browser; the others are connected with credentials. */
const struct enum_words pe_browser_platforms = {platform_rows, COUNT(platform_rows), 8};

/* What filters accept: clients send twitter, too. */
static const struct enum_word platform_filter_rows[] = {
    {PLATFORM_TIKTOK,    "tiktok"   },
    {PLATFORM_INSTAGRAM, "instagram"},
    {PLATFORM_X,         "x"        },
    {PLATFORM_FACEBOOK,  "facebook" },
    {PLATFORM_LINKEDIN,  "linkedin" },
    {PLATFORM_YOUTUBE,   "youtube"  },
    {PLATFORM_THREADS,   "threads"  },
    {PLATFORM_PINTEREST, "pinterest"},
    {PLATFORM_BLUESKY,   "bluesky"  },
    {PLATFORM_TELEGRAM,  "telegram" },
    {PLATFORM_DISCORD,   "discord"  },
    {PLATFORM_X,         "twitter"  },
};
static_assert(COUNT(platform_filter_rows) == PLATFORM_COUNT + 1, "each platform has a word");
const struct enum_words pe_platform_filters = WORDS(platform_filter_rows);

static const struct enum_word health_rows[] = {
    {PE_HEALTHY,   "healthy"  },
    {PE_EXPIRED,   "expired"  },
    {PE_UNHEALTHY, "unhealthy"},
};
static_assert(COUNT(health_rows) == PE_HEALTH_COUNT, "each health has a word");
const struct enum_words pe_healths = WORDS(health_rows);

static const struct enum_word status_rows[] = {
    {PE_DRAFT,            "draft"           },
    {PE_SCHEDULED,        "scheduled"       },
    {PE_PUBLISHING,       "publishing"      },
    {PE_PUBLISHED,        "published"       },
    {PE_PARTIALLY_FAILED, "partially_failed"},
    {PE_FAILED,           "failed"          },
};
static_assert(COUNT(status_rows) == PE_STATUS_COUNT, "each status of a post has a word");
const struct enum_words pe_statuses = WORDS(status_rows);

/* What the filter of the list accepts: the pages' words, and queued and done, which the provider's SDK sends. */
static const struct enum_word status_filter_rows[] = {
    {PE_DRAFT,            "draft"           },
    {PE_SCHEDULED,        "scheduled"       },
    {PE_PUBLISHING,       "publishing"      },
    {PE_PUBLISHED,        "published"       },
    {PE_PARTIALLY_FAILED, "partially_failed"},
    {PE_FAILED,           "failed"          },
    {PE_QUEUED_FILTER,    "queued"          },
    {PE_PUBLISHED,        "done"            },
};
static_assert(COUNT(status_filter_rows) == PE_STATUS_COUNT + 2, "each status of a post has a word");
const struct enum_words pe_status_filters = WORDS(status_filter_rows);

static const struct enum_word media_rows[] = {
    {MEDIA_UPLOADING, "uploading"},
    {MEDIA_READY,     "ready"    },
    {MEDIA_REMOVED,   "removed"  },
    {MEDIA_FAILED,    "failed"   },
};
static_assert(COUNT(media_rows) == MEDIA_STATE_COUNT, "each media state has a word");
const struct enum_words pe_media_statuses = WORDS(media_rows);

static const struct enum_word campaign_rows[] = {
    {CAMPAIGN_ACTIVE,   "active"  },
    {CAMPAIGN_ARCHIVED, "archived"},
};
static_assert(COUNT(campaign_rows) == CAMPAIGN_REMOVED, "each state of a campaign that is shown has a word");
const struct enum_words pe_campaign_statuses = WORDS(campaign_rows);

/* The clients know no other word for a failed consent. */
static const struct enum_word connect_rows[] = {
    {OAUTH_ATTEMPT_PENDING,   "pending"  },
    {OAUTH_ATTEMPT_COMPLETED, "completed"},
    {OAUTH_ATTEMPT_FAILED,    "cancelled"},
    {OAUTH_ATTEMPT_EXPIRED,   "expired"  },
};
static_assert(COUNT(connect_rows) == OAUTH_ATTEMPT_STATE_COUNT, "each state of a session has a word");
const struct enum_words pe_connect_statuses = WORDS(connect_rows);

static const struct enum_word device_rows[] = {
    {OAUTH_ATTEMPT_PENDING,   "pending"   },
    {OAUTH_ATTEMPT_COMPLETED, "authorized"},
    {OAUTH_ATTEMPT_FAILED,    "denied"    },
    {OAUTH_ATTEMPT_EXPIRED,   "expired"   },
};
static_assert(COUNT(device_rows) == OAUTH_ATTEMPT_STATE_COUNT, "each state of a login has a word");
const struct enum_words pe_device_statuses = WORDS(device_rows);

/* Of fixtures. `id_alias` selects PE_API_VERSION_WITH_ID. */
static const struct enum_word api_version_rows[] = {
    {PE_API_VERSION_UNSET,   "default"},
    {PE_API_VERSION_CURRENT, "current"},
    {PE_API_VERSION_OLDER,   "older"  },
};
const struct enum_words pe_api_versions = WORDS(api_version_rows);
