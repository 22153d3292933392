/* kinds.h - the kinds of values that an expectation accepts, and the range of the numbers among them.
 *
 * Shapes:  a set of kinds is a mask of KIND_*. Absent is a kind of its own.
 * Errors:  none. The sets and ranges are never too small.
 */
#pragma once
#include "base/node.h"

#define KIND_ABSENT   1U
#define KIND_NULL     2U
#define KIND_BOOL     4U
#define KIND_INTEGER  8U /* 1.0 as well */
#define KIND_FRACTION 16U
#define KIND_TEXT     32U
#define KIND_LIST     64U
#define KIND_OBJECT   128U
#define KIND_NUMBER   (KIND_INTEGER | KIND_FRACTION)
#define KIND_PRESENT  254U
#define KIND_ANY      255U

struct range {
    double least, most;
    bool open_least, open_most; /* the bound itself is excluded */
};

/* Returns at least the kinds that the expectation accepts; NULL accepts all. */
unsigned kinds_of(const struct node *x);
unsigned kinds_of_type(const struct node *type); /* operand of $type */

struct range range_of(const struct node *x);
/* Of $time: milliseconds from now. An instant is no bound, because its distance from now is unknown. */
struct range range_of_time(const struct node *operand);
/* Narrows the range by $gt, $gte, $lt or $lte. */
void range_narrow(struct range *r, const char *matcher, double bound);
bool ranges_disjoint(struct range x, struct range y);
bool range_within(struct range x, struct range y); /* x is a part of y */
