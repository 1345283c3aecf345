// SPDX-License-Identifier: Apache-2.0
// simdjson_peer: the same messages by simdjson's on-demand parser, for bench_decode only. Every field that
// the scanner turns into an integer is turned into the same integer here, in the order of the message, which
// is the quick way for this parser; built for AVX2, which it likes best. Decimals are read by the scanner's
// own quick reader, so that what is compared is the finding of the fields.
#include <cstdint>
#include <cstring>
#include <simdjson.h>

extern "C" {
#include "base/decimal.h"
}
#include "engine/venue/scan_text.h"

extern "C" {
struct simdjson_level {
    int64_t price_e8, qty_e8;
};
// Sum of all integers of the message, as bench_decode adds them up; UINT64_MAX: refused. text needs 64
// readable bytes behind n.
uint64_t simdjson_peer_sum(const char *text, size_t n, struct simdjson_level *to, bool raw);
}

namespace {

simdjson::ondemand::parser parser;

// RAW: the token as it stands, cut by hand; otherwise get_string, the documented way, which unescapes a copy.
template <bool RAW> uint64_t e8(simdjson::ondemand::value v)
{
    std::string_view s;
    if (RAW) {
        s = v.raw_json_token();
        s = s.size() < 3 || s[0] != '"' ? std::string_view() : s.substr(1, s.size() - 2);
    } else {
        s = v.get_string();
    }
    int64_t x = 0;
    if (!e8_any(s.data(), s.size(), &x)) {
        throw simdjson::simdjson_error(simdjson::NUMBER_ERROR);
    }
    return static_cast<uint64_t>(x);
}

template <bool RAW> uint64_t side(simdjson::ondemand::value rows, simdjson_level *&to)
{
    uint64_t sum = 0;
    for (simdjson::ondemand::array level : rows.get_array()) {
        auto at = level.begin();
        to->price_e8 = static_cast<int64_t>(e8<RAW>((*at).value()));
        ++at;
        to->qty_e8 = static_cast<int64_t>(e8<RAW>((*at).value()));
        ++at;
        sum += static_cast<uint64_t>(to->price_e8 + to->qty_e8);
        to++;
    }
    return sum;
}

template <bool RAW> uint64_t sum_of(const char *text, size_t n, simdjson_level *to)
{
    auto doc = parser.iterate(simdjson::padded_string_view(text, n, n + simdjson::SIMDJSON_PADDING));
    simdjson::ondemand::object d = doc.get_object();
    uint64_t sum = 0;
    bool touch = false, depth = false;
    for (auto field : d) {
        const char *key = field.key().raw();
        char c = key[0];
        bool prev = c == 'p' && key[1] == 'u';
        auto v = field.value();
        if (c == 'e') { // the first in all of these messages
            std::string_view e = v.value().get_string();
            touch = e == "bookTicker";
            depth = e == "depthUpdate";
        } else if (prev || c == 'E' || c == 'T' || c == 'u' || c == 'U' ||
                   (!touch && (c == 'f' || c == 'l')) || (c == 'a' && !touch && !depth)) {
            sum += uint64_t(v.value().get_uint64());
        } else if (depth && (c == 'b' || c == 'a')) {
            sum += side<RAW>(v.value(), to);
        } else if (c == 'p' || c == 'q' || c == 'b' || c == 'B' || c == 'a' || c == 'A') {
            sum += e8<RAW>(v.value());
        } else if (c == 'm') {
            bool m = v.value().get_bool();
            to->qty_e8 = m; // as the scanner keeps it
        } else if (c == 's') {
            std::string_view s = v.value().get_string();
            memcpy(to + 1, s.data(), s.size() < 24 ? s.size() : 24);
        }
    }
    return sum;
}

} // namespace

uint64_t simdjson_peer_sum(const char *text, size_t n, struct simdjson_level *to, bool raw)
{
    try {
        return raw ? sum_of<true>(text, n, to) : sum_of<false>(text, n, to);
    } catch (const simdjson::simdjson_error &) {
        return UINT64_MAX;
    }
}
