"""What the freezer costs: calls with a rest before each, which find their environment frozen, over the same where none is."""

import os
import signal
import time

GRACE = 20  # ms
REST = 0.05  # s


def settle(process, configuration, value):
    """Puts a grace in force. A reload answers nobody, and takes a few milliseconds."""
    lines = [line for line in configuration.read_text().splitlines() if not line.startswith("freeze_grace")]
    configuration.write_text("\n".join([*lines, f"freeze_grace = {value}", ""]))
    os.kill(process.pid, signal.SIGHUP)
    time.sleep(0.3)


def rested(client, request, rounds):
    times = []
    for _ in range(rounds):
        time.sleep(REST)
        begin = time.perf_counter()
        status, _ = client.send(request)
        times.append(time.perf_counter() - begin)
        if status != 200:
            raise RuntimeError(f"an invocation was answered with {status}")
    return times


def measure(table, client, process, configuration, request, rounds):
    running, frozen = [], []
    for _ in range(5):
        settle(process, configuration, "off")
        client.send(request)
        running += rested(client, request, rounds)
        settle(process, configuration, GRACE)
        client.send(request)
        frozen += rested(client, request, rounds)
    table.ratio("warm after 50 ms: frozen, over running on", running, frozen, None)
