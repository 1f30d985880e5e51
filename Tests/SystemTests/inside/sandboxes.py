"""Prints the cgroups of sandboxes and their processes, as JSON: {CGROUP: [[PID, START TIME], ...]}.

The argument, where there is one, is the folder below /sys/fs/cgroup that is looked through.
"""

import json
import os
import pathlib
import sys

top = pathlib.Path("/sys/fs/cgroup") / (sys.argv[1].lstrip("/") if len(sys.argv) > 1 else "")


def start_time(pid):
    """With the pid, it tells one process from another that has the same number later."""
    try:
        return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except OSError:
        return None


found = {}
for folder, _, _ in os.walk(top):
    if "/sandboxes/" not in folder:
        continue
    try:
        pids = pathlib.Path(folder, "cgroup.procs").read_text().split()
    except OSError:
        continue  # it went meanwhile
    processes = [[int(pid), start_time(pid)] for pid in pids]
    found[folder] = [process for process in processes if process[1] is not None]
print(json.dumps(found))
