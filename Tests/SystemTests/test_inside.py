"""The sandbox as the function itself sees it."""

import re
import socket

import pytest

NONE = "0000000000000000"
LIBRARIES = (
    *("/var/lang/lib", "/lib64", "/usr/lib64", "/var/runtime", "/var/runtime/lib"),
    *("/var/task", "/var/task/lib", "/opt/lib"),
)


@pytest.mark.everywhere
def test_the_identity_is_that_of_aws_and_has_no_power(probe):
    seen = probe.do("identity")
    assert seen["uid"] == [993, 993, 993] and seen["gid"] == [990, 990, 990]
    assert seen["user"] == "sbx_user1051"
    assert set(seen["groups"]) <= {990}
    status = seen["status"]
    assert [status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")] == [NONE] * 5
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


@pytest.mark.everywhere
def test_only_its_own_processes_are_seen(probe):
    seen = probe.do("identity")
    assert 1 < seen["pid"] < 100, "the pids are not of a namespace of their own"
    assert seen["pid"] in seen["processes"] and 1 not in seen["processes"]
    assert len(seen["processes"]) <= 2


@pytest.mark.everywhere
def test_the_environment_is_the_golden_list(deploy):
    function = deploy("probe.py", Environment={"Variables": {"COLOUR": "green", "PATH": "/var/task:/usr/bin:/bin"}})
    seen = function.do("environment")
    exact = {
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_RUNTIME_API": "169.254.100.1:9001",
        "AWS_REGION": "eu-central-1",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1:2000",
        "COLOUR": "green",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LAMBDA_TASK_ROOT": "/var/task",
        "LANG": "en_US.UTF-8",
        "LC_CTYPE": "C.UTF-8",
        "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:"
        "/var/task:/var/task/lib:/opt/lib",
        "PATH": "/var/task:/usr/bin:/bin",
        "PWD": "/var/task",
        "PYTHONPATH": "/var/runtime",
        "SHLVL": "0",
        "TZ": ":UTC",
        "_AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1",
        "_AWS_XRAY_DAEMON_PORT": "2000",
        "_HANDLER": "app.handler",
    }
    forms = {
        "AWS_ACCESS_KEY_ID": r"ASIA[A-Z0-9]{16}",
        "AWS_SECRET_ACCESS_KEY": r"[A-Za-z0-9/+]{40}",
        "AWS_SESSION_TOKEN": r"\S{16,}",
        "AWS_LAMBDA_LOG_STREAM_NAME": r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}",
        "_X_AMZN_TRACE_ID": r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=[01].*",
    }
    assert {name: value for name, value in seen.items() if name not in forms} == exact
    for name, form in forms.items():
        assert re.fullmatch(form, seen[name]), f"{name}={seen[name]}"


@pytest.mark.everywhere
def test_nothing_is_open_but_the_standard_descriptors(deploy):
    # The fourth is the listing's own. A shell is asked, for Python's runtime client has sockets of its own.
    assert deploy("echo.bash").invoke({}).payload["descriptors"] == "0, 1, 2, 3"


def test_the_standard_descriptors_are_a_null_device_and_the_log(probe):
    own = probe.do("own_descriptors")
    assert own["0"] == ["character device", 1, 3]
    assert own["1"][0] == "pipe" and own["1"] == own["2"]


@pytest.mark.everywhere
def test_every_mount_is_nosuid_and_nodev_and_all_but_tmp_read_only(probe):
    seen = probe.do("mounts")
    allowed = re.compile(
        r"/|/(usr|etc|opt|mnt|proc|tmp|dev)|/usr/\S+|/bin/[a-z]+|/etc/\S+|/var(/task|/runtime)?|/dev/[a-z/]+"
    )
    assert {"/", "/usr", "/proc", "/tmp", "/var/task"} <= {mount["at"] for mount in seen}
    for mount in seen:
        assert allowed.fullmatch(mount["at"]), mount
        options = mount["options"]
        assert "nosuid" in options, mount
        # The nodes of /dev are made in its own file system, which nobody can write to or make a node in.
        if mount["at"] != "/dev" and not mount["at"].startswith("/dev/"):
            assert "nodev" in options, mount
        if mount["at"] not in ("/tmp", "/proc") and not mount["at"].startswith("/dev/"):
            assert "ro" in options, mount


def test_the_folders_are_as_on_aws(probe):
    seen = probe.do(
        "stat", paths=["/var/task", "/opt", "/tmp", "/var/task/app.py", "/sys/kernel", "/home/sbx_user1051"]
    )
    assert seen == {
        "/var/task": ["0o755", 0, 0],
        "/opt": ["0o755", 0, 0],
        "/tmp": ["0o1777", 0, 0],
        "/var/task/app.py": ["0o644", 0, 0],
        "/sys/kernel": "ENOENT",
        "/home/sbx_user1051": "ENOENT",
    }


@pytest.mark.everywhere
def test_it_can_write_to_tmp_and_nowhere_else(probe):
    paths = ["/x", "/var/task/x", "/var/runtime/x", "/opt/x", "/etc/x", "/usr/x", "/dev/x", "/mnt/x", "/proc/x"]
    seen = probe.do("write", paths=["/tmp/x", "/dev/shm/x", *paths])
    assert seen.pop("/tmp/x") is None
    seen.pop("/dev/shm/x")
    assert set(seen.values()) <= {"EROFS", "EACCES", "ENOENT", "EPERM"}, seen


def test_the_kernel_keeps_its_secrets(probe):
    paths = [
        "/proc/kcore",
        "/proc/kmsg",
        "/proc/kallsyms",
        "/proc/1/environ",
        "/proc/1/maps",
        "/proc/sysrq-trigger",
        "/proc/keys",
        "/etc/shadow",
        "/dev/mem",
        "/dev/kmsg",
        "/proc/sys/kernel/core_pattern",
    ]
    seen = probe.do("read", paths=["/dev/zero", *paths])
    assert seen.pop("/dev/zero") == 64
    assert set(seen.values()) <= {"ENOENT", "EACCES", "EPERM"}, seen


def test_tmp_has_the_size_that_was_asked_for(deploy):
    function = deploy("probe.py", EphemeralStorage={"Size": 600}, MemorySize=1024)
    written, reason = function.do("fill", limit=700)
    assert reason == "ENOSPC" and 590 <= written <= 600


def test_the_limits_are_those_of_aws(probe):
    seen = probe.do("limits")
    assert seen["RLIMIT_NOFILE"] == [1024, 1024]
    assert seen["RLIMIT_NPROC"][1] <= 1024
    assert seen["RLIMIT_MEMLOCK"] == [65536, 65536]
    assert seen["RLIMIT_CORE"][1] == 0


@pytest.mark.everywhere
@pytest.mark.parametrize(
    "name, number, arguments",
    [
        ("unshare user", 272, [0x10000000]),
        ("unshare net", 272, [0x40000000]),
        ("setns", 308, [0, 0]),
        ("clone new user", 56, [0x10000000 | 17, 0, 0, 0, 0]),
        ("clone3", 435, [0, 0]),
        ("mount", 165, [0, 0, 0, 0, 0]),
        ("ptrace traceme", 101, [0, 0, 0, 0]),
        ("bpf", 321, [0, 0, 0]),
        ("io_uring_setup", 425, [1, 0]),
        ("perf_event_open", 298, [0, 0, -1, -1, 0]),
        ("userfaultfd", 323, [0]),
        ("keyctl", 250, [0, 0, 0]),
        ("process_vm_readv", 310, [1, 0, 0, 0, 0, 0]),
        ("kexec_load", 246, [0, 0, 0, 0]),
        ("init_module", 175, [0, 0, 0]),
        ("open_by_handle_at", 304, [0, 0, 0]),
        ("pidfd_getfd", 438, [0, 0, 0]),
        ("chroot", 161, [0]),
        ("pivot_root", 155, [0, 0]),
        ("reboot", 169, [0, 0, 0, 0]),
        ("swapon", 167, [0, 0]),
    ],
)
def test_a_system_call_that_widens_its_rights_is_refused(probe, name, number, arguments):
    seen = probe.do("system_call", calls=[["getpid", 39], [name, number, *arguments]])
    assert seen["getpid"] is None
    assert seen[name] in ("EPERM", "ENOSYS", "EACCES"), seen


def test_sockets_of_unusual_families_are_refused(probe):
    wanted = [["inet", socket.AF_INET, socket.SOCK_STREAM], ["unix", socket.AF_UNIX, socket.SOCK_STREAM]]
    refused = [
        ["raw", socket.AF_INET, socket.SOCK_RAW],
        ["packet", socket.AF_PACKET, socket.SOCK_RAW],
        ["vsock", socket.AF_VSOCK, socket.SOCK_STREAM],
        ["alg", socket.AF_ALG, socket.SOCK_SEQPACKET],
    ]
    seen = probe.do("families", sockets=wanted + refused)
    assert (seen.pop("inet"), seen.pop("unix")) == (None, None)
    assert None not in seen.values(), seen


@pytest.mark.everywhere
def test_there_is_a_shell_that_is_bash_and_there_is_curl(probe):
    status, output, _ = probe.do(
        "command", command=["/bin/sh", "-c", 'echo "$BASH_VERSION"; curl --version | head -n 1']
    )
    shell, curl = output.splitlines()
    assert status == 0 and shell.startswith("5.") and curl.startswith("curl ")


def test_names_are_resolved_from_its_own_files(probe):
    status, output, error = probe.do("command", command=["/usr/bin/getent", "hosts", "sandbox.localdomain"])
    assert status == 0 and output.split()[0] == "127.0.0.1", error


def test_two_functions_have_different_users_and_share_no_file(probe, deploy, machine):
    other = deploy("probe.py")
    probe.do("write", paths=["/tmp/of-probe"])
    assert other.do("listing", path="/tmp") == []
    assert "of-probe" in probe.do("listing", path="/tmp")
