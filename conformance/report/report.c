#include "conformance/report/report.h"

#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "conformance/report/formats.h"

const struct report_format report_formats[] = {
    {"console", "the summary as plain text",        console_write, NULL,          NULL             },
    {"json",    "one document with all exchanges",  json_write,    NULL,          NULL             },
    {"junit",   "JUnit XML, a test case per check", junit_write,   NULL,          NULL             },
    {"ndjson",  "events, a JSON object per line",   ndjson_write,  ndjson_stream, ndjson_stream_end},
};
const size_t report_format_count = COUNT(report_formats);

const struct report_format *report_format_named(const char *name)
{
    for (size_t i = 0; i < report_format_count; i++)
        if (strcmp(report_formats[i].name, name) == 0)
            return &report_formats[i];
    return NULL;
}

const char *report_format_names(struct arena *a)
{
    struct buf names = {.arena = a};
    for (size_t i = 0; i < report_format_count; i++)
        buf_printf(&names, "%s%s", i ? ", " : "", report_formats[i].name);
    return buf_c(&names);
}
