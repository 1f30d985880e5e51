#define _GNU_SOURCE
#include "listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "wire.h"

/* What getdents64(2) fills in. libc's readdir would allocate. */
struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t length;
    uint8_t type;
    char name[];
};

static bool append(const char *name, uint8_t *names, size_t capacity, size_t *length) {
    const size_t count = strlen(name);
    if (capacity - *length < 4 + count) return false;
    for (size_t byte = 0; byte < 4; byte++) names[*length + byte] = (uint8_t)(count >> (8 * byte));
    memcpy(names + *length + 4, name, count);
    *length += 4 + count;
    return true;
}

int lsb_list_files(const char *directory, uint8_t *names, size_t capacity, size_t *length, uint32_t *count) {
    static _Alignas(struct entry) char entries[8192];
    *length = 0;
    *count = 0;
    const int opened = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) return errno;
    int error = 0;
    for (;;) {
        const long got = syscall(SYS_getdents64, opened, entries, sizeof entries);
        if (got < 0) error = errno;
        if (got <= 0) break;
        for (long position = 0; position < got;) {
            const struct entry *const entry = (const struct entry *)(entries + position);
            position += entry->length;
            /* `.` and `..` are directories, too. */
            if (entry->type == DT_DIR) continue;
            if (!append(entry->name, names, capacity, length)) {
                close(opened);
                return 0;
            }
            (*count)++;
        }
    }
    close(opened);
    return error;
}
