#!/usr/bin/python3.11
"""Starts AWS's runtime client for one function; it finds the function's handler in the environment."""

import os
import sys

# The function's code, its layers, the client and what comes with it; then PYTHONPATH and the standard library.
first = [
    os.environ.get("LAMBDA_TASK_ROOT", "/var/task"),
    "/opt/python/lib/python3.11/site-packages",
    "/opt/python",
    os.environ.get("LAMBDA_RUNTIME_DIR", "/var/runtime"),
]
# Packages that happen to be installed on this machine stay out: a function must not work here by accident and fail
# elsewhere. sys.path[0] is this file's directory.
rest = [path for path in sys.path[1:] if path not in first and not path.endswith("/dist-packages")]
sys.path[:] = first + rest

from awslambdaric.__main__ import main  # noqa: E402  (the path comes first)

main([sys.argv[0], os.environ.get("_HANDLER", "")])
