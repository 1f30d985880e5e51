#define _GNU_SOURCE
#include "wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What is left of a frame. Every take moves on, and none goes past the end. */
struct cursor {
    uint8_t *next;
    size_t left;
    bool has_nul_inside;
};

uint32_t lsb_load32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static bool take32(struct cursor *cursor, uint32_t *value) {
    if (cursor->left < 4) return false;
    *value = lsb_load32(cursor->next);
    cursor->next += 4;
    cursor->left -= 4;
    return true;
}

/* Moves the string over its own length field, so that its NUL fits in without a copy of the frame. */
static bool take_string(struct cursor *cursor, char **string) {
    uint32_t length;
    if (!take32(cursor, &length) || length > cursor->left) return false;
    char *text = (char *)cursor->next - 4;
    memmove(text, cursor->next, length);
    text[length] = '\0';
    if (memchr(text, '\0', length)) cursor->has_nul_inside = true;
    *string = text;
    cursor->next += length;
    cursor->left -= length;
    return true;
}

/* Reads a list of strings into `table`, NULL at its end. Lists beyond `room` are read to their end, but not kept. */
static bool take_strings(struct cursor *cursor, char **table, size_t room, size_t *kept, bool *fits) {
    uint32_t count;
    if (!take32(cursor, &count) || count > cursor->left / 4) return false;
    *fits = count < room;
    *kept = 0;
    for (uint32_t index = 0; index < count; index++) {
        char *string;
        if (!take_string(cursor, &string)) return false;
        if (*fits) table[(*kept)++] = string;
    }
    if (*fits) table[*kept] = NULL;
    return true;
}

enum lsb_decoding lsb_decode_start(uint8_t *fields, size_t length, struct lsb_start *start, int *error) {
    /* One frame is decoded at a time, so one table serves for ever. */
    static char *table[LSB_STRING_LIMIT + 2];
    struct cursor cursor = {.next = fields, .left = length};
    size_t arguments = 0, environment = 0;
    bool arguments_fit = false, environment_fits = false;

    start->log_fd = -1;
    if (!take32(&cursor, &start->tag)) return LSB_MALFORMED;
    start->arguments = table;
    if (!take_strings(&cursor, table, LSB_STRING_LIMIT, &arguments, &arguments_fit)) return LSB_MALFORMED;
    start->environment = table + arguments + 1;
    if (!take_strings(&cursor, start->environment, LSB_STRING_LIMIT + 1 - arguments, &environment, &environment_fits))
        return LSB_MALFORMED;
    if (!take_string(&cursor, &start->working_directory) || cursor.left != 0) return LSB_MALFORMED;

    *error = !arguments_fit || !environment_fits ? E2BIG : arguments == 0 || cursor.has_nul_inside ? EINVAL : 0;
    return *error ? LSB_IMPOSSIBLE : LSB_DECODED;
}

enum lsb_decoding lsb_decode_signal(const uint8_t *fields, size_t length, struct lsb_signal *request) {
    if (length != 8) return LSB_MALFORMED;
    request->tag = lsb_load32(fields);
    request->number = (int32_t)lsb_load32(fields + 4);
    return LSB_DECODED;
}

enum lsb_decoding lsb_decode_list(uint8_t *fields, size_t length, struct lsb_list *request) {
    struct cursor cursor = {.next = fields, .left = length};
    if (!take32(&cursor, &request->tag) || !take_string(&cursor, &request->directory) || cursor.left != 0)
        return LSB_MALFORMED;
    return cursor.has_nul_inside ? LSB_IMPOSSIBLE : LSB_DECODED;
}

void lsb_send(int control_fd, enum lsb_event_kind kind, const uint32_t *words, size_t count) {
    lsb_send_bytes(control_fd, kind, words, count, NULL, 0);
}

void lsb_send_bytes(
    int control_fd, enum lsb_event_kind kind, const uint32_t *words, size_t count, const uint8_t *bytes, size_t length) {
    static uint8_t frame[4 + 1 + 4 * 3 + LSB_LISTING_LIMIT];
    const size_t body = 1 + 4 * count + length;
    if (count > 3 || length > LSB_LISTING_LIMIT) lsb_give_up("an event has too many fields", 0);
    for (size_t byte = 0; byte < 4; byte++) frame[byte] = (uint8_t)(body >> (8 * byte));
    frame[4] = (uint8_t)kind;
    if (length) memcpy(frame + 5 + 4 * count, bytes, length);
    for (size_t index = 0; index < count; index++)
        for (size_t byte = 0; byte < 4; byte++) frame[5 + 4 * index + byte] = (uint8_t)(words[index] >> (8 * byte));

    /* Blocking: each event answers one request, so the function cannot fill this socket; only lambdad could, by not
     * reading, and then there is nobody to report to anyway. */
    size_t sent = 0;
    while (sent < 4 + body) {
        const ssize_t written = send(control_fd, frame + sent, 4 + body - sent, MSG_NOSIGNAL);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) _exit(0); /* lambdad is gone, so the sandbox goes, as on end of file */
        sent += (size_t)written;
    }
}

_Noreturn void lsb_give_up(const char *why, int error) {
    char line[256];
    const int length = error ? snprintf(line, sizeof line, "lambda-init: %s: %s\n", why, strerror(error))
                             : snprintf(line, sizeof line, "lambda-init: %s\n", why);
    if (length > 0) (void)!write(STDERR_FILENO, line, (size_t)length); /* nobody left to tell if this fails */
    _exit(1);
}
