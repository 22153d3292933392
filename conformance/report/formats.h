/* formats.h - the rows of the format table: a finished run in, text out. */
#pragma once
#include "conformance/report/report.h"

void console_write(const struct run *r, struct writer *w);
void json_write(const struct run *r, struct writer *w);
void junit_write(const struct run *r, struct writer *w);
void ndjson_write(const struct run *r, struct writer *w);
