#!/usr/bin/env python3
"""Kills lambdad again and again under load, and proves that nothing that was promised is lost.

    crash_loop.py [--kills 200] [--bin .build/release]

While functions are invoked asynchronously and synchronously, lambdad is killed with SIGKILL and comes back. In the end
every event that was answered with 202 must have run at least once, as its function told an HTTP server of ours, and those
that their function always fails must be in the dead letter queue as well. Each time lambdad must answer again within two
seconds, and nothing of a sandbox of before may be left. Run as a program, it uses both daemons as plain processes; the
system tests run it under systemd.
"""

import argparse
import collections
import dataclasses
import hashlib
import http.server
import json
import pathlib
import random
import statistics
import sys
import threading
import time
import urllib.parse
import uuid

import boto3
import botocore.exceptions

import deployed
from machines import PlainMachine, eventually, with_settings

REGION = "eu-central-1"
QUEUE = f"arn:aws:sqs:{REGION}:000000000000:dead"
READY_WITHIN = 2.0
ROLE_CREDENTIALS = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIACRASHLOOP0000000</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""


class Outside:
    """The services endpoint: gives roles, and writes down which events have run and which are dead letters."""

    def __init__(self):
        self.ran = collections.Counter()
        self.dead = collections.Counter()
        self.lock = threading.Lock()
        outside = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                kind, answer = outside.answer(self.path, self.headers.get("X-Amz-Target", ""), body)
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 1024

            def handle_error(self, *_):
                pass  # a sandbox that was killed closes its connections

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path, target, body):
        if path.startswith("/ran/"):
            with self.lock:
                self.ran[path.removeprefix("/ran/")] += 1
            return "text/plain", b""
        if target == "AmazonSQS.SendMessage":
            text = json.loads(body)["MessageBody"]
            with self.lock:
                self.dead[json.loads(text)["id"]] += 1
            digest = hashlib.md5(text.encode()).hexdigest()
            return "application/x-amz-json-1.0", json.dumps(
                {"MessageId": str(uuid.uuid4()), "MD5OfMessageBody": digest}
            ).encode()
        action = urllib.parse.parse_qs(body.decode()).get("Action")
        assert action == ["AssumeRole"], f"nobody asks for {path} {target} {action}"
        return "text/xml", ROLE_CREDENTIALS.encode()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@dataclasses.dataclass
class Load:
    """Invocations of both kinds from several threads, each going on where the server was gone for a while."""

    session: object
    machine: object
    function: str
    # Ids of events that were answered with 202, and of those among them that their function fails.
    accepted: set = dataclasses.field(default_factory=set)
    failing: set = dataclasses.field(default_factory=set)
    answered: int = 0
    # Calls whose answer was lost with the server; nothing was promised to them.
    cut: int = 0
    wrong: list = dataclasses.field(default_factory=list)

    def __post_init__(self):
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.threads = []

    def begin(self, senders, callers):
        for work in [self.send] * senders + [self.call] * callers:
            thread = threading.Thread(target=self.work, args=(work,), daemon=True)
            thread.start()
            self.threads.append(thread)

    def end(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(60)

    def work(self, deed):
        client = deployed.client_of(self.session, self.machine.endpoint, read_timeout=30, connect_timeout=5)
        while not self.stopping.is_set():
            try:
                deed(client)
            except (botocore.exceptions.HTTPClientError, botocore.exceptions.ClientError) as error:
                with self.lock:
                    self.cut += 1
                    # What the server itself says must be that it is stopping or busy, and not a wrong answer.
                    if isinstance(error, botocore.exceptions.ClientError):
                        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
                        if status < 500 and status != 429:
                            self.wrong.append(str(error))
                time.sleep(0.02)
            time.sleep(0.005)

    def send(self, client):
        name, fails = uuid.uuid4().hex, random.random() < 0.1
        event = {"id": name, "fails": fails, "seconds": random.choice([0, 0, 0.05])}
        answer = client.invoke(FunctionName=self.function, InvocationType="Event", Payload=json.dumps(event))
        assert answer["StatusCode"] == 202, answer
        with self.lock:
            self.accepted.add(name)
            if fails:
                self.failing.add(name)

    def call(self, client):
        name = uuid.uuid4().hex
        answer = client.invoke(FunctionName=self.function, Payload=json.dumps({"id": name}))
        body = answer["Payload"].read()
        with self.lock:
            self.answered += 1
            if "FunctionError" in answer or json.loads(body) != {"id": name}:
                self.wrong.append(f"{answer} {body}")


def left_behind(before, now):
    """What of the sandboxes of before is still there."""
    processes = {tuple(one) for group in now.values() for one in group}
    old = {tuple(one) for group in before.values() for one in group}
    return sorted(old & processes) + sorted(set(before) & set(now))


def run(machine, session, kills, outside, function, say=print):
    """Runs the loop against a machine whose services endpoint `outside` is. Gives what there is to report."""
    load = Load(session, machine, function)
    load.begin(senders=4, callers=3)
    ready = []
    try:
        for number in range(1, kills + 1):
            time.sleep(random.uniform(0.1, 0.6))
            before = machine.sandboxes()
            ready.append(machine.crash())
            eventually(
                f"nothing is left of the sandboxes before kill {number}",
                lambda: not left_behind(before, machine.sandboxes()),
                within=10 * machine.slowness,
                every=0.1,
            )
            if number % 20 == 0:
                say(f"{number} kills, {len(load.accepted)} events taken, ready within {max(ready):.2f} s", flush=True)
    finally:
        load.end()

    def unfinished():
        with outside.lock:
            return [one for one in load.accepted if one not in outside.ran] + [
                one for one in load.failing if one not in outside.dead
            ]

    begin = time.monotonic()
    eventually("every event ran, or is a dead letter", lambda: not unfinished(), within=120 * machine.slowness, every=0.2)
    assert load.accepted and load.answered, "there was no load"
    assert not load.wrong, load.wrong[:3]
    assert max(ready) <= READY_WITHIN * machine.slowness, f"ready again after {max(ready):.2f} s"
    runs = sum(count for one, count in outside.ran.items() if one in load.accepted)
    return {
        "kills": kills,
        "events answered with 202": len(load.accepted),
        "of these run": sum(1 for one in load.accepted if one in outside.ran),
        "runs of them": runs,
        "to be dead letters": len(load.failing),
        "dead letters": len(outside.dead),
        "synchronous answers": load.answered,
        "calls cut by a kill": load.cut,
        "ready again, median": f"{statistics.median(ready):.2f} s",
        "ready again, longest": f"{max(ready):.2f} s",
        "over after the last kill": f"{time.monotonic() - begin:.1f} s",
    }


def settings(outside):
    """What the loop needs of lambdad.conf: our endpoint, and retries that are worth waiting for."""
    return {"services_endpoint": outside.url, "async_retry_base": 1, "async_backoff_max": 2, "async_concurrency": 8}


def deploy(client, machine):
    function = deployed.create(
        client, machine, "reports.py", DeadLetterConfig={"TargetArn": QUEUE}, Timeout=30 * int(machine.slowness)
    )
    client.put_function_event_invoke_config(FunctionName=function.name, MaximumRetryAttempts=1)
    return function


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--bin", default=pathlib.Path(__file__).resolve().parents[2] / ".build/release")
    options = parser.parse_args()
    outside = Outside()
    machine = PlainMachine(options.bin)
    try:
        machine.configure(with_settings(machine.configuration(), settings(outside)))
        machine.restart()
        key, secret = machine.credentials()
        session = boto3.session.Session(aws_access_key_id=key, aws_secret_access_key=secret, region_name=REGION)
        client = deployed.client_of(session, machine.endpoint)
        function = deploy(client, machine)
        report = run(machine, session, options.kills, outside, function.name)
        client.delete_function(FunctionName=function.name)
        eventually("no sandbox is left", lambda: not any(machine.sandboxes().values()), within=30, every=0.2)
        eventually("no cgroup is left", lambda: not machine.sandboxes(), within=10, every=0.2)
    except AssertionError as error:
        print(machine.last_words(), file=sys.stderr)
        sys.exit(f"crash loop: {error}")
    finally:
        machine.close()
        outside.close()
    for name, value in report.items():
        print(f"{name:28} {value}")


if __name__ == "__main__":
    main()
