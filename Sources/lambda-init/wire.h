/*
 * The frames between lambdad and a sandbox's init. The other end is Sources/LambdaCore/InitMessage.swift. A frame is
 * a 32-bit length of what follows, one byte of kind, and the kind's fields; integers are little-endian.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    /* Bytes of one frame, its length included. */
    LSB_FRAME_LIMIT = 262144,
    /* Arguments and environment together. A frame could hold 65,535 empty strings, which nobody means. */
    LSB_STRING_LIMIT = 8192,
    /* Bytes of names in one listing. Ten extensions is what an environment may have. */
    LSB_LISTING_LIMIT = 8192,
};

enum lsb_request_kind {
    LSB_REQUEST_START = 1,
    LSB_REQUEST_SIGNAL = 2,
    LSB_REQUEST_KILL_ALL = 3,
    LSB_REQUEST_MEMORY = 4,
    LSB_REQUEST_LIST = 5,
    /* With a descriptor: the carrier over which the socket goes. */
    LSB_REQUEST_SOCKET = 6,
    /* With a descriptor: where processes write that are started by LSB_REQUEST_START_LOGGED. */
    LSB_REQUEST_LOG = 7,
    LSB_REQUEST_START_LOGGED = 8,
};

enum lsb_event_kind {
    LSB_EVENT_STARTED = 16,
    LSB_EVENT_START_FAILED = 17,
    LSB_EVENT_EXITED = 18,
    LSB_EVENT_MEMORY = 19,
    LSB_EVENT_ALL_KILLED = 20,
    LSB_EVENT_LISTED = 21,
    LSB_EVENT_SOCKET = 22,
};

/* What LSB_REQUEST_START asks for. The strings lie in the frame it was decoded from and live as long as that. */
struct lsb_start {
    uint32_t tag;
    char **arguments;
    char **environment;
    char *working_directory;
    /* Becomes the process's descriptors 1 and 2; -1 where it keeps init's. */
    int log_fd;
};

/* What LSB_REQUEST_LIST asks for. */
struct lsb_list {
    uint32_t tag;
    char *directory;
};

struct lsb_signal {
    uint32_t tag;
    int32_t number;
};

enum lsb_decoding {
    LSB_DECODED,
    /* Not of this protocol: lengths that do not fit, bytes left over. The connection cannot be trusted any more. */
    LSB_MALFORMED,
    /* Well formed, but nothing that can be executed: no argument, a NUL in a string, too many strings. */
    LSB_IMPOSSIBLE,
};

/* Each takes the part of a frame after its kind. `lsb_decode_start` changes `fields` to end its strings with NUL, and
 * sets the tag even where it answers LSB_IMPOSSIBLE, with the reason in *error. */
enum lsb_decoding lsb_decode_start(uint8_t *fields, size_t length, struct lsb_start *start, int *error);
enum lsb_decoding lsb_decode_list(uint8_t *fields, size_t length, struct lsb_list *request);
enum lsb_decoding lsb_decode_signal(const uint8_t *fields, size_t length, struct lsb_signal *request);

uint32_t lsb_load32(const uint8_t *bytes);

/* Sends one event of `count` 32-bit words. Ends the sandbox when nobody listens any more. */
void lsb_send(int control_fd, enum lsb_event_kind kind, const uint32_t *words, size_t count);

/* The same with `length` bytes behind the words. */
void lsb_send_bytes(
    int control_fd, enum lsb_event_kind kind, const uint32_t *words, size_t count, const uint8_t *bytes, size_t length);

/* Says why on descriptor 2, in one write, and ends init, and with it everything in the sandbox. */
_Noreturn void lsb_give_up(const char *why, int error);
