#!/usr/bin/python3
"""A runtime of its own that gives each event back without looking at it."""

import os
import socket

host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
PATH = b"/2018-06-01/runtime/invocation"
HEAD = b"Host: %b\r\n" % host.encode()
connection = socket.create_connection((host, int(port)))
buffer = bytearray(8 * 1048576)
view = memoryview(buffer)


def message():
    """The head of the next answer, and where its body is in the buffer."""
    filled = 0
    while (end := buffer.find(b"\r\n\r\n", 0, filled)) < 0:
        filled += connection.recv_into(view[filled:])
    head = bytes(view[:end]).lower()
    length = int(head.split(b"content-length: ", 1)[1].split(b"\r\n", 1)[0])
    while filled < end + 4 + length:
        filled += connection.recv_into(view[filled:])
    return head, view[end + 4 : end + 4 + length]


while True:
    connection.sendall(b"GET %b/next HTTP/1.1\r\n%b\r\n" % (PATH, HEAD))
    head, body = message()
    identifier = head.split(b"lambda-runtime-aws-request-id: ", 1)[1].split(b"\r\n", 1)[0]
    request = b"POST %b/%b/response HTTP/1.1\r\n%bContent-Length: %d\r\n\r\n" % (PATH, identifier, HEAD, len(body))
    connection.sendall(request)
    connection.sendall(body)
    message()
