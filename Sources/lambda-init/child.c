#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Ignored signals survive exec, and init's parent may have ignored some; a blocked one would survive, too. */
static int reset_signals(void) {
    /* The kernel's own form, all zero for the default action. libc's sigaction refuses the two numbers that libc keeps
     * for itself, and those can be ignored just as well. */
    static const unsigned long default_action[4];
    const size_t mask_bytes = 8;
    for (int number = 1; number < NSIG; number++)
        if (number != SIGKILL && number != SIGSTOP
            && syscall(SYS_rt_sigaction, number, default_action, NULL, mask_bytes))
            return -1;
    sigset_t none;
    sigemptyset(&none);
    return sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The order counts: the bounding set needs CAP_SETPCAP, the ids CAP_SETGID and CAP_SETUID, so the sets go last.
 * Going from one uid to another where neither is 0 clears no set by itself. */
static int drop_rights(void) {
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)) return -1;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)) return -1;
    if (setgroups(0, NULL)) return -1;
    if (setresgid(LSB_FUNCTION_GROUP, LSB_FUNCTION_GROUP, LSB_FUNCTION_GROUP)) return -1;
    if (setresuid(LSB_FUNCTION_USER, LSB_FUNCTION_USER, LSB_FUNCTION_USER)) return -1;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    const struct __user_cap_data_struct nothing[_LINUX_CAPABILITY_U32S_3] = {{0}};
    if (syscall(SYS_capset, &header, nothing)) return -1;
    /* This is a copy of init's memory under the function's uid until exec. Changing the uid did this already, unless
     * the machine's fs.suid_dumpable is 1. */
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static const char *search_path(char *const *environment) {
    for (; *environment; environment++)
        if (strncmp(*environment, "PATH=", 5) == 0) return *environment + 5;
    return "/usr/bin:/bin";
}

/* A process has the pipe for framed log records where its environment names it. Functions cannot set this name: theirs
 * begin with a letter. */
static bool takes_frames(char *const *environment) {
    for (; *environment; environment++)
        if (strcmp(*environment, LSB_FRAMES_VARIABLE) == 0) return true;
    return false;
}

/* execvpe(3) would look at init's own PATH, and hand a file of no known format to a shell, where AWS reports the
 * format error. Returns only on failure, with errno set. */
static void execute(const struct lsb_start *start) {
    const char *program = start->arguments[0];
    if (strchr(program, '/')) {
        execve(program, start->arguments, start->environment);
        return;
    }
    int error = ENOENT;
    const char *entry = search_path(start->environment);
    while (*program) {
        const size_t length = strcspn(entry, ":");
        char candidate[PATH_MAX];
        /* An empty entry means the working directory, as in a shell. */
        const int printed = length ? snprintf(candidate, sizeof candidate, "%.*s/%s", (int)length, entry, program)
                                   : snprintf(candidate, sizeof candidate, "./%s", program);
        if (printed > 0 && (size_t)printed < sizeof candidate) {
            execve(candidate, start->arguments, start->environment);
            if (errno == EACCES) error = EACCES; /* a later entry may still do, but this is what to report */
            else if (errno != ENOENT && errno != ENOTDIR) return;
        }
        if (entry[length] == '\0') break;
        entry += length + 1;
    }
    errno = error;
}

/* Both, for what a program says by either is read as one stream of lines. */
static int take_log(int log_fd) {
    if (log_fd < 0) return 0;
    return dup2(log_fd, STDOUT_FILENO) < 0 || dup2(log_fd, STDERR_FILENO) < 0 ? -1 : 0;
}

static _Noreturn void become(const struct lsb_start *start, int report_fd) {
    /* Everything init holds is close-on-exec from birth; this makes it true of what it does not know of. */
    if (setpgid(0, 0) == 0 && reset_signals() == 0 && take_log(start->log_fd) == 0
        && close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0
        && (!takes_frames(start->environment) || fcntl(LSB_FRAMES_FD, F_SETFD, 0) == 0) && drop_rights() == 0
        /* Entered with the function's rights, so that no directory opens that the function could not open itself. */
        && chdir(start->working_directory) == 0)
        execute(start);
    const int error = errno;
    (void)!write(report_fd, &error, sizeof error); /* the pipe is empty and has a reader */
    _exit(127);
}

pid_t lsb_start_process(const struct lsb_start *start) {
    int report[2];
    if (pipe2(report, O_CLOEXEC)) return -errno;
    const pid_t pid = fork();
    if (pid < 0) {
        const int error = errno;
        close(report[0]);
        close(report[1]);
        return -error;
    }
    if (pid == 0) become(start, report[1]);
    close(report[1]);

    /* End of file means that exec closed the pipe. It also means a child killed before exec, as by the memory limit:
     * that one counts as started, and its exit by SIGKILL is reported next. Waiting here holds up nobody for longer
     * than one exec takes, since no code of the function runs before it. */
    int error = 0;
    ssize_t count;
    do count = read(report[0], &error, sizeof error);
    while (count < 0 && errno == EINTR);
    close(report[0]);
    if (count != (ssize_t)sizeof error) return pid;
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    return -error;
}
