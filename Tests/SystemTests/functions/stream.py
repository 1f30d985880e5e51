#!/usr/bin/python3
"""A runtime of its own that answers in chunks, piece by piece, as the event says."""

import base64
import http.client
import json
import os
import time

API = os.environ["AWS_LAMBDA_RUNTIME_API"]
PATH = "/2018-06-01/runtime/invocation"


def chunk(connection, data):
    connection.send(b"%x\r\n%b\r\n" % (len(data), data))


def respond(connection, identifier, event):
    connection.putrequest("POST", f"{PATH}/{identifier}/response")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.putheader("Lambda-Runtime-Function-Response-Mode", event.get("mode", "streaming"))
    connection.putheader("Content-Type", event.get("type", "text/plain"))
    connection.putheader("Trailer", "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body")
    connection.endheaders()
    for piece in event.get("pieces", []):
        chunk(connection, piece.encode())
        time.sleep(event.get("pause", 0))
    for _ in range(event.get("megabytes", 0)):
        chunk(connection, b"x" * 1048576)
    print(f"wrote everything {event.get('mark', '')}", flush=True)
    if "exit" in event:
        os._exit(event["exit"])
    time.sleep(event.get("sleep", 0))
    if event.get("breaks"):
        connection.close()
        return None
    trailers = b""
    if "error" in event:
        body = base64.b64encode(json.dumps(event["error"]).encode())
        trailers = b"Lambda-Runtime-Function-Error-Type: %b\r\nLambda-Runtime-Function-Error-Body: %b\r\n" % (
            event["error"]["errorType"].encode(),
            body,
        )
    connection.send(b"0\r\n%b\r\n" % trailers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


while True:
    connection = http.client.HTTPConnection(API)
    connection.request("GET", f"{PATH}/next")
    response = connection.getresponse()
    event = json.loads(response.read())
    status = respond(connection, response.headers["Lambda-Runtime-Aws-Request-Id"], event)
    print(f"answered with {status} {event.get('mark', '')}", flush=True)
    connection.close()
