// SPDX-License-Identifier: Apache-2.0
// error_class: see error_class.h. The codes are the tables of venue-api.md 6.7, one list per class; the texts
// of messages vary and are never looked at.
#include "engine/venue/error_class.h"

#include <stddef.h>
#include <string.h>

struct class_codes {
    char letter;
    const int16_t *codes; // ends with 0
};

static const int16_t U[] = {-1000, -1001, -1006, -1007, -1010, 0};
static const int16_t R[] = {-1003, -1008, -1015, 0};
static const int16_t T[] = {-1016, -4083, 0};
static const int16_t C[] = {-1021, -4225, 0};
static const int16_t A[] = {-1002, -1011, -1022, -2014, -2015, -4056, -4057, -4087, -4088, -5050, 0};
static const int16_t P[] = {-1014, -1020, -1023, -1100, -1101, -1102, -1103, -1104, -1105, -1106,
                            -1108, -1109, -1110, -1114, -1115, -1116, -1117, -1118, -1119, -1120,
                            -1121, -1127, -1128, -1130, -1136, -4021, -4028, -4031, -4032, -4082,
                            -4104, -4114, -4115, -4120, -4137, -4139, -4144, -4165, 0};
static const int16_t F[] = {-1013, -1111, -2020, -2021, -4001, -4002, -4003, -4004, -4005,
                            -4006, -4007, -4013, -4014, -4015, -4016, -4023, -4024, -4131,
                            -4135, -4142, -4164, -4183, -4184, -5022, -5060, -5076, 0};
static const int16_t M[] = {-2018, -2019, -2023, -2024, -2027, -2028, -4050, -4051, -4118, 0};
static const int16_t S[] = {-2010, -2011, -2013, -2022, -2025, -2026, -4000, -4020,
                            -4045, -4047, -4048, -4049, -4053, -4054, -4055, -4060,
                            -4061, -4062, -4067, -4068, -4138, -4161, -4168, 0};
static const int16_t N[] = {-4046, -4052, -4059, 0};
static const int16_t K[] = {-1112, -2016, -4022, -4084, -4140, -4141, 0};
static const int16_t L[] = {-1125, 0};
static const int16_t X[] = {-1004, -1005, -1113, -4008, -4009, -4010, -4011, -4012, -4017, -4018,
                            -4019, -4025, -4026, -4027, -4029, -4030, -4033, -4044, -4058, -4063,
                            -4064, -4065, -4066, -4069, -4070, -4071, -4072, -4073, -4074, -4075,
                            -4076, -4077, -4078, -4079, -4080, -4081, -4085, -4086, 0};

static const struct class_codes CLASSES[] = {
    {'U', U}, {'R', R}, {'T', T}, {'C', C}, {'A', A}, {'P', P}, {'F', F},
    {'M', M}, {'S', S}, {'N', N}, {'K', K}, {'L', L}, {'X', X},
};

// No code in the body: a firewall, a proxy, or the venue's front door speaks.
static char class_of_status(int32_t status)
{
    if (status >= 500 || status == 408 || status == 403) {
        return 'U';
    }
    if (status == 418 || status == 429) {
        return 'R';
    }
    if (status == 401 || status == 451) {
        return 'A';
    }
    return status >= 400 ? 'P' : 0;
}

char venue_error_class(int32_t http_status, int32_t code)
{
    if (code >= 0) {
        return class_of_status(http_status);
    }
    for (size_t i = 0; i < sizeof CLASSES / sizeof CLASSES[0]; i++) {
        for (const int16_t *c = CLASSES[i].codes; *c; c++) {
            if (*c == code) {
                return CLASSES[i].letter;
            }
        }
    }
    return 'U';
}

bool venue_outcome_unknown(int32_t http_status, int32_t code)
{
    char class = venue_error_class(http_status, code);
    if (code == -1008) {
        return false;
    }
    return class == 'U' || class == 'T' || http_status >= 500 || http_status == 408;
}

bool dialect_outcome_unknown(const struct dialect *d, int32_t http_status, int32_t code, const char *msg)
{
    for (int i = 0; http_status >= 500 && i < DIALECT_5XX_TEXTS && d->server_error[i].begins; i++) {
        const struct text_fate *t = &d->server_error[i];
        if (strncmp(msg, t->begins, strlen(t->begins)) == 0) {
            return t->fate == FATE_UNKNOWN;
        }
    }
    return venue_outcome_unknown(http_status, code);
}
