"""Asynchronous invocations: how many a second are taken durably and done, beside what the disk's own syncs allow."""

import base64
import contextlib
import io
import pathlib
import re
import sqlite3
import statistics
import struct
import subprocess
import sys
import time
import uuid
import zipfile

import http_client
import servers

CONNECTIONS = 16
API = "/2015-03-31/functions"
PAYLOAD = b'{"key": "value"}'
# Events that run at one time. The function answers at once, so a few places keep both processors busy.
PLACES = 16
# Bytes that one transaction of the queue appends to SQLite's log, about: a page of the table, its index and the header.
LOG_BYTES = 2 * 4120


def measure(table, directory, installation, executor_socket, build, share):
    """Everything below, on a lambdad of its own with its state in `directory`."""
    load, floor = (build(name, directory) for name in ("load", "sync_floor"))
    keys = ("AKIABENCHMARK0000000", uuid.uuid4().hex)
    syncs = sync_times(floor, directory, max(50, 500 // share))
    table.figure(
        "syncs of this disk, one after the other", f"{1 / statistics.median(syncs):.0f} /s", "-")
    with servers.Servers(directory) as running:
        process, port = running.lambdad(
            installation, executor_socket, *keys, runtime="provided.al2023", settings=f"async_concurrency = {PLACES}\n")
        client = http_client.Client(port, *keys)
        create(client, directory)
        request = client.request(
            "POST", http_client.invocation_path("instant"), PAYLOAD, {"x-amz-invocation-type": "Event"})
        requests = directory / "events"
        requests.write_bytes(struct.pack("=I", len(request)) + request)
        run(load, port, requests, directory, 1)
        accepted, done, processor = [], [], []
        for _ in range(max(1, 5 // share)):
            before = processor_seconds(process)
            rate, count, seconds = run(load, port, requests, directory, 2 if share > 1 else 5)
            accepted.append(rate)
            done.append(count / seconds)
            processor.append((processor_seconds(process) - before) / count)
        table.figure(f"events taken, {CONNECTIONS} connections", f"{statistics.median(accepted):.0f} /s", "-")
        table.figure("events taken and done", f"{statistics.median(done):.0f} /s", ">=1000")
        table.figure("lambdad's own CPU per event", f"{statistics.median(processor) * 1e6:.0f} us", "-")


def sync_times(floor, directory, rounds):
    output = subprocess.run(
        [str(floor), str(directory / "floor-files"), str(rounds), "0", str(LOG_BYTES)], check=True, capture_output=True,
        text=True).stdout
    return [float(word) / 1e6 for word in output.split()]


def create(client, directory):
    source = pathlib.Path(__file__).resolve().parent / "instant.c"
    program = directory / "bootstrap"
    subprocess.run(
        ["gcc", "-O2", "-std=gnu17", "-static", "-Wall", "-Wextra", "-Werror", str(source), "-o", str(program)],
        check=True)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        entry = zipfile.ZipInfo("bootstrap", (2026, 1, 1, 0, 0, 0))
        entry.external_attr = 0o100755 << 16
        code.writestr(entry, program.read_bytes())
    client.call("POST", API, {
        "FunctionName": "instant", "Runtime": "provided.al2023", "Handler": "none", "Timeout": 30,
        "Role": "arn:aws:iam::000000000000:role/benchmark",
        "Code": {"ZipFile": base64.b64encode(archive.getvalue()).decode()}})
    while client.call("GET", f"{API}/instant/configuration")["State"] != "Active":
        time.sleep(0.01)


def run(load, port, requests, directory, seconds):
    """Sends for some seconds, and waits until all that was taken is done. Gives the events taken a second while it sent,
    their number, and the seconds until the last was done."""
    begin = time.monotonic()
    output = subprocess.run(
        [str(load), str(port), str(CONNECTIONS), str(seconds), str(requests), "202"], check=True, capture_output=True,
        text=True).stdout
    rate = float(output.split()[0])
    count = int(output.split()[3])
    deadline = begin + seconds + 60
    with contextlib.closing(sqlite3.connect(f"file:{directory}/state/events.sqlite?mode=ro", uri=True)) as queue:
        while queue.execute("SELECT EXISTS (SELECT 1 FROM event)").fetchone()[0]:
            if time.monotonic() > deadline:
                sys.exit("benchmarks: events that were taken are not done after a minute")
            time.sleep(0.005)
    return rate, count, time.monotonic() - begin


def processor_seconds(process):
    return sum(
        int(field) for field in
        re.sub(r"^.*\) ", "", pathlib.Path(f"/proc/{process.pid}/stat").read_text()).split()[11:13]) / 100
