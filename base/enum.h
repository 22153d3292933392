/* enum.h - an enum and the texts of its values, from one list.
 *
 *   #define COLORS(X) X(COLOR_RED, "red") X(COLOR_GREEN, "green")
 *   enum color { COLORS(ENUM_NAME) COLOR_COUNT };
 *   const char *const color_texts[] = {COLORS(ENUM_TEXT)};
 */
#pragma once

#define ENUM_NAME(name, text) name,
#define ENUM_TEXT(name, text) [name] = text,
