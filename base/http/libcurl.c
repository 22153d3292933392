#include "base/http/libcurl.h"

#include "base/array.h"
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    size_t place;
} calls[] = {
#define X(call) {"curl_" #call, offsetof(struct libcurl, call)},
    LIBCURL_CALLS(X)
#undef X
};

const char *libcurl_load(struct libcurl *lib, const char *file)
{
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return dlerror();
    for (size_t i = 0; i < COUNT(calls); i++) {
        void *call = dlsym(library, calls[i].name);
        if (!call)
            return dlerror();
        memcpy((char *)lib + calls[i].place, &call, sizeof call);
    }
    return NULL;
}
