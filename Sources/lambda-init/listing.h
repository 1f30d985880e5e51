/* Which files are in a directory of the sandbox. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Writes the names of everything in `directory` that is no directory itself, each with a 32-bit length before it, and
 * stops where `capacity` is used up. Sets *length to the bytes written and *count to the names. Returns 0 or the errno of
 * what failed. */
int lsb_list_files(const char *directory, uint8_t *names, size_t capacity, size_t *length, uint32_t *count);
