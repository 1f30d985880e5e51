"""Speaks to lambda-executor and to a sandbox's init, as lambdad does (ExecutorMessage.swift, InitMessage.swift)."""

import array
import os
import socket
import struct
import uuid

CREATED, STOPPED = 16, 20
STARTED, EXITED = 16, 18


def _text(value):
    data = value.encode()
    return struct.pack("<H", len(data)) + data


def _strings(values):
    parts = [value.encode() for value in values]
    return struct.pack("<I", len(parts)) + b"".join(struct.pack("<I", len(part)) + part for part in parts)


class Sandbox:
    """A sandbox from creation on. Close it, or its descriptors stay open."""

    def __init__(self, executor, code, runtime):
        self.executor = executor
        self.environment = uuid.uuid4().hex
        fields = (
            _text("benchmark") + struct.pack("<I", 1) + _text("host") + _text(code) + b"\x01" + _text(runtime)
            + b"\x00\x00"
            + struct.pack("<II", 128, 512) + _text("loopback") + struct.pack("<HB", 0, 0)
        )
        reply, self.descriptors = executor.ask(1, self.environment, fields)
        if reply != CREATED:
            raise RuntimeError(f"the executor answered {reply} instead of a sandbox")
        # The order of ExecutorReply.created: pidfd, log, runtime listener, control socket.
        self.control = socket.socket(fileno=self.descriptors.pop(3))

    def run(self, program):
        """Has init execute a program, and returns its exit status."""
        body = b"\x01" + struct.pack("<I", 1) + _strings([program]) + _strings([]) + struct.pack("<I", 1) + b"/"
        self.control.sendall(struct.pack("<I", len(body)) + body)
        event = self._event()
        if event[0] != STARTED:
            raise RuntimeError(f"init did not start {program}: {event.hex()}")
        event = self._event()
        if event[0] != EXITED:
            raise RuntimeError(f"init reported {event.hex()} instead of an end")
        return struct.unpack_from("<I", event, 9)[0]

    def stop(self):
        """Returns once the executor has confirmed that everything is gone."""
        reply, _ = self.executor.ask(2, self.environment)
        if reply != STOPPED:
            raise RuntimeError(f"the executor answered {reply} to a stop")
        self.control.close()
        for descriptor in self.descriptors:
            os.close(descriptor)

    def _event(self):
        length = struct.unpack("<I", self._exactly(4))[0]
        return self._exactly(length)

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            part = self.control.recv(count - len(data))
            if not part:
                raise RuntimeError("init is gone")
            data += part
        return data


class Executor:
    def __init__(self, path):
        self.connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.connection.settimeout(30)
        self.connection.connect(path)

    def ask(self, kind, environment, fields=b""):
        """Returns the reply's kind and the descriptors that came with it."""
        self.connection.send(bytes([3, kind]) + _text(environment) + fields)
        numbers = array.array("i")
        packet, ancillary, _, _ = self.connection.recvmsg(16384, socket.CMSG_SPACE(8 * numbers.itemsize))
        for level, what, data in ancillary:
            if level == socket.SOL_SOCKET and what == socket.SCM_RIGHTS:
                numbers.frombytes(data[: len(data) - len(data) % numbers.itemsize])
        if not packet:
            raise RuntimeError("the executor closed the connection")
        if packet[1] not in (CREATED, STOPPED):
            raise RuntimeError(f"the executor answered {packet[2:].decode(errors='replace')}")
        return packet[1], list(numbers)
