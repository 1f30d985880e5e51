"""The privileged half's socket: whatever is asked for there, nothing outside the policy is done.

The packets are those of Sources/Sandbox/ExecutorMessage.swift.
"""

import errno
import struct

import pytest

from machines import eventually

pytestmark = pytest.mark.booted
CREATE, STOP = 1, 2
CREATED, REFUSED, FAILED, STOPPED, GONE, MALFORMED = 16, 17, 18, 20, 21, 22
ENVIRONMENT = "0123456789abcdef0123456789abcdef"
CODE = "/var/lib/lambdad/door-test"


def text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<H", len(data)) + data


def create(
    environment=ENVIRONMENT,
    name="door",
    slot=7,
    root="host",
    code=CODE,
    runtime=None,
    memory=128,
    storage=512,
    network="loopback",
    port=0,
):
    packet = bytes([3, CREATE]) + text(environment) + text(name) + struct.pack("<I", slot) + text(root) + text(code)
    packet += b"\0" if runtime is None else b"\1" + text(runtime)
    packet += b"\0\0"  # no layer, no file system
    return packet + struct.pack("<II", memory, storage) + text(network) + struct.pack("<HB", port, 0)


def stop(environment=ENVIRONMENT):
    return bytes([3, STOP]) + text(environment)


@pytest.fixture
def ask(machine):
    """Sends packets on one connection; the kinds of the answers, their texts, and how many descriptors came."""

    def ask(*packets):
        found = machine.python("ask_executor.py", *[packet.hex() for packet in packets])
        return [answer if answer in (None, "silent") else decoded(*answer) for answer in found["answers"]]

    pid = machine.main_pid("lambda-executor.service")
    machine.run("mkdir", "-p", CODE)
    yield ask
    machine.run("rm", "-r", CODE)
    assert machine.main_pid("lambda-executor.service") == pid, "the executor did not survive"


def decoded(packet, descriptors):
    data = bytes.fromhex(packet)
    return data[1], data[2:].decode("utf-8", "replace"), descriptors


def test_what_the_policy_allows_is_done(ask):
    # If this were refused, the refusals below would show nothing.
    created, stopped = ask(create(), stop())
    assert created[0] == CREATED and created[2] >= 4
    # Its descriptors were closed here, and it may have ended by itself before it was told to.
    assert stopped[0] in (STOPPED, GONE)


def test_a_client_that_goes_away_takes_its_sandboxes_along(idle, ask, machine):
    (created,) = ask(create())
    assert created[0] == CREATED
    eventually("the sandbox is gone", lambda: machine.traces()["processes"] == [], within=10)
    eventually("its cgroup is gone", lambda: machine.traces()["cgroups"] == idle["cgroups"], within=10)


@pytest.mark.parametrize(
    "members",
    [
        {"code": "/etc"},
        {"code": "/"},
        {"code": "/root"},
        {"code": "/var/lib/lambdad"},
        {"code": "/var/lib/lambdad/"},
        {"code": "/var/lib/lambdad/../../../etc"},
        {"code": "/var/lib/lambdad/./door-test"},
        {"code": "/var/lib/lambdad//door-test"},
        {"code": "/var/lib/lambdad-other"},
        {"code": "door-test"},
        {"code": ""},
        {"runtime": "/etc"},
        {"runtime": "/usr/lib/lambdad/../../../root"},
        {"root": "../../etc"},
        {"root": "other"},
        {"root": ""},
        {"slot": 65_536},
        {"slot": 4_294_967_295},
        {"memory": 0},
        {"memory": 1_000_000},
        {"storage": 0},
        {"storage": 1_000_000},
        {"network": "host"},
    ],
    ids=lambda members: " ".join(f"{key}={value}" for key, value in members.items()),
)
def test_a_plan_outside_the_policy_is_refused_with_its_rule(ask, members):
    ((kind, rule, descriptors),) = ask(create(**members))
    assert (kind, descriptors) == (REFUSED, 0)
    assert len(rule) > 40, "no rule is named"


@pytest.mark.parametrize("target", ["/etc", "/", "../../../etc"])
def test_no_symbolic_link_leads_outside(ask, machine, target):
    machine.run("ln", "-sfn", target, f"{CODE}/link")
    for path in (f"{CODE}/link", f"{CODE}/link/ssl"):
        ((kind, _, descriptors),) = ask(create(code=path))
        assert kind in (REFUSED, FAILED) and descriptors == 0


@pytest.mark.parametrize(
    "packet",
    [
        b"\1",
        b"\1" + create()[1:],  # another version of the protocol
        b"\2\11" + create()[2:],
        create()[:-1],
        create()[:20],
        create() + b"\0",
        create(code=b"/var/lib/lambdad/door-test\0/etc"),
        create(code=b"/var/lib/lambdad/\xff\xfe"),
        create(name="../../x"),
        create(name=""),
        create(environment="../../../../../../../../../etc/xyz"),
        create(environment="0" * 31),
        create(network="bridge"),
        create(code="/var/lib/lambdad/" + "x" * 41_000),
        b"\xff" * 5_000,
    ],
    ids=lambda packet: packet[:6].hex() + f"-{len(packet)}",
)
def test_a_malformed_packet_does_nothing(ask, machine, packet):
    (answer,) = ask(packet)
    assert answer is None or (answer[0] in (MALFORMED, REFUSED) and answer[2] == 0), answer
    assert ask(create(), stop())[0][0] == CREATED, "the executor does not serve the next one"


def test_a_sandbox_of_another_client_cannot_be_stopped(ask, machine, deploy):
    function = deploy("probe.py")
    first = function.do("count")
    ask(stop(first["stream"].rpartition("]")[2]))
    assert function.do("count") == {**first, "calls": 2}


def test_strangers_cannot_connect(machine):
    script = (
        "import socket\n"
        "s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\n"
        "try:\n    s.connect('/run/lambdad/executor.sock')\n    print('connected')\n"
        "except OSError as error:\n    print(error.errno)\n"
    )
    as_user = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-c", script)
    assert machine.run(*as_user).strip() == str(errno.EACCES)
    assert machine.run("/usr/bin/python3", "-c", script).strip() == "connected"
