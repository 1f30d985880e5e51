"""Payloads of nearly 6 MB there and back, against a plain echo over the same HTTP stack.

The floor is `http-echo`, a target of this repository that no package ships: `swift build -c release --product http-echo`. It
reads a request whole and gives the body back; nothing is checked, nothing runs. A second one has the body given back by
the first, so that the payload crosses as many sockets as one that goes through lambdad to a function and back.
"""

import io
import pathlib
import socket
import subprocess
import sys
import time
import zipfile

import http_client
import servers

HERE = pathlib.Path(__file__).resolve().parent
SIZE = 6_000_000
PAYLOAD = b'"' + b"0123456789abcdef" * ((SIZE - 2) // 16) + b'"'


class Connection:
    """Sends one request again and again. Reads into memory that is there already, so that its own share is small."""

    def __init__(self, port, request):
        self.request = request
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.memory = bytearray(SIZE + 65536)
        self.view = memoryview(self.memory)

    def exchange(self):
        """Seconds until the whole answer was there."""
        begin = time.perf_counter()
        self.socket.sendall(self.request)
        filled, start = 0, -1
        while start < 0:
            filled += self._read(filled)
            start = self.memory.find(b"\r\n\r\n", 0, filled)
        end = start + 4 + len(PAYLOAD)
        while filled < end:
            filled += self._read(filled)
        seconds = time.perf_counter() - begin
        if not self.memory.startswith(b"HTTP/1.1 200") or self.view[start + 4 : end] != PAYLOAD or filled != end:
            sys.exit(f"benchmarks: not an echo: {bytes(self.memory[:200])}")
        return seconds

    def _read(self, filled):
        count = self.socket.recv_into(self.view[filled:])
        if count == 0:
            sys.exit("benchmarks: a server closed its connection")
        return count


def echo_bootstrap(directory):
    """The zip of a function that gives back what it gets."""
    program = directory / "bootstrap"
    subprocess.run(
        ["gcc", "-O2", "-static", "-std=gnu17", "-Wall", "-Wextra", "-Werror", str(HERE / "echo_runtime.c"), "-o",
         str(program)], check=True)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        entry = zipfile.ZipInfo("bootstrap", (2024, 1, 1, 0, 0, 0))
        entry.external_attr = 0o100755 << 16
        code.writestr(entry, program.read_bytes())
    return archive.getvalue()


def measure(table, directory, running, client, echo_program, rounds):
    directory.mkdir()
    http_client.create_function(
        client, "payload", None, runtime="provided.al2023", archive=echo_bootstrap(directory), memory=512)
    ports = [servers.free_port(), servers.free_port()]
    for name, arguments in (("echo", [ports[0]]), ("relay", [ports[1], ports[0]])):
        process = running.start(name, [echo_program, *arguments])
        running.wait_until(process, lambda: servers.answers(int(arguments[0])), "a port that answers")
    plain = http_client.Client(ports[0]).request("POST", "/", PAYLOAD)
    ours = client.request("POST", http_client.invocation_path("payload"), PAYLOAD)
    connections = [Connection(ports[0], plain), Connection(ports[1], plain), Connection(client.port, ours)]
    times = [[], [], []]
    for number in range(rounds + 3):
        for connection, seconds in zip(connections, times):
            taken = connection.exchange()
            # The first of each find sockets and memory small.
            if number >= 3:
                seconds.append(taken)
    rates = [[len(PAYLOAD) / taken / 1e6 for taken in seconds] for seconds in times]
    table.rate("6 MB there and back, over a plain echo", rates[0], rates[2], 0.7, "MB/s")
    table.rate("  the same, over an echo behind a relay", rates[1], rates[2], None, "MB/s")
