"""One connection, kept open, and as little of HTTP as a measurement needs, so that the client's own time stays small."""

import base64
import datetime
import hashlib
import hmac
import io
import json
import socket
import time
import zipfile

REGION, SERVICE = "us-east-1", "lambda"


class Client:
    def __init__(self, port, access_key=None, secret=None):
        self.port, self.access_key, self.secret = port, access_key, secret
        self.connection = None

    def connect(self):
        self.connection = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def request(self, method, path, body=b"", more=None):
        """The bytes of a request; signed where there is a key. May be sent for as long as a signature lives."""
        host = f"127.0.0.1:{self.port}"
        headers = {"host": host, "content-type": "application/json", "content-length": str(len(body))} | (more or {})
        if self.access_key:
            headers |= self._signature(method, path, body, host)
        lines = [f"{method} {path} HTTP/1.1"] + [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def send(self, request):
        """Returns status and body."""
        if self.connection is None:
            self.connect()
        self.connection.sendall(request)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._part()
        head, body = data.split(b"\r\n\r\n", 1)
        status = int(head.split(b" ", 2)[1])
        lowered = head.lower()
        if b"content-length:" in lowered:
            length = int(lowered.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            while len(body) < length:
                body += self._part()
        elif b"transfer-encoding: chunked" in lowered:
            while not body.endswith(b"0\r\n\r\n"):
                body += self._part()
        if b"connection: close" in lowered:
            self.connection.close()
            self.connection = None
        return status, body

    def call(self, method, path, value=None):
        body = b"" if value is None else json.dumps(value).encode()
        status, answer = self.send(self.request(method, path, body))
        if status >= 300:
            raise RuntimeError(f"{method} {path}: {status} {answer.decode(errors='replace')}")
        return json.loads(answer) if answer else None

    def _part(self):
        part = self.connection.recv(65536)
        if not part:
            raise RuntimeError("the server closed the connection")
        return part

    def _signature(self, method, path, body, host):
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{now[:8]}/{REGION}/{SERVICE}/aws4_request"
        # The query must be in canonical form already: sorted, and escaped as SigV4 has it.
        path, _, query = path.partition("?")
        canonical = "\n".join([
            method, path, query, f"host:{host}", f"x-amz-date:{now}", "", "host;x-amz-date",
            hashlib.sha256(body).hexdigest(),
        ])
        text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + self.secret).encode()
        for part in (now[:8], REGION, SERVICE, "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        return {
            "x-amz-date": now,
            "authorization": f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, "
                             f"SignedHeaders=host;x-amz-date, Signature={signature}",
        }


def create_function(client, name, source):
    """Returns once the function can be invoked."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        entry = zipfile.ZipInfo("echo.py", (2024, 1, 1, 0, 0, 0))
        entry.external_attr = 0o644 << 16
        code.writestr(entry, source)
    client.call("POST", "/2015-03-31/functions", {
        "FunctionName": name, "Runtime": "python3.11", "Handler": "echo.handler", "Timeout": 30,
        "Role": "arn:aws:iam::000000000000:role/benchmark",
        "Code": {"ZipFile": base64.b64encode(archive.getvalue()).decode()},
    })
    deadline = time.monotonic() + 30
    while client.call("GET", f"/2015-03-31/functions/{name}/configuration")["State"] != "Active":
        if time.monotonic() > deadline:
            raise RuntimeError(f"{name} does not become active")
        time.sleep(0.01)


def invocation_path(name):
    return f"/2015-03-31/functions/{name}/invocations"
