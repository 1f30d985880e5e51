"""Prints what there is of sandboxes on this machine, as JSON. Run by the system Python of the machine under test."""

import json
import os
import pathlib


def link(path):
    try:
        return os.readlink(path)
    except OSError:
        return None


def own_processes():
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def mounts(pid):
    try:
        return sorted(line.split()[4] for line in pathlib.Path(f"/proc/{pid}/mountinfo").read_text().splitlines())
    except OSError:
        return []


def command_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return ""


def name_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def descriptors(pid):
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0


first = link("/proc/1/ns/pid")
processes, networks, daemon_mounts, daemon_descriptors = [], set(), {}, {}
for pid in own_processes():
    space = link(f"/proc/{pid}/ns/pid")
    if space is not None and space != first:
        processes.append(f"{command_of(pid) or name_of(pid)}")
    network = link(f"/proc/{pid}/ns/net")
    if network is not None:
        networks.add(network)
    name = name_of(pid)
    if name in ("systemd", "lambdad", "lambda-executor") and space == first:
        if name != "systemd" or pid == 1:
            daemon_mounts[name] = mounts(pid)
            daemon_descriptors[name] = descriptors(pid)

cgroups = []
for folder, _, _ in os.walk("/sys/fs/cgroup"):
    if "/sandboxes/" in folder:
        cgroups.append(folder)

files = []
for top in ("/run/lambdad", "/run/lambda-executor", "/var/lib/lambdad", "/tmp", "/var/tmp"):
    for folder, folders, names in os.walk(top):
        # Code and its trees belong to functions, and SQLite's files come and go.
        folders[:] = [name for name in folders if name not in ("trees", "zips") and "systemd-private" not in name]
        files += [os.path.join(folder, name) for name in names + folders if ".sqlite" not in name and ".db" not in name]

print(
    json.dumps(
        {
            "processes": sorted(processes),
            "networks": len(networks),
            "mounts": daemon_mounts,
            "descriptors": daemon_descriptors,
            "cgroups": sorted(cgroups),
            "files": sorted(files),
        }
    )
)
