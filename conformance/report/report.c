#include "conformance/report/report.h"

#include <string.h>

#include "conformance/report/formats.h"

const struct report_format report_formats[] = {
    {"console", "the summary as text, without colour",                     console_write},
    {"json",    "one document with everything: claims, checks, exchanges", json_write   },
    {"junit",   "JUnit XML: a suite a scenario, a case a check",           junit_write  },
    {"ndjson",  "one event a line: scenarios, checks, exchanges, the end", ndjson_write },
};
const size_t report_format_count = sizeof report_formats / sizeof *report_formats;

const struct report_format *report_format_named(const char *name)
{
    for (size_t i = 0; i < report_format_count; i++)
        if (strcmp(report_formats[i].name, name) == 0)
            return &report_formats[i];
    return NULL;
}
