/* From fork to exec: a process of the function, without any right. */
#pragma once

#include <sys/types.h>

#include "wire.h"

#define LSB_FRAMES_VARIABLE "_LAMBDA_TELEMETRY_LOG_FD=4"

enum {
    /* `sbx_user1051`, the user and group that AWS shows to a function. Named in the root's /etc/passwd. */
    LSB_FUNCTION_USER = 993,
    LSB_FUNCTION_GROUP = 990,
    /* Where a runtime writes framed log records. */
    LSB_FRAMES_FD = 4,
};

/* Starts a process and waits until it has executed its program. Returns its pid, or the negative errno of the step
 * that failed. */
pid_t lsb_start_process(const struct lsb_start *start);
