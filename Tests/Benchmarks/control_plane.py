"""The control plane: what a creation costs over its syncs, and how fast many stored functions are started and read."""

import base64
import contextlib
import http.client
import io
import json
import pathlib
import random
import re
import sqlite3
import struct
import subprocess
import sys
import time
import uuid
import zipfile

import http_client
import servers

HERE = pathlib.Path(__file__).resolve().parent
FUNCTIONS = 10_000
PAGE = 50
CONNECTIONS = 16
API = "/2015-03-31/functions"
ROLE = "arn:aws:iam::000000000000:role/benchmark"
# Bytes of one creation's transaction in SQLite's log, as strace shows them: ten pages and a header of 24 bytes for each: of
# the table, its index, the counters, the user ids, the map that lets the file give pages back, and the file itself.
LOG_BYTES = 10 * (4096 + 24)


def measure(table, directory, installation, executor_socket, cache, share):
    """Everything below, on a lambdad of its own with its state in `directory`."""
    load, floor = (build(name, directory) for name in ("load", "sync_floor"))
    keys = ("AKIABENCHMARK0000000", uuid.uuid4().hex)
    with servers.Servers(directory) as running:
        process, port = running.lambdad(installation, executor_socket, *keys)
        client = http_client.Client(port, *keys)
        creations(table, client, directory, floor, max(3, 40 // share))
        stop(process)
        few = start_times(running, installation, directory, port, max(2, 6 // share))
        fill(directory / "state/functions.sqlite")
        many = start_times(running, installation, directory, port, max(2, 6 // share))
        table.ratio(f"start with {FUNCTIONS:,} functions, over few", few, many, None)
        table.figure(f"start with {FUNCTIONS:,} functions, longest", f"{max(many):.2f} s", "<=1 s")
        start(running, installation, directory, port)
        client = http_client.Client(port, *keys)
        moto_port, moto_functions = moto(running, cache, max(3, 6 // share))
        print(f"moto took {moto_functions:,} functions in its time; it has no pages, its ListFunctions gives them all")
        peer = http_client.Client(moto_port, *keys)
        for what, target, requests in (("GetFunction", 1_000, gets), ("ListFunctions", 300, lists)):
            files = [write_requests(directory / f"{what}-{name}", requests(one))
                     for name, one in (("moto", peer), ("lambdad", client))]
            rates = [[], []]
            for _ in range(max(1, 5 // share)):
                for index, one in enumerate((moto_port, port)):
                    rates[index].append(rate(load, one, files[index], 2))
            table.rate(f"{what}, {CONNECTIONS} connections, over moto", *rates, target)


def build(name, directory):
    program = directory / name
    subprocess.run(
        ["gcc", "-O2", "-std=gnu17", "-Wall", "-Wextra", "-Werror", str(HERE / f"{name}.c"), "-o", str(program)],
        check=True)
    return program


def small_zip():
    """Another one each time: a zip that is stored already costs nothing."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("echo.py", f"# {uuid.uuid4()}\n{servers.ECHO}")
    return archive.getvalue()


def creation(name, code):
    return {
        "FunctionName": name, "Runtime": "python3.11", "Handler": "echo.handler", "Role": ROLE, "Timeout": 30,
        "Environment": {"Variables": {"TABLE": "orders", "STAGE": "test"}}, "Tags": {"team": "benchmark"},
        "Code": {"ZipFile": base64.b64encode(code).decode()}}


def creations(table, client, directory, floor, rounds):
    """The times of CreateFunction alone: what is done after the answer is over before the next begins. In batches of five:
    what else the disk does meanwhile changes from one second to the next."""
    floor_times, times = [], []
    for batch in range(rounds):
        code = small_zip()
        output = subprocess.run(
            [str(floor), str(directory / "floor-files"), "5", str(len(code)), str(LOG_BYTES)], check=True,
            capture_output=True, text=True).stdout
        floor_times += [float(word) / 1e6 for word in output.split()]
        for number in range(5):
            name = f"create-{batch}-{number}"
            body = json.dumps(creation(name, small_zip())).encode()
            request = client.request("POST", API, body)
            begin = time.perf_counter()
            status, answer = client.send(request)
            times.append(time.perf_counter() - begin)
            if status != 201:
                sys.exit(f"benchmarks: a creation was answered with {status} {answer}")
            while client.call("GET", f"{API}/{name}/configuration")["State"] != "Active":
                time.sleep(0.001)
    table.ratio("CreateFunction of a small zip, over its syncs", floor_times, times, 2)


def stop(process):
    process.terminate()
    process.wait(15)


def start(running, installation, directory, port):
    process = running.start("lambdad", [installation.lambdad, "--config", directory / "lambdad.conf"])
    running.wait_until(process, lambda: servers.answers(port), "a port that answers")
    return process


def start_times(running, installation, directory, port, rounds):
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        process = start(running, installation, directory, port)
        times.append(time.perf_counter() - begin)
        stop(process)
    return times


def fill(path):
    """Copies a stored function until there are enough: over the API, the disk's syncs would take minutes."""
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        kinds = ("function", "function-properties")
        rows = {
            kind: database.execute(
                "SELECT account, region, name, record FROM resource WHERE kind = ? ORDER BY name LIMIT 1",
                (kind,)).fetchone() for kind in kinds}
        count, = database.execute("SELECT count(*) FROM resource WHERE kind = 'function'").fetchone()
        slot, = database.execute("SELECT max(slot) + 1 FROM user_slot").fetchone()
        for number in range(FUNCTIONS - count):
            name = f"stored-{number:05}"
            for kind in kinds:
                account, region, old, record = rows[kind]
                record = record.replace(f'"{old}"', f'"{name}"')
                record = re.sub(r'"userSlot":\d+', f'"userSlot":{slot + number}', record)
                database.execute(
                    "INSERT INTO resource VALUES (?, ?, ?, ?, '', ?)", (kind, account, region, name, record))
            database.execute(
                "INSERT INTO user_slot (slot, account, region, name) VALUES (?, ?, ?, ?)",
                (slot + number, account, region, name))


def moto(running, cache, seconds):
    """moto's server with as many functions as it takes in some seconds. Gives its port and their number."""
    port = servers.free_port()
    process = running.start(
        "moto", [moto_python(cache), "-m", "moto.server", "-H", "127.0.0.1", "-p", port])
    running.wait_until(process, lambda: servers.answers(port), "a port that answers")
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request(
        "POST", "/", "Action=CreateRole&Version=2010-05-08&RoleName=benchmark&AssumeRolePolicyDocument=%7B%7D", {
            "Content-Type": "application/x-www-form-urlencoded", "Authorization":
            "AWS4-HMAC-SHA256 Credential=test/20240101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0"})
    answer = connection.getresponse().read().decode()
    role = re.search("<Arn>(.*?)</Arn>", answer)
    if role is None:
        sys.exit(f"benchmarks: moto made no role: {answer}")
    client = http_client.Client(port, "test", "test")
    code, count, end = small_zip(), 0, time.monotonic() + seconds
    while count < FUNCTIONS and time.monotonic() < end:
        client.call("POST", API, creation(f"stored-{count:05}", code) | {"Role": role[1]})
        count += 1
    return port, count


def moto_python(cache):
    """A virtual environment with the version of moto that the system tests use, made once."""
    text = (HERE.parent / "SystemTests/requirements.txt").read_text()
    requirement = re.search(r"^moto.*$", text, re.MULTILINE)[0]
    environment = cache / requirement.replace("[", "-").replace("]", "")
    if not (environment / "complete").exists():
        subprocess.run([servers.PYTHON, "-m", "venv", "--clear", environment], check=True)
        subprocess.run([environment / "bin/pip", "install", "--quiet", requirement], check=True)
        (environment / "complete").touch()
    return environment / "bin/python"


def pages(client):
    """The path of every page of ListFunctions, in order, and all names."""
    paths, names, marker = [], [], None
    while True:
        path = f"{API}/?MaxItems={PAGE}"
        if marker:
            # `=` is all that base64 has of what must be escaped, but for `+` and `/`, which are as well.
            escaped = "".join(byte if byte.isalnum() or byte in "-._~" else f"%{ord(byte):02X}" for byte in marker)
            path = f"{API}/?Marker={escaped}&MaxItems={PAGE}"
        paths.append(path)
        answer = client.call("GET", path)
        names += [function["FunctionName"] for function in answer["Functions"]]
        marker = answer.get("NextMarker")
        if not marker:
            return paths, names


def gets(client):
    names = pages(client)[1]
    return [client.request("GET", f"{API}/{name}") for name in random.sample(names, min(2_000, len(names)))]


def lists(client):
    """All pages but the last, which may be a short one."""
    paths = pages(client)[0]
    return [client.request("GET", path) for path in paths[:-1] or paths]


def write_requests(path, requests):
    path.write_bytes(b"".join(struct.pack("=I", len(request)) + request for request in requests))
    return path


def rate(load, port, requests, seconds):
    """Answers a second."""
    output = subprocess.run(
        [str(load), str(port), str(CONNECTIONS), str(seconds), str(requests)], check=True, capture_output=True,
        text=True).stdout
    return float(output.split()[0])
