/* formats.h - the rows of the format table: a finished run in, text out; or events, as they happen. */
#pragma once
#include "conformance/report/report.h"

void console_write(const struct run *r, struct writer *w);
void json_write(const struct run *r, struct writer *w);
void junit_write(const struct run *r, struct writer *w);
void ndjson_write(const struct run *r, struct writer *w);

struct run_events ndjson_stream(struct arena *a, struct writer *w);
void ndjson_stream_end(void *ndjson, const struct run *r);
