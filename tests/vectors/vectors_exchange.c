// SPDX-License-Identifier: Apache-2.0
// vectors_exchange: quant.json queue_model before the simulated exchange's queue, which is the risk-averse
// one.
#include <math.h>
#include <string.h>

#include "engine/exchange/xch_formula.h"
#include "vectors.h"

// The probabilistic models are not in this program.
static json_t *run_queue(const json_t *in)
{
    if (strcmp(vector_str(in, "kind"), "risk_averse") != 0) {
        return NULL;
    }
    double lot = vector_num(in, "lot");
    int64_t front = llround(vector_num(in, "front") / lot), filled = 0;
    json_t *fronts = json_array(), *ev;
    size_t i;
    json_array_foreach(json_object_get(in, "events"), i, ev)
    {
        const char *kind = json_string_value(json_array_get(ev, 0));
        if (kind && strcmp(kind, "trade") == 0) {
            filled += xch_queue_trade(&front, llround(vector_at(ev, 1) / lot));
        } else {
            xch_queue_level(&front, llround(vector_at(ev, 2) / lot));
        }
        json_array_append_new(fronts, vector_real((double)front * lot));
    }
    return json_pack("{s:o, s:o}", "front", fronts, "filled", vector_real((double)filled));
}
VECTOR(queue_model, run_queue)
