/* The table of all providers. A new one is a folder and a row here. */
#include "base/array.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/providers/layers/layers.h"
#include "mockserver/providers/posteverywhere/posteverywhere.h"
#include "mockserver/providers/postnitro/postnitro.h"

const struct provider *const providers[] = {
    &layers_provider,
    &posteverywhere_provider,
    &postnitro_provider,
};
const size_t provider_count = COUNT(providers);
