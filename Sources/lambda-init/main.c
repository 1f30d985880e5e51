/*
 * lambda-init: pid 1 of a sandbox.
 *
 * Starts processes when lambdad says so, under another uid than its own, and reports every end at once. Ends when
 * lambdad's end of the control socket is closed, and the kernel then ends everything else in the sandbox.
 *
 * Descriptors: 0 /dev/null, 1 and 2 the log pipe, 3 the control socket, 4 the pipe for framed log records or
 * /dev/null. One thread, one poll loop, no memory that grows.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "listing.h"
#include "memory.h"
#include "passing.h"
#include "wire.h"

enum {
    CONTROL_FD = 3,
    /* A runtime and at most ten extensions at one time; the rest is room for restarts that overlap. */
    PROCESS_LIMIT = 64,
    /* A process that is still there after this is stuck in the kernel. The sandbox is given up then. */
    KILL_DEADLINE_MS = 5000,
    /* Dead processes reaped at one go, so that a function that makes them without end cannot keep lambdad waiting. */
    REAP_LIMIT = 1024,
};

struct tagged_process {
    pid_t pid; /* 0 for a free place */
    uint32_t tag;
};

static struct tagged_process processes[PROCESS_LIMIT];
static uint8_t received[LSB_FRAME_LIMIT];
static size_t received_length;
/* Came along with what was received, for the request that takes one. */
static int received_descriptor = -1;
static int extension_log = -1;

static struct tagged_process *process_tagged(uint32_t tag) {
    for (size_t index = 0; index < PROCESS_LIMIT; index++)
        if (processes[index].pid && processes[index].tag == tag) return &processes[index];
    return NULL;
}

static struct tagged_process *process_with(pid_t pid) {
    for (size_t index = 0; index < PROCESS_LIMIT; index++)
        if (processes[index].pid == pid) return &processes[index];
    return NULL;
}

/* Reaps what is dead, orphans too, and reports those that lambdad knows by a tag. Returns whether there may be more. */
static bool reap(void) {
    for (int count = 0; count < REAP_LIMIT; count++) {
        int status;
        const pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid <= 0) return false;
        struct tagged_process *process = process_with(pid);
        if (!process) continue;
        /* Free before the report: lambdad may use the tag again as soon as it reads of the end. */
        process->pid = 0;
        const bool signalled = WIFSIGNALED(status);
        const uint32_t words[] = {
            process->tag, signalled, (uint32_t)(signalled ? WTERMSIG(status) : WEXITSTATUS(status))};
        lsb_send(CONTROL_FD, LSB_EVENT_EXITED, words, 3);
    }
    return true;
}

static void start_failed(uint32_t tag, int error) {
    const uint32_t words[] = {tag, (uint32_t)error};
    lsb_send(CONTROL_FD, LSB_EVENT_START_FAILED, words, 2);
}

static void start(uint8_t *fields, size_t length, int log_fd) {
    struct lsb_start request;
    int error = 0;
    switch (lsb_decode_start(fields, length, &request, &error)) {
    case LSB_MALFORMED: lsb_give_up("malformed start request", 0);
    case LSB_IMPOSSIBLE: return start_failed(request.tag, error);
    case LSB_DECODED: break;
    }
    if (process_tagged(request.tag)) return start_failed(request.tag, EEXIST);
    struct tagged_process *place = process_with(0);
    if (!place) return start_failed(request.tag, EAGAIN);

    request.log_fd = log_fd;
    const pid_t pid = lsb_start_process(&request);
    if (pid < 0) return start_failed(request.tag, -pid);
    place->pid = pid;
    place->tag = request.tag;
    const uint32_t words[] = {request.tag, (uint32_t)pid};
    lsb_send(CONTROL_FD, LSB_EVENT_STARTED, words, 2);
}

static void send_signal(const uint8_t *fields, size_t length) {
    struct lsb_signal request;
    if (lsb_decode_signal(fields, length, &request) != LSB_DECODED) lsb_give_up("malformed signal request", 0);
    /* Unknown tag: it ended while the request was on its way. Its pid is not free for another before it is reaped. */
    const struct tagged_process *process = process_tagged(request.tag);
    if (process) (void)kill(-process->pid, request.number); /* the group may be empty by now */
}

static int64_t monotonic_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Kills all and waits until nothing but init is left. kill(-1) spares only its caller here, and the kernel lets no fork
 * slip through it; it is repeated for processes that were reparented meanwhile, and because asking again is free. */
static void kill_all(int child_fd) {
    const int64_t deadline = monotonic_ms() + KILL_DEADLINE_MS;
    while (kill(-1, SIGKILL) == 0 || errno != ESRCH) {
        (void)reap(); /* this loop comes back as long as anything is there */
        struct pollfd poller = {.fd = child_fd, .events = POLLIN};
        /* Bounded, so that what was missed is killed again, and the deadline is looked at. */
        if (poll(&poller, 1, 5) > 0) {
            struct signalfd_siginfo info;
            (void)!read(child_fd, &info, sizeof info); /* only to make it unreadable; reap asks the kernel itself */
        }
        (void)reap();
        if (monotonic_ms() > deadline) lsb_give_up("a process survives SIGKILL", 0);
    }
    lsb_send(CONTROL_FD, LSB_EVENT_ALL_KILLED, NULL, 0);
}

static void list(uint8_t *fields, size_t length) {
    static uint8_t names[LSB_LISTING_LIMIT];
    struct lsb_list request;
    size_t bytes = 0;
    uint32_t count = 0;
    if (lsb_decode_list(fields, length, &request) != LSB_DECODED) lsb_give_up("malformed request to list", 0);
    const int error = lsb_list_files(request.directory, names, sizeof names, &bytes, &count);
    const uint32_t words[] = {request.tag, (uint32_t)error, count};
    lsb_send_bytes(CONTROL_FD, LSB_EVENT_LISTED, words, 3, names, bytes);
}

static int take_descriptor(void) {
    const int taken = received_descriptor;
    if (taken < 0) lsb_give_up("a request came without its descriptor", 0);
    received_descriptor = -1;
    return taken;
}

static void pass_socket(const uint8_t *fields, size_t length) {
    if (length != 4) lsb_give_up("malformed request for a socket", 0);
    const int carrier = take_descriptor();
    const uint32_t words[] = {lsb_load32(fields), (uint32_t)lsb_pass_socket(carrier)};
    close(carrier);
    lsb_send(CONTROL_FD, LSB_EVENT_SOCKET, words, 2);
}

static void set_extension_log(size_t length) {
    if (length != 0) lsb_give_up("malformed request for a log", 0);
    if (extension_log >= 0) close(extension_log);
    extension_log = take_descriptor();
}

static void perform(uint8_t *body, size_t length, int child_fd) {
    switch (body[0]) {
    case LSB_REQUEST_START: return start(body + 1, length - 1, -1);
    case LSB_REQUEST_START_LOGGED: return start(body + 1, length - 1, extension_log);
    case LSB_REQUEST_LIST: return list(body + 1, length - 1);
    case LSB_REQUEST_SOCKET: return pass_socket(body + 1, length - 1);
    case LSB_REQUEST_LOG: return set_extension_log(length - 1);
    case LSB_REQUEST_SIGNAL: return send_signal(body + 1, length - 1);
    case LSB_REQUEST_KILL_ALL:
        if (length != 1) lsb_give_up("malformed request to kill", 0);
        return kill_all(child_fd);
    case LSB_REQUEST_MEMORY: {
        if (length != 1) lsb_give_up("malformed request for memory", 0);
        const uint64_t bytes = lsb_peak_memory_bytes();
        const uint32_t words[] = {(uint32_t)bytes, (uint32_t)(bytes >> 32)};
        return lsb_send(CONTROL_FD, LSB_EVENT_MEMORY, words, 2);
    }
    default: lsb_give_up("unknown kind of request", 0);
    }
}

/* Performs each whole frame that has arrived, and keeps the rest for later. */
static void perform_received(int child_fd) {
    size_t position = 0;
    while (received_length - position >= 4) {
        const size_t length = lsb_load32(received + position);
        if (length == 0 || length > LSB_FRAME_LIMIT - 4) lsb_give_up("a frame has an impossible length", 0);
        if (received_length - position - 4 < length) break;
        perform(received + position + 4, length, child_fd);
        position += 4 + length;
    }
    received_length -= position;
    memmove(received, received + position, received_length);
}

static void receive(int child_fd) {
    const ssize_t count = lsb_receive(
        CONTROL_FD, received + received_length, sizeof received - received_length, &received_descriptor);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count < 0 && errno != ECONNRESET) lsb_give_up("cannot read the control socket", errno);
    if (count <= 0) _exit(0); /* lambdad closed its end, or is dead */
    received_length += (size_t)count;
    perform_received(child_fd);
}

/* Blocks SIGCHLD and returns a descriptor that is readable when a child has ended. */
static int watch_children(void) {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    /* SIGCHLD ignored, as a parent may have left it, would reap children without telling their status. */
    if (signal(SIGCHLD, SIG_DFL) == SIG_ERR || sigprocmask(SIG_BLOCK, &child, NULL))
        lsb_give_up("cannot block SIGCHLD", errno);
    const int child_fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    if (child_fd < 0) lsb_give_up("cannot watch for children", errno);
    return child_fd;
}

int main(void) {
    /* Anywhere else, the first request to kill all would end everything on the machine. */
    if (getpid() != 1) lsb_give_up("runs only as pid 1 of a sandbox", 0);
    /* The function must not look into this process, which holds requests and is of another uid. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)) lsb_give_up("cannot make itself unreadable", errno);
    if (fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC)) lsb_give_up("has no control socket", errno);
    (void)fcntl(LSB_FRAMES_FD, F_SETFD, FD_CLOEXEC); /* each start says whether its process has it */
    umask(022); /* what AWS's environment has */
    const int child_fd = watch_children();

    bool has_more_dead = false;
    for (;;) {
        struct pollfd pollers[] = {{.fd = child_fd, .events = POLLIN}, {.fd = CONTROL_FD, .events = POLLIN}};
        if (poll(pollers, 2, has_more_dead ? 0 : -1) < 0) {
            if (errno == EINTR) continue;
            lsb_give_up("cannot wait for events", errno);
        }
        /* Ends first: a request that follows an end must see it reported before its own answer. */
        if (pollers[0].revents || has_more_dead) {
            struct signalfd_siginfo info;
            (void)!read(child_fd, &info, sizeof info); /* several ends share one signal; reap asks the kernel itself */
            has_more_dead = reap();
        }
        if (pollers[1].revents) receive(child_fd);
    }
}
