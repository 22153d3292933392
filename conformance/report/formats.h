/* formats.h - the functions behind report_formats[]: each writes a finished run to a writer.
 *
 * Shapes:  ndjson can also stream: ndjson_stream returns the callbacks that write events during the
 *          run, and ndjson_stream_end writes the last one.
 * Errors:  none; writer_close reports a failed write.
 */
#pragma once
#include "conformance/report/report.h"

void console_write(const struct run *r, struct writer *w);
void json_write(const struct run *r, struct writer *w);
void junit_write(const struct run *r, struct writer *w);
void ndjson_write(const struct run *r, struct writer *w);

struct run_events ndjson_stream(struct arena *a, struct writer *w);
void ndjson_stream_end(void *ndjson, const struct run *r);
