"""The AWS CLI over every operation, with each answer held against AWS's model as it came over the wire.

Both versions of it. Each runs in one process, for starting it two hundred times would take longer than all it does;
between it and the machine stands a recorder. What is to be done, and what must come back, is in api_steps.py.
"""

import json
import re
import shlex

import botocore
import pytest

import deployed
from api_steps import GROUPS
from clients import Version1, Version2, settings
from machines import eventually
from modelled import Model

# Operations that are newer than the model which lambdad's shapes are made from.
NEWER = {"DeleteResourcePolicy", "GetResourcePolicy", "PutResourcePolicy"}
# The CLI has no command for it; see the test with boto3.
WITHOUT_COMMAND = {"InvokeWithResponseStream"}
HANDLER = "def handler(event, context):\n    return event\n"


@pytest.fixture(scope="module")
def model():
    return Model()


@pytest.fixture(scope="module", params=[Version1, Version2], ids=["v1", "v2"])
def cli(request, machine, credentials, session):
    cli = request.param(machine.endpoint, settings(credentials, session.region_name))
    yield cli
    cli.close()


@pytest.fixture
def values(deploy, new_name, tmp_path):
    """What `<name>` stands for in the steps of a group."""
    function = deploy({"app.py": HANDLER})
    arn = function.client.get_function_configuration(FunctionName=function.name)["FunctionArn"]
    (tmp_path / "code.zip").write_bytes(deployed.zipped({"app.py": HANDLER}))
    (tmp_path / "code2.zip").write_bytes(deployed.zipped({"app.py": HANDLER + "# changed\n"}))
    (tmp_path / "text").write_text("this is no zip")
    (tmp_path / "event.json").write_text("{}")
    return {
        "fn": function.name,
        "arn": arn,
        "lambda": arn.rpartition(":function:")[0],
        "new": new_name,
        "zip": str(tmp_path / "code.zip"),
        "zip2": str(tmp_path / "code2.zip"),
        "text": str(tmp_path / "text"),
        "text-of-json": str(tmp_path / "event.json"),
        "out": str(tmp_path / "out"),
    }


def filled(value, values):
    if isinstance(value, str):
        return re.sub(r"<([\w-]+)>", lambda match: values[match[1]], value)
    if isinstance(value, list):
        return [filled(item, values) for item in value]
    return value


def member(answer, path):
    """The member at a path with dots; None where it is not there."""
    for name in path.split("."):
        answer = answer.get(name) if isinstance(answer, dict) else None
    return answer


def command_of(operation):
    return botocore.xform_name(operation, "-")


def answer_of(operation, exchange):
    """The members of an answer as the CLI shows them: of Invoke, the status and the headers are members."""
    answer = exchange.answer
    if operation != "Invoke":
        return answer.json if answer.body else {}
    headers = {"ExecutedVersion": "x-amz-executed-version", "FunctionError": "x-amz-function-error"}
    return {"StatusCode": answer.status} | {name: answer.headers.get(key) for name, key in headers.items()}


class Sweep:
    """Takes the steps of one group and collects what is wrong, so that one run tells all of it."""

    def __init__(self, cli, model, values, client):
        self.cli, self.model, self.values, self.client = cli, model, dict(values), client
        self.faults = []
        # Operations that the CLI is too old for, or for an option of theirs that a step is about.
        self.lacking = set()

    def take(self, step):
        try:
            arguments = shlex.split(filled(step.arguments, self.values), posix=True)
        except KeyError as error:
            self.faults.append(f"{step.operation} {step.arguments}: no value for {error}, for an earlier step failed")
            return
        if step.operation == "wait":
            self.wait(arguments)
            return
        code, out, err, exchanges = self.ask(step, arguments)
        if not exchanges and ("argument operation: Invalid choice" in err or "Unknown options: " in err):
            self.lacking.add(step.operation)
            return
        place = f"{command_of(step.operation)} {shlex.join(arguments)}"
        if not exchanges:
            self.faults.append(f"{place}: the CLI asked nothing: {err.strip()}")
            return
        for exchange in exchanges:
            found = self.model.faults(step.operation, exchange.answer)
            self.faults += [f"{place}: {fault}" for fault in found]
        last = exchanges[-1]
        if step.fails:
            self.check_refusal(place, step, code, err, last)
        else:
            self.check_success(place, step, code, out, err, last)

    def ask(self, step, arguments):
        """Without options that this version does not know, unless the step is about what is refused."""
        answer = self.cli(command_of(step.operation), *arguments)
        unknown = re.search("Unknown options: (.*)", answer[2])
        if unknown is None or step.fails:
            return answer
        dropped = unknown[1].split(", ")
        return self.cli(command_of(step.operation), *[each for each in arguments if each not in dropped])

    def check_refusal(self, place, step, code, err, exchange):
        answer = exchange.answer
        if answer.error != step.fails:
            self.faults.append(f"{place}: {answer.error or answer.status}, not {step.fails}: {answer.body[:500]!r}")
            return
        wanted = filled(step.text, self.values)
        begins = wanted.endswith("...")
        if answer.message is None or not (
            answer.message.startswith(wanted[:-3]) if begins else answer.message == wanted
        ):
            self.faults.append(f"{place}: says {answer.message!r}, not {wanted!r}")
        told = f"An error occurred ({step.fails}) when calling the {step.operation} operation"
        if code == 0 or told not in err:
            self.faults.append(f"{place}: the CLI ended with {code} and said {err.strip()!r}")

    def check_success(self, place, step, code, out, err, exchange):
        if code != 0:
            self.faults.append(f"{place}: the CLI ended with {code}: {err.strip()}")
            return
        if out.strip():
            json.loads(out)
        answer = answer_of(step.operation, exchange)
        for path, wanted in step.has.items():
            seen = member(answer, path)
            if (seen is None) if wanted is ... else (seen != filled(wanted, self.values)):
                self.faults.append(f"{place}: {path} is {seen!r}, not {filled(wanted, self.values)!r}")
        self.values |= {name: member(answer, path) for name, path in step.keep.items()}

    def wait(self, arguments):
        """A waiter of the CLI, or for a mapping, which has none."""
        name, *rest = arguments
        if name == "mapping":
            uuid, state = rest
            eventually(f"{uuid} is {state}", lambda: self.client.get_event_source_mapping(UUID=uuid)["State"] == state)
        elif name == "no-mapping":
            missing = self.client.exceptions.ResourceNotFoundException

            def gone():
                try:
                    self.client.get_event_source_mapping(UUID=rest[0])
                except missing:
                    return True

            eventually(f"{rest[0]} is gone", gone)
        else:
            code, _, err, exchanges = self.cli("wait", name, *rest)
            if code != 0:
                self.faults.append(f"wait {shlex.join(arguments)}: {err.strip()}")
            if not exchanges:
                self.faults.append(f"wait {shlex.join(arguments)} asked nothing")


@pytest.mark.timeout(240)
@pytest.mark.parametrize("group", GROUPS)
def test_the_cli_finds_what_aws_has(group, cli, model, values, client):
    sweep = Sweep(cli, model, values, client)
    for step in GROUPS[group]:
        sweep.take(step)
    assert sweep.lacking <= cli.lacks
    assert not sweep.faults, f"{len(sweep.faults)} faults:\n" + "\n".join(sweep.faults)


def test_no_operation_is_left_out(model):
    called = {step.operation for steps in GROUPS.values() for step in steps} - {"wait"}
    assert called | NEWER | WITHOUT_COMMAND == set(model.operations)
