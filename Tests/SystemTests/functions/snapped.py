"""A function with hooks around its snapshot: says in which order things were, and breaks on request."""

import os
import time

import boto3
from snapshot_restore_py import register_after_restore, register_before_snapshot

BREAKS = os.environ.get("BREAKS", "")
steps = ["init"]


@register_before_snapshot
def before():
    steps.append("before")
    print("before the snapshot", flush=True)
    if BREAKS == "before":
        raise RuntimeError("no snapshot")


@register_after_restore
def after():
    steps.append("after")
    print("after the restore", flush=True)
    if BREAKS == "after":
        raise RuntimeError("no restore")
    if BREAKS == "slow":
        time.sleep(60)


def handler(event, context):
    steps.append("handler")
    if event.get("exit") is not None:
        os._exit(event["exit"])
    if event.get("sleep"):
        time.sleep(event["sleep"])
    found = boto3.Session().get_credentials()
    return {
        "steps": steps,
        "pid": os.getpid(),
        "environment": {name: value for name, value in os.environ.items() if name.startswith("AWS_")},
        "stream": context.log_stream_name,
        "credentials": None if found is None else [found.method, found.access_key, bool(found.token)],
    }
