/* Descriptors that go between lambdad and init beside the frames. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads from the control socket. A descriptor that came along replaces *descriptor; -1 stands for none. Several at once,
 * or one while another is not taken yet, are not of this protocol. Returns what recv(2) does. */
ssize_t lsb_receive(int control_fd, uint8_t *bytes, size_t capacity, int *descriptor);

/* Makes a TCP socket in the sandbox's network and sends it over `carrier`. Returns 0 or the errno of what failed. */
int lsb_pass_socket(int carrier);
