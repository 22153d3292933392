/* A state file that reaches for JSON: the layering test must refuse it. */
#include "base/json.h"
