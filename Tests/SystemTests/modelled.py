"""Whether an answer, as it came over the wire, is what AWS's own service model says of its operation.

SDKs forgive much: the case of a key, a number as text, a member that is null. Each forgives other things, so that an
answer is looked at here as raw bytes. The model is botocore's; nothing is asked of any network.
"""

import dataclasses
import json
import re
import warnings

import botocore.loaders
import botocore.model

# Of DeleteFunction, the model says 200 and AWS was recorded to send 204.
RECORDED_STATUS = {"DeleteFunction": 204}

# Members that AWS was recorded to send as null; everywhere else a member without a value is left out.
RECORDED_NULLS = {("GetRuntimeManagementConfig", "RuntimeVersionArn")}

# Members that the model demands and AWS was recorded to leave out: a function without a code signing configuration.
RECORDED_GAPS = {
    ("GetFunctionCodeSigningConfig", "CodeSigningConfigArn"),
    ("GetFunctionCodeSigningConfig", "FunctionName"),
}

# Values that AWS was recorded to send and that are in no list of the model.
RECORDED_VALUES = {("LastUpdateStatusReasonCode", "Creating")}

# Errors that are on the wire and not in the model: their status, the key of their text, and whether they have a Type.
UNMODELLED_ERRORS = {
    "AccessDeniedException": (403, "Message", False),
    "ExpiredTokenException": (403, "message", False),
    "IncompleteSignatureException": (400, "message", False),
    "InvalidSignatureException": (403, "message", False),
    "MissingAuthenticationTokenException": (403, "message", False),
    # This server's own, for operations that it does not have.
    "NotImplementedException": (501, "message", True),
    "RequestEntityTooLargeException": (413, "message", False),
    "SerializationException": (400, "message", False),
    "UnrecognizedClientException": (403, "message", False),
    "ValidationException": (400, "message", False),
}

# The forms that members of the shape Timestamp, which is a string, have in different families.
TIMESTAMPS = {
    "CreationTime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "LastModifiedTime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "provisioned": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000",
    "other": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000",
}
# Seconds since 1970.
YEAR_2000, YEAR_2100 = 946_684_800, 4_102_444_800
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclasses.dataclass(frozen=True)
class RawAnswer:
    status: int
    # Names in lower case.
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        """The code of the error that this is, or None."""
        return self.headers.get("x-amzn-errortype")

    @property
    def message(self):
        members = self.json
        return members.get("message", members.get("Message"))


class Model:
    """The service model of Lambda."""

    def __init__(self):
        loaded = botocore.loaders.Loader().load_service_model("lambda", "service-2")
        self.service = botocore.model.ServiceModel(loaded, "lambda")

    @property
    def operations(self):
        return list(self.service.operation_names)

    def status(self, operation):
        """The HTTP status of success."""
        return RECORDED_STATUS.get(operation, self.service.operation_model(operation).http["responseCode"])

    def faults(self, operation, answer):
        """What is wrong with an answer of `operation`, a line each; empty where nothing is."""
        found = [] if UUID.fullmatch(answer.headers.get("x-amzn-requestid", "")) else ["no x-amzn-RequestId"]
        if answer.error is not None or answer.status >= 300:
            return found + self._error_faults(answer)
        if answer.status != self._expected_status(operation, answer):
            found.append(f"status {answer.status}, not {self.status(operation)}")
        shape = self.service.operation_model(operation).output_shape
        payload = shape.serialization.get("payload") if shape is not None else None
        if payload is not None:
            return found + self._header_faults(operation, shape, answer)
        if answer.status == 204 or (shape is not None and not shape.members and not answer.body):
            return found + ([f"a body: {answer.body!r}"] if answer.body else [])
        if answer.headers.get("content-type") != "application/json":
            found.append(f"Content-Type {answer.headers.get('content-type')!r}")
        try:
            members = answer.json
        except ValueError as error:
            return [*found, f"no JSON: {error}"]
        if shape is None:
            return found + ([] if members == {} else [f"members of an operation without any: {members}"])
        return found + _Walk(operation).structure(members, shape, "")

    def _expected_status(self, operation, answer):
        # The status of Invoke is a member of its answer: it says what kind of invocation was done.
        if operation == "Invoke" and answer.status in (200, 202, 204):
            return answer.status
        return self.status(operation)

    def _header_faults(self, operation, shape, answer):
        """Of operations whose body is a payload: every other member is a header, and no header is unknown."""
        found = []
        names = {}
        for name, member in shape.members.items():
            header = member.serialization.get("name", "").lower()
            if member.serialization.get("location") == "header":
                names[header] = name
                if header in answer.headers:
                    found += _Walk(operation).scalar(answer.headers[header], member, name)
        for header in answer.headers:
            if header.startswith("x-amz-") and header not in names:
                found.append(f"unknown header {header}")
        return found

    def _error_faults(self, answer):
        if answer.error is None:
            return [f"status {answer.status} without x-amzn-ErrorType: {answer.body[:200]!r}"]
        try:
            members = answer.json
        except ValueError as error:
            return [f"an error without JSON: {error}"]
        if answer.error in UNMODELLED_ERRORS:
            status, key, has_type = UNMODELLED_ERRORS[answer.error]
            allowed = {key, "Type"} if has_type else {key}
        elif answer.error in self.service.shape_names:
            shape = self.service.shape_for(answer.error)
            status = shape.metadata["error"]["httpStatusCode"]
            key = next(name for name in shape.members if name.lower() == "message")
            allowed = set(shape.members) - {"retryAfterSeconds"}
        else:
            return [f"unknown error {answer.error}"]
        found = [] if answer.status == status else [f"status {answer.status} of {answer.error}, not {status}"]
        if key not in members:
            found.append(f"{answer.error} has no {key}: {sorted(members)}")
        found += [f"{answer.error} has the unknown member {name}" for name in members if name not in allowed]
        wanted = "User" if answer.status < 500 else "Service"
        if members.get("Type", wanted) != wanted:
            found.append(f"Type {members['Type']!r}, not {wanted!r}")
        return found


class _Walk:
    """One comparison of a value with a shape."""

    def __init__(self, operation):
        self.operation = operation

    def structure(self, value, shape, path):
        if not isinstance(value, dict):
            return [f"{path or 'the answer'} is no object: {value!r}"]
        found = []
        for name in shape.required_members:
            if name not in value and (self.operation, name) not in RECORDED_GAPS:
                found.append(f"{_place(path, name)} is missing")
        for name, member in value.items():
            place = _place(path, name)
            if name not in shape.members:
                found.append(f"{place} is not in the model")
            elif member is None:
                if (self.operation, name) not in RECORDED_NULLS:
                    found.append(f"{place} is null")
            else:
                found += self.value(member, shape.members[name], place)
        return found

    def value(self, value, shape, path):
        kind = shape.type_name
        if kind == "structure":
            return self.structure(value, shape, path)
        if kind == "list":
            if not isinstance(value, list):
                return [f"{path} is no list: {value!r}"]
            found = _outside(len(value), shape, path)
            for at, item in enumerate(value):
                found += self.value(item, shape.member, f"{path}[{at}]")
            return found
        if kind == "map":
            if not isinstance(value, dict):
                return [f"{path} is no map: {value!r}"]
            found = []
            for key, item in value.items():
                found += self.scalar(key, shape.key, f"a key of {path}")
                found += self.value(item, shape.value, f"{path}.{key}")
            return found
        types = {"string": str, "blob": str, "boolean": bool, "integer": int, "long": int}
        if kind in ("timestamp", "double", "float"):
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                return [f"{path} is no number: {value!r}"]
            return self._time(value, path) if kind == "timestamp" else _outside(value, shape, path)
        if not isinstance(value, types[kind]) or (kind in ("integer", "long") and isinstance(value, bool)):
            return [f"{path} is no {kind}: {value!r}"]
        return self.scalar(value, shape, path)

    def scalar(self, value, shape, path):
        """Of text, also where it stands for a number in a header."""
        kind = shape.type_name
        if kind in ("integer", "long"):
            return _outside(int(value), shape, path)
        if kind != "string":
            return []
        if shape.name == "Timestamp":
            return self._text_of_time(value, path)
        if shape.enum and value not in shape.enum and (path.rpartition(".")[2], value) not in RECORDED_VALUES:
            return [f"{path} is {value!r}, not one of {shape.enum}"]
        found = _outside(len(value), shape, path)
        pattern = shape.metadata.get("pattern")
        if pattern and not _matches(pattern, value):
            found.append(f"{path} is {value!r}, not of the form {pattern}")
        return found

    def _text_of_time(self, value, path):
        name = path.rpartition(".")[2]
        if "ProvisionedConcurrency" in self.operation:
            name = "provisioned"
        form = TIMESTAMPS.get(name, TIMESTAMPS["other"])
        return [] if re.fullmatch(form, value) else [f"{path} is {value!r}, not of the form {form}"]

    @staticmethod
    def _time(value, path):
        # Milliseconds in the place of seconds are a time in the far future.
        return [] if YEAR_2000 <= value < YEAR_2100 else [f"{path} is no time of this century: {value!r}"]


def _place(path, name):
    return f"{path}.{name}" if path else name


def _outside(number, shape, path):
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and number < least:
        return [f"{path} has {number}, less than {least}"]
    if most is not None and number > most:
        return [f"{path} has {number}, more than {most}"]
    return []


def _matches(pattern, text):
    with warnings.catch_warnings():
        # The patterns are Java's: a set may hold what Python warns of.
        warnings.simplefilter("ignore", FutureWarning)
        try:
            return re.fullmatch(pattern, text) is not None
        except re.error:
            # Classes of Unicode, which Python's expressions do not have.
            return re.fullmatch(re.sub(r"\\p\{[A-Z]\}", r"\\w ", pattern), text) is not None
