#pragma once

#include <stdint.h>

/* Sum of the peak resident sizes, in bytes, of all processes but init. Zero where /proc cannot be read. */
uint64_t lsb_peak_memory_bytes(void);
