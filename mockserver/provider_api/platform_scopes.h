/* platform_scopes.h - the scopes for which a consent asks the user, and whether what the user grants allows publishing.
 *
 * Shapes:  a platform has a list of scopes that are asked for by default; one of them is the permission to publish. A
 *          list of scopes as one text is separated by blanks.
 * Errors:  none.
 * Source:  the platforms' own pages about their permissions; the documents of the providers name no scope.
 */
#pragma once
#include "base/arena.h"
#include "base/str.h"
#include "mockserver/state/account.h"

#define PLATFORM_SCOPES_MAX 6

struct scope_list {
    const char **items;
    size_t count, room;
};

/* The scopes of a consent: those of `asked`, or the platform's default ones if that is NULL. */
struct scope_list scopes_of_consent(struct arena *a, enum platform platform, const char *asked);
bool scopes_have(const struct scope_list *scopes, const char *scope);
/* True if the platform publishes posts of an account whose token has these scopes. */
bool scopes_allow_publishing(enum platform platform, const struct scope_list *granted);
const char *scopes_text(struct arena *a, const struct scope_list *scopes, const char *separator);
