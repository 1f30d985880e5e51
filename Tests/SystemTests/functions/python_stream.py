"""AWS's Python client has no streaming of its own; what a function can return, and how one streams past the client."""

import http.client
import os
import time

from awslambdaric.lambda_runtime_client import BaseLambdaRuntimeClient
from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller

API = os.environ["AWS_LAMBDA_RUNTIME_API"]


class Pieces(LambdaMarshaller):
    """The client's place for an author's own form of answers: generators go on as they are."""

    def marshal_response(self, response):
        if hasattr(response, "__next__"):
            return response, "text/plain"
        return super().marshal_response(response)


def post_pieces(invoke_id, pieces, content_type, invocation_id):
    """The Runtime API's streaming mode, by hand."""
    connection = http.client.HTTPConnection(API)
    connection.request(
        "POST",
        f"/2018-06-01/runtime/invocation/{invoke_id}/response",
        body=(piece.encode() for piece in pieces),
        encode_chunked=True,
        headers={
            "Transfer-Encoding": "chunked",
            "Content-Type": content_type,
            "Lambda-Runtime-Function-Response-Mode": "streaming",
            "Lambda-Runtime-Invocation-Id": invocation_id,
        },
    )
    answer = connection.getresponse()
    answer.read()
    print(f"answered with {answer.status}", flush=True)


whole = BaseLambdaRuntimeClient.post_invocation_result


def post(self, invoke_id, result, content_type="application/json", invocation_id=None):
    if hasattr(result, "__next__"):
        return post_pieces(invoke_id, result, content_type, invocation_id)
    return whole(self, invoke_id, result, content_type, invocation_id)


if os.environ.get("BY_HAND"):
    BaseLambdaRuntimeClient.marshaller = Pieces()
    BaseLambdaRuntimeClient.post_invocation_result = post


def pieces(event):
    for piece in event["pieces"]:
        yield piece
        time.sleep(event.get("pause", 0))


def handler(event, context):
    if "bytes" in event:
        return event["bytes"].encode()
    return pieces(event) if "pieces" in event else event
