/* The disk's share of a creation: the same number and kind of syncs of files of the same sizes, and nothing else.
 *
 *     sync_floor DIRECTORY ROUNDS ZIP_BYTES LOG_BYTES
 *
 * Each round writes a new file, syncs it, gives it its name and syncs the directory (the zip; not where it has 0 bytes),
 * then appends to a log and syncs that (the transaction). Prints the microseconds of each round. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void check(int succeeded, const char *what) {
    if (succeeded) return;
    fprintf(stderr, "sync_floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void write_zip(int directory, const char *name, const char *bytes, size_t zip_bytes) {
    const int zip = openat(directory, "zip.new", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    check(zip >= 0, "zip.new");
    check(write(zip, bytes, zip_bytes) == (ssize_t)zip_bytes, "write");
    check(fsync(zip) == 0, "fsync");
    close(zip);
    check(renameat(directory, "zip.new", directory, name) == 0, "rename");
    check(fsync(directory) == 0, "fsync");
}

int main(int count, char **words) {
    check(count == 5, "usage: sync_floor DIRECTORY ROUNDS ZIP_BYTES LOG_BYTES");
    const size_t zip_bytes = strtoul(words[3], NULL, 10), log_bytes = strtoul(words[4], NULL, 10);
    char *bytes = calloc(1, zip_bytes > log_bytes ? zip_bytes : log_bytes);
    check(bytes != NULL, "calloc");
    check(mkdir(words[1], 0700) == 0 || errno == EEXIST, words[1]);
    const int directory = open(words[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    check(directory >= 0, words[1]);
    const int log = openat(directory, "log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    check(log >= 0, "log");
    for (long round = 0; round < atol(words[2]); round++) {
        char name[64];
        const uint64_t begin = now_ns();
        snprintf(name, sizeof name, "%llx", (unsigned long long)begin);
        if (zip_bytes > 0) write_zip(directory, name, bytes, zip_bytes);
        check(write(log, bytes, log_bytes) == (ssize_t)log_bytes, "write");
        check(fdatasync(log) == 0, "fdatasync");
        printf("%.1f\n", (double)(now_ns() - begin) / 1e3);
    }
    return 0;
}
