/* Between spawn.c, which lays everything out, and child.c, which only acts. */
#pragma once

#include "lsb.h"

#pragma clang assume_nonnull begin

struct lsb_child_plan {
    struct lsb_plan plan;
    /* Decimal numbers for fsconfig, written by the parent: the child formats nothing. */
    char tmp_bytes[24];
    char tmp_inodes[24];
    char init_gid[16];
};

/* 0, or -1 with errno. */
int lsb_child_confine(const char *_Nullable file_system_path);

_Noreturn void lsb_child_run(const struct lsb_child_plan *laid_out);

#pragma clang assume_nonnull end
