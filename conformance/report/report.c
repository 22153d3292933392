#include "conformance/report/report.h"

#include <string.h>

#include "base/buf.h"
#include "conformance/report/formats.h"

const struct report_format report_formats[] = {
    {"console", "the summary as text, without colour",                     console_write, NULL,          NULL},
    {"json",    "one document with everything: claims, checks, exchanges", json_write,    NULL,          NULL},
    {"junit",   "JUnit XML: a suite a scenario, a case a check",           junit_write,   NULL,          NULL},
    {"ndjson",  "events, a line each, as they happen",                     ndjson_write,  ndjson_stream,
     ndjson_stream_end                                                                                       },
};
const size_t report_format_count = sizeof report_formats / sizeof *report_formats;

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
