"""Functions as the tests see them: made, invoked, taken away."""

import base64
import dataclasses
import http.client
import io
import json
import pathlib
import re
import urllib.parse
import uuid
import zipfile

import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.exceptions

from machines import eventually

FUNCTIONS = pathlib.Path(__file__).resolve().parent / "functions"
ROLE = "arn:aws:iam::000000000000:role/lambda-role"
REPORT = re.compile(
    r"REPORT RequestId: (?P<id>[0-9a-f-]{36})\tDuration: (?P<duration>\d+\.\d\d) ms"
    r"\tBilled Duration: (?P<billed>\d+) ms"
    r"\tMemory Size: (?P<size>\d+) MB\tMax Memory Used: (?P<used>\d+) MB"
    r"(\tInit Duration: (?P<init>\d+\.\d\d) ms)?"
    r"(\tStatus: (?P<status>timeout|error|failure)(\tError Type: (?P<type>[A-Za-z.]+))?)?\t?"
)


def client_of(session, endpoint, **members):
    members.setdefault("retries", {"total_max_attempts": 1})
    members.setdefault("read_timeout", 120)
    return session.client("lambda", endpoint_url=endpoint, config=botocore.config.Config(**members))


def zipped(files):
    """A zip of names and texts; a bootstrap is executable."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            entry.external_attr = (0o100755 if name == "bootstrap" else 0o100644) << 16
            archive.writestr(entry, text)
    return buffer.getvalue()


def package_of(source):
    """The zip of a file in `functions`, of a dictionary of files, or bytes as they are."""
    if isinstance(source, bytes):
        return source
    if isinstance(source, dict):
        return zipped(source)
    text = (FUNCTIONS / source).read_text()
    return zipped({"bootstrap" if source.endswith(".bash") else "app.py": text})


@dataclasses.dataclass
class Answer:
    """What an invocation gave back."""

    status: int
    error: str | None
    body: bytes
    log: str
    request_id: str
    version: str | None

    @property
    def payload(self):
        return json.loads(self.body)

    @property
    def report(self):
        """The fields of the REPORT line in the tail of the log."""
        found = [match for match in map(REPORT.fullmatch, self.log.splitlines()) if match]
        assert len(found) == 1, f"not one REPORT line of the right form: {self.log!r}"
        return found[0].groupdict()


@dataclasses.dataclass
class Function:
    client: object
    machine: object
    name: str

    def invoke(self, event=None, **members):
        if event is not None:
            members["Payload"] = event if isinstance(event, bytes) else json.dumps(event).encode()
        members.setdefault("LogType", "Tail")
        result = self.client.invoke(FunctionName=self.name, **members)
        return Answer(
            status=result["StatusCode"],
            error=result.get("FunctionError"),
            body=result["Payload"].read(),
            log=base64.b64decode(result.get("LogResult", "")).decode("utf-8", "replace"),
            request_id=result["ResponseMetadata"]["RequestId"],
            version=result.get("ExecutedVersion"),
        )

    def do(self, deed, **event):
        """Asks functions/probe.py for one of its deeds, which must succeed; gives what it saw."""
        answer = self.invoke({"do": deed, **event})
        assert answer.error is None, answer.body
        return answer.payload

    def wait_until_usable(self):
        def usable():
            now = self.client.get_function_configuration(FunctionName=self.name)
            assert now["State"] != "Failed", now
            return now["State"] == "Active" and now.get("LastUpdateStatus") != "InProgress"

        eventually(f"{self.name} is active", usable, within=10 * self.machine.slowness)

    def configure(self, **members):
        self.client.update_function_configuration(FunctionName=self.name, **members)
        self.wait_until_usable()

    def delete_if_there(self):
        try:
            self.client.delete_function(FunctionName=self.name)
        except self.client.exceptions.ResourceNotFoundException:
            pass  # the test has deleted it itself


def create(client, machine, source, **members):
    """Deploys a function and waits until it can be invoked."""
    is_bootstrap = isinstance(source, str) and source.endswith(".bash")
    members.setdefault("FunctionName", f"t-{uuid.uuid4().hex[:12]}")
    members.setdefault("Runtime", "provided.al2023" if is_bootstrap else "python3.11")
    members.setdefault("Handler", "app.handler")
    members.setdefault("Timeout", 60 if machine.slowness > 1 else 10)
    members.setdefault("MemorySize", 256)
    client.create_function(Role=ROLE, Code={"ZipFile": package_of(source)}, **members)
    function = Function(client, machine, members["FunctionName"])
    function.wait_until_usable()
    return function


def delete_everything(client):
    for page in client.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            client.delete_function(FunctionName=function["FunctionName"])


class RawClient:
    """HTTP as a test wants it: each request on a new connection, signed by botocore, then spoiled if asked for."""

    def __init__(self, endpoint, key, secret, region):
        self.endpoint = endpoint
        self.address = urllib.parse.urlsplit(endpoint)
        self.credentials = botocore.credentials.Credentials(key, secret)
        self.region = region

    def headers(self, method, path, body=b"", headers=None):
        request = botocore.awsrequest.AWSRequest(
            method=method,
            url=self.endpoint + path,
            data=body,
            headers={"Content-Type": "application/json"} | (headers or {}),
        )
        botocore.auth.SigV4Auth(self.credentials, "lambda", self.region).add_auth(request)
        return dict(request.headers)

    def connect(self, timeout=60):
        return http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=timeout)

    def ask(self, method, path, body=b"", headers=None, spoil=None, timeout=60):
        """Status, headers and body of the answer. `spoil` changes the signed headers in place."""
        signed = self.headers(method, path, body, headers)
        if spoil:
            spoil(signed)
        connection = self.connect(timeout)
        try:
            connection.request(method, path, body=body, headers=signed)
            response = connection.getresponse()
            return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
        finally:
            connection.close()

    def invoke(self, name, event=b"{}", **members):
        return self.ask("POST", f"/2015-03-31/functions/{name}/invocations", event, **members)


def refused(call, **members):
    """Code, status and message of the error that a call must end with."""
    try:
        answer = call(**members)
    except botocore.exceptions.ClientError as error:
        return (
            error.response["Error"]["Code"],
            error.response["ResponseMetadata"]["HTTPStatusCode"],
            error.response["Error"].get("Message", ""),
        )
    raise AssertionError(f"not refused: {answer}")
