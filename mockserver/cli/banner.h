/* banner.h - what a person sees when the mock starts in a terminal.
 *
 * Shapes:  the base URLs, the admin API, the fixtures, and API keys to try. Only the built-in sample's keys are
 *          printed: they are published. Of other fixtures the names of the keys are printed, not their values.
 * Errors:  none.
 */
#pragma once
#include <stdio.h>

#include "mockserver/runtime/mock.h"

/* admin_url NULL: the admin API is off. */
void banner_print(FILE *to, const struct mock *m, const char *admin_url);
