"""Logs on request, in every way that a function can: {"do": DEED, ...}."""

import logging
import os
import socket

logger = logging.getLogger("probe")


def levels(event, context):
    logger.setLevel(logging.NOTSET)
    for level in ("debug", "info", "warning", "error", "critical"):
        getattr(logger, level)("a line of %s", level)


def lines(event, context):
    logger.error("first\nsecond\nthird")
    print("printed\nalone")


def printed(event, context):
    for line in event["lines"]:
        print(line)


def crash(event, context):
    logger.error("last words\nof two lines")
    os._exit(event.get("status", 1))


def flood(event, context):
    for number in range(event["records"]):
        logger.error("record %06d\n%s", number, "x" * event.get("length", 0))
    return event["records"]


def fail(event, context):
    raise KeyError("shown with its trace")


def variable(event, context):
    return os.environ.get("_LAMBDA_TELEMETRY_LOG_FD")


def identity(event, context):
    client, cognito = context.client_context, context.identity
    return {
        "client": client and {"custom": client.custom, "env": client.env, "title": client.client.app_title},
        "cognito": cognito and [cognito.cognito_identity_id, cognito.cognito_identity_pool_id],
        "trace": os.environ.get("_X_AMZN_TRACE_ID"),
    }


def segment(event, context):
    """Sends a datagram to the daemon, as an SDK would."""
    host, port = os.environ["AWS_XRAY_DAEMON_ADDRESS"].split(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(event["text"].encode(), (host, int(port)))


DEEDS = {name: deed for name, deed in globals().items() if callable(deed)}


def handler(event, context):
    return DEEDS[event["do"]](event, context)
