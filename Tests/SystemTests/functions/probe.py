"""A function that looks around and misbehaves on request: {"do": DEED, ...}."""

import ctypes
import errno
import grp
import os
import pathlib
import pwd
import resource
import signal
import socket
import stat as modes
import subprocess
import sys
import time

calls = 0


def echo(event, context):
    return event.get("value")


def context(event, context):
    return {
        "id": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "name": context.function_name,
        "version": context.function_version,
        "memory": context.memory_limit_in_mb,
        "group": context.log_group_name,
        "stream": context.log_stream_name,
        "remaining": context.get_remaining_time_in_millis(),
        "client": context.client_context and context.client_context.custom,
        "trace": os.environ.get("_X_AMZN_TRACE_ID"),
    }


def count(event, context):
    global calls
    calls += 1
    return {"calls": calls, "pid": os.getpid(), "stream": context.log_stream_name}


def environment(event, context):
    return dict(os.environ)


def identity(event, context):
    status = dict(
        line.split(":\t", 1) for line in pathlib.Path("/proc/self/status").read_text().splitlines() if ":\t" in line
    )
    names = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Uid", "Gid", "Groups")
    return {
        "uid": os.getresuid(),
        "gid": os.getresgid(),
        "groups": os.getgroups(),
        "user": pwd.getpwuid(os.getuid()).pw_name,
        "group": grp.getgrgid(os.getgid()).gr_name if has_group() else None,
        "status": {name: status[name].strip() for name in names if name in status},
        "host": socket.gethostname(),
        "cwd": os.getcwd(),
        "processes": sorted(int(name) for name in os.listdir("/proc") if name.isdigit()),
        "pid": os.getpid(),
        "dumpable": ctypes.CDLL(None).prctl(3, 0, 0, 0, 0),
    }


def has_group():
    try:
        grp.getgrgid(os.getgid())
        return True
    except KeyError:
        return False


def limits(event, context):
    return {name: resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT_")}


def mounts(event, context):
    lines = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
    found = []
    for line in lines:
        before, after = line.split(" - ")
        fields = before.split()
        found.append({"at": fields[4], "options": fields[5].split(","), "type": after.split()[0]})
    return found


def own_descriptors(event, context):
    """Kind of each standard descriptor, with the numbers of its device or the pipe's."""
    found = {}
    for number in (0, 1, 2):
        status = os.fstat(number)
        if modes.S_ISCHR(status.st_mode):
            found[number] = ["character device", os.major(status.st_rdev), os.minor(status.st_rdev)]
        else:
            found[number] = ["pipe" if modes.S_ISFIFO(status.st_mode) else "other", status.st_ino]
    return found


def stat(event, context):
    found = {}
    for path in event["paths"]:
        try:
            status = os.stat(path)
            found[path] = [oct(status.st_mode & 0o7777), status.st_uid, status.st_gid]
        except OSError as error:
            found[path] = errno.errorcode[error.errno]
    return found


def listing(event, context):
    return sorted(os.listdir(event["path"]))


def write(event, context):
    """The errno of writing a file at each of the paths, or null."""
    found = {}
    for path in event["paths"]:
        try:
            with open(path, "w") as file:
                file.write("x")
            found[path] = None
        except OSError as error:
            found[path] = errno.errorcode[error.errno]
    return found


def read(event, context):
    found = {}
    for path in event["paths"]:
        try:
            with open(path, "rb") as file:
                found[path] = len(file.read(64))
        except OSError as error:
            found[path] = errno.errorcode[error.errno]
    return found


def fill(event, context):
    """Writes to /tmp until it is full; MiB that fitted, and the errno."""
    block, written = b"\0" * (1 << 20), 0
    try:
        with open("/tmp/filler", "wb", buffering=0) as file:
            while written < event["limit"]:
                file.write(block)
                written += 1
        return [written, None]
    except OSError as error:
        return [written, errno.errorcode[error.errno]]
    finally:
        os.unlink("/tmp/filler")


def connect(event, context):
    found = {}
    for host, port in event["targets"]:
        with socket.socket() as probe:
            probe.settimeout(3)
            try:
                probe.connect((host, port))
                found[f"{host}:{port}"] = None
            except TimeoutError:
                found[f"{host}:{port}"] = "TIMEOUT"
            except OSError as error:
                found[f"{host}:{port}"] = errno.errorcode.get(error.errno, str(error))
    return found


def families(event, context):
    """The errno of making a socket of each family and type, or null."""
    found = {}
    for name, family, kind in event["sockets"]:
        try:
            socket.socket(family, kind).close()
            found[name] = None
        except OSError as error:
            found[name] = errno.errorcode[error.errno]
    return found


def system_call(event, context):
    """The errno of raw system calls, by number and arguments; null where one succeeded."""
    library = ctypes.CDLL(None, use_errno=True)
    found = {}
    for name, number, *arguments in event["calls"]:
        ctypes.set_errno(0)
        result = library.syscall(number, *[ctypes.c_long(argument) for argument in arguments])
        found[name] = errno.errorcode.get(ctypes.get_errno(), "?") if result == -1 else None
    return found


def command(event, context):
    done = subprocess.run(event["command"], capture_output=True, text=True, timeout=20)
    return [done.returncode, done.stdout, done.stderr]


def raise_error(event, context):
    raise ValueError("spoiled on purpose")


def exit(event, context):
    os._exit(event["status"])


def die(event, context):
    # The kernel spares a process that has no handler for most signals when it is pid 1; a runtime is not.
    os.kill(os.getpid(), getattr(signal, event["signal"]))
    time.sleep(60)


def sleep(event, context):
    print(event.get("say", "sleeping"), flush=True)
    time.sleep(event["seconds"])
    return "slept"


def stay(event, context):
    time.sleep(event["seconds"])
    return context.log_stream_name


def leave(event, context):
    """Leaves a mark in /tmp and in memory, then runs out of time."""
    global calls
    calls = 1000
    pathlib.Path("/tmp/mark").write_text("here")
    time.sleep(60)


def found(event, context):
    mark = pathlib.Path("/tmp/mark")
    return {"mark": mark.read_text() if mark.exists() else None, "calls": calls}


def large(event, context):
    return "x" * (event["bytes"] - 2)


def flood(event, context):
    lines = event["lines"]
    for start in range(0, lines, 1000):
        sys.stdout.write("".join(f"flood {number:06}\n" for number in range(start, min(start + 1000, lines))))
    sys.stdout.flush()
    return lines


def say(event, context):
    for text in event["lines"]:
        print(text, flush=True)


def say_bytes(event, context):
    os.write(1, bytes(event["bytes"]))


def fork_bomb(event, context):
    """Forks children that stay until no more can be made; how many there were, and the errno."""
    children, reason = 0, None
    while children < event["limit"]:
        try:
            child = os.fork()
        except OSError as error:
            reason = errno.errorcode[error.errno]
            break
        if child == 0:
            signal.pause()
        children += 1
    return [children, reason]


def daemonize(event, context):
    """Leaves a process behind that has left its session and ignores what can be ignored."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            os.execv("/usr/bin/sleep", ["left-behind", "3600"])
        os._exit(0)
    return "left"


def eat(event, context):
    """Takes memory, MiB, touches it, and keeps it for the time of the call."""
    held = bytearray(event["mebibytes"] << 20)
    for offset in range(0, len(held), 4096):
        held[offset] = 1
    return len(held) >> 20


def spin(event, context):
    """CPU time that so much wall time gave, as a share."""
    start, used = time.monotonic(), time.process_time()
    while time.monotonic() - start < event["seconds"]:
        pass
    return (time.process_time() - used) / (time.monotonic() - start)


def caller_identity(event, context):
    import boto3

    answer = boto3.client("sts").get_caller_identity()
    return {"arn": answer["Arn"], "account": answer["Account"]}


def store(event, context):
    import boto3

    client = boto3.client("s3")
    client.create_bucket(
        Bucket=event["bucket"], CreateBucketConfiguration={"LocationConstraint": os.environ["AWS_REGION"]}
    )
    client.put_object(Bucket=event["bucket"], Key="k", Body=b"kept")
    return client.get_object(Bucket=event["bucket"], Key="k")["Body"].read().decode()


def call_lambda(event, context):
    import boto3

    answer = boto3.client("lambda", endpoint_url=event["endpoint"]).list_functions()
    return len(answer["Functions"])


DEEDS = {name: deed for name, deed in globals().items() if callable(deed)}


def handler(event, context):
    return DEEDS[event["do"]](event, context)
