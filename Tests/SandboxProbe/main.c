/*
 * sandbox-probe: makes system calls under a filter, for the tests of Sandbox.
 *
 *   sandbox-probe FILTER calls           reads lines "NUMBER A0 A1 A2 A3 A4 A5" from standard input, makes each call in
 *                                        a child of its own, and prints "returned N", "errno N" or "signal N"
 *   sandbox-probe FILTER exec PROGRAM …  executes a program under the filter
 *
 * FILTER is a file of BPF instructions, or "-" for none. The number "int80:N" makes call N of the 32-bit table.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sock_filter instructions[4096];
static struct sock_fprog program;

static void fail(const char *what) {
    perror(what);
    exit(125);
}

static void read_filter(const char *path) {
    if (strcmp(path, "-") == 0) return;
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) fail("filter");
    const ssize_t length = read(file, instructions, sizeof instructions);
    if (length <= 0 || length % (ssize_t)sizeof instructions[0]) fail("filter");
    close(file);
    program.len = (unsigned short)((size_t)length / sizeof instructions[0]);
    program.filter = instructions;
}

static void load_filter(void) {
    if (!program.len) return;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) fail("no_new_privs");
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)) fail("seccomp");
}

static long call32(long number) {
#if defined(__x86_64__)
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number) : "memory", "r8", "r9", "r10", "r11");
    return result;
#else
    (void)number;
    return -ENOSYS;
#endif
}

struct outcome {
    long result;
    int error;
};

static struct outcome make_call(char *line) {
    long words[7] = {0};
    const int is_32_bit = strncmp(line, "int80:", 6) == 0;
    char *next = is_32_bit ? line + 6 : line;
    for (size_t index = 0; index < 7; index++) words[index] = (long)strtoull(next, &next, 0);
    struct outcome outcome = {0};
    errno = 0;
    outcome.result = is_32_bit
        ? call32(words[0])
        : syscall(words[0], words[1], words[2], words[3], words[4], words[5], words[6]);
    outcome.error = errno;
    return outcome;
}

static void try_call(char *line) {
    int report[2];
    if (pipe2(report, O_CLOEXEC)) fail("pipe");
    const pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
        load_filter();
        const pid_t self = getpid();
        const struct outcome outcome = make_call(line);
        /* The child of a fork that was tried comes along here, too. */
        if (getpid() == self) (void)!write(report[1], &outcome, sizeof outcome);
        _exit(0);
    }
    close(report[1]);
    struct outcome outcome;
    const ssize_t length = read(report[0], &outcome, sizeof outcome);
    close(report[0]);
    int status;
    if (waitpid(child, &status, 0) < 0) fail("waitpid");
    if (WIFSIGNALED(status)) printf("signal %d\n", WTERMSIG(status));
    else if (length != (ssize_t)sizeof outcome) printf("ended\n");
    else if (outcome.result == -1) printf("errno %d\n", outcome.error);
    else printf("returned %ld\n", outcome.result);
    fflush(stdout);
}

int main(int argc, char **argv) {
    if (argc >= 3 && strcmp(argv[2], "calls") == 0) {
        read_filter(argv[1]);
        char line[512];
        while (fgets(line, sizeof line, stdin)) try_call(line);
        return 0;
    }
    if (argc >= 4 && strcmp(argv[2], "exec") == 0) {
        read_filter(argv[1]);
        load_filter();
        execvp(argv[3], argv + 3);
        fail(argv[3]);
    }
    fprintf(stderr, "usage: sandbox-probe FILTER calls | FILTER exec PROGRAM [ARGUMENT]...\n");
    return 125;
}
