/* array.h - the number of items of an array. */
#pragma once

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
