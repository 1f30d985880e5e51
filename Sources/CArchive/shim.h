#pragma once
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <locale.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Opens the directory `path` below `root`: never above it, through no symlink, through no magic link.
   openat2(2) has no wrapper in glibc 2.36, and Swift cannot call the variadic syscall(2).
   Returns a close-on-exec descriptor, or -1 with errno set. */
static inline int carchive_open_directory_beneath(int root, const char *_Nonnull path) {
    const struct open_how how = {
        .flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_RDONLY,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

/* libarchive gives names in the charset of the calling thread's locale; a daemon that never called setlocale is in "C",
   where a name outside ASCII cannot be said. The locale is made once, lives as long as the process, and is always
   there: glibc has "C.UTF-8" built in. A function here because LC_CTYPE_MASK is a macro that Swift does not import. */
static inline locale_t _Nullable carchive_utf8_locale(void) {
    return newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

/* syncfs(2) is declared under _GNU_SOURCE only, which a module's header must not define. */
static inline int carchive_syncfs(int descriptor) { return (int)syscall(SYS_syncfs, descriptor); }

/* A macro with a cast, which Swift does not import: utimensat(2) leaves this one of the two times as it is. */
static const long carchive_utime_omit = UTIME_OMIT;
