#include "base/http/message.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/json.h"

/* Most names already differ in the first letter. */
static bool same_name(const char *x, const char *y)
{
    return (*x | 0x20) == (*y | 0x20) && strcasecmp(x, y) == 0;
}

const struct header *headers_find(const struct headers *h, const char *name)
{
    for (size_t i = 0; i < h->count; i++)
        if (same_name(h->items[i].name, name))
            return &h->items[i];
    return NULL;
}

struct str headers_get(const struct headers *h, const char *name)
{
    const struct header *found = headers_find(h, name);
    return found ? found->value : STR("");
}

void headers_add(struct arena *a, struct headers *h, const char *name, struct str value)
{
    *arena_push(a, h, struct header) = (struct header){name, value};
}

void headers_remove(struct headers *h, const char *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < h->count; i++)
        if (!same_name(h->items[i].name, name))
            h->items[kept++] = h->items[i];
    h->count = kept;
}

void headers_set(struct arena *a, struct headers *h, const char *name, struct str value)
{
    headers_remove(h, name);
    headers_add(a, h, name, value);
}

bool body_is_empty(const struct request *r)
{
    return str_trim(r->body).n == 0;
}

const struct node *body_json(struct arena *a, const struct request *r, struct error *err)
{
    return json_parse_request(a, r->body, "body", err);
}

bool body_form(struct arena *a, const struct request *r, struct url_pair **pairs, size_t *count)
{
    return url_query(a, r->body, pairs, count);
}

const char *status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } rows[] = {
        {100, "Continue"                       },
        {101, "Switching Protocols"            },
        {200, "OK"                             },
        {201, "Created"                        },
        {202, "Accepted"                       },
        {203, "Non-Authoritative Information"  },
        {204, "No Content"                     },
        {205, "Reset Content"                  },
        {206, "Partial Content"                },
        {207, "Multi-Status"                   },
        {300, "Multiple Choices"               },
        {301, "Moved Permanently"              },
        {302, "Found"                          },
        {303, "See Other"                      },
        {304, "Not Modified"                   },
        {307, "Temporary Redirect"             },
        {308, "Permanent Redirect"             },
        {400, "Bad Request"                    },
        {401, "Unauthorized"                   },
        {402, "Payment Required"               },
        {403, "Forbidden"                      },
        {404, "Not Found"                      },
        {405, "Method Not Allowed"             },
        {406, "Not Acceptable"                 },
        {407, "Proxy Authentication Required"  },
        {408, "Request Timeout"                },
        {409, "Conflict"                       },
        {410, "Gone"                           },
        {411, "Length Required"                },
        {412, "Precondition Failed"            },
        {413, "Content Too Large"              },
        {414, "URI Too Long"                   },
        {415, "Unsupported Media Type"         },
        {416, "Range Not Satisfiable"          },
        {417, "Expectation Failed"             },
        {421, "Misdirected Request"            },
        {422, "Unprocessable Content"          },
        {423, "Locked"                         },
        {424, "Failed Dependency"              },
        {425, "Too Early"                      },
        {426, "Upgrade Required"               },
        {428, "Precondition Required"          },
        {429, "Too Many Requests"              },
        {431, "Request Header Fields Too Large"},
        {451, "Unavailable For Legal Reasons"  },
        {500, "Internal Server Error"          },
        {501, "Not Implemented"                },
        {502, "Bad Gateway"                    },
        {503, "Service Unavailable"            },
        {504, "Gateway Timeout"                },
        {505, "HTTP Version Not Supported"     },
        {507, "Insufficient Storage"           },
        {511, "Network Authentication Required"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].status == status)
            return rows[i].text;
    return "";
}
