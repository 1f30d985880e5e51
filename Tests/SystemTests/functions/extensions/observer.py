#!/usr/bin/python3
"""An external extension: takes telemetry over HTTP, keeps it in /tmp for the function to read, and says what it is told."""

import http.server
import json
import os
import sys
import threading
import time
import urllib.request

API = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}"
NAME = os.path.basename(sys.argv[0])
PORT = 4243


class Telemetry(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        events = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with open("/tmp/telemetry", "a") as kept:
            kept.writelines(json.dumps(event) + "\n" for event in events)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def ask(method, path, body=None, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(
        API + path, method=method, data=None if body is None else json.dumps(body).encode(), headers=names
    )
    with urllib.request.urlopen(request) as response:
        return response.headers, response.read()


def main():
    headers, registration = ask(
        "POST",
        "/2020-01-01/extension/register",
        {"events": ["INVOKE", "SHUTDOWN"]},
        Lambda_Extension_Name=NAME,
        Lambda_Extension_Accept_Feature="accountId",
    )
    identifier = headers["Lambda-Extension-Identifier"]
    print("observer registered", registration.decode().strip(), flush=True)
    with open("/tmp/environment", "w") as kept:
        json.dump({"variables": dict(os.environ), "uid": os.getuid(), "directory": os.getcwd()}, kept)
    ask(
        "PUT",
        "/2022-07-01/telemetry",
        {
            "schemaVersion": "2022-12-13",
            "types": ["platform", "function", "extension"],
            "buffering": {"maxItems": 1000, "maxBytes": 262144, "timeoutMs": 25},
            "destination": {"protocol": "HTTP", "URI": f"http://sandbox.localdomain:{PORT}/telemetry"},
        },
        Lambda_Extension_Identifier=identifier,
    )
    # Longer than a batch waits: the first ones find nobody, and are sent again.
    time.sleep(0.1)
    server = http.server.ThreadingHTTPServer(("0.0.0.0", PORT), Telemetry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    while True:
        _, body = ask("GET", "/2020-01-01/extension/event/next", Lambda_Extension_Identifier=identifier)
        event = json.loads(body)
        print("observer told", event["eventType"], event.get("requestId", event.get("shutdownReason")), flush=True)
        if event["eventType"] == "SHUTDOWN":
            return


main()
