"""Answers function URLs: with the event, or with what the body asks for."""

import base64
import hashlib
import json


def handler(event, context):
    if event["rawPath"] == "/answer":
        return json.loads(event["body"])
    if event["rawPath"] == "/digest":
        body = event.get("body", "")
        return hashlib.sha256(base64.b64decode(body) if event["isBase64Encoded"] else body.encode()).hexdigest()
    if event["rawPath"] == "/fail":
        raise ValueError("on purpose")
    event["seen"] = {"arn": context.invoked_function_arn, "id": context.aws_request_id}
    return event
