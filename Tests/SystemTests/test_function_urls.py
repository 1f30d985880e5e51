"""Function URLs: called by curl and by signed requests, answered by functions in real sandboxes."""

import base64
import dataclasses
import hashlib
import json
import subprocess
import urllib.parse

import pytest

import deployed

FORBIDDEN = {
    "Message": "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
}


def curl(url, *arguments, data=None):
    """Status, headers (a list of pairs) and body of an answer."""
    command = ["curl", "--silent", "--show-error", "--include", "--max-time", "60", "--noproxy", "*"]
    if data is not None:
        command += ["--data-binary", "@-"]
    done = subprocess.run([*command, *arguments, url], input=data, capture_output=True, timeout=90)
    assert done.returncode == 0, done.stderr
    rest = done.stdout
    while True:
        head, _, rest = rest.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        status = int(lines[0].split()[1])
        if status != 100:
            break
    headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:]]
    return status, [(name.lower(), value) for name, value in headers], rest


@dataclasses.dataclass
class Site:
    function: deployed.Function
    url: str

    def get(self, path="", *arguments, data=None):
        return curl(urllib.parse.urljoin(self.url, path), *arguments, data=data)

    def event(self, path="", *arguments, data=None):
        status, _, body = self.get(path, *arguments, data=data)
        assert status == 200, body
        return json.loads(body)

    def answer(self, value, *arguments):
        """What the caller gets where the function's answer is `value`."""
        return self.get("answer", *arguments, "--header", "Content-Type: application/json", data=json.dumps(value).encode())


@pytest.fixture
def site_of(client, deploy):
    def site_of(auth="NONE", permission=True, **members):
        function = deploy("web.py")
        made = client.create_function_url_config(FunctionName=function.name, AuthType=auth, **members)
        if permission:
            client.add_permission(
                FunctionName=function.name,
                StatementId="url",
                Action="lambda:InvokeFunctionUrl",
                Principal="*",
                FunctionUrlAuthType=auth,
            )
        return Site(function, made["FunctionUrl"])

    return site_of


@pytest.fixture
def site(site_of):
    return site_of()


def test_the_url_of_the_answer_is_one_that_curl_can_call(site):
    event = site.event("a%20b?x=1&x=2", "--cookie", "c=1; d=2")
    assert event["version"] == "2.0" and event["rawPath"] == "/a%20b"
    assert event["requestContext"]["http"]["path"] == "/a b"
    assert event["queryStringParameters"] == {"x": "1,2"} and event["cookies"] == ["c=1", "d=2"]
    assert event["headers"]["user-agent"].startswith("curl/") and event["isBase64Encoded"] is False
    assert event["requestContext"]["domainName"] == urllib.parse.urlsplit(site.url).hostname
    assert event["seen"]["id"] == event["requestContext"]["requestId"]
    assert event["seen"]["arn"].endswith(f":function:{site.function.name}")


def test_it_can_be_called_by_its_path(site, machine):
    name = urllib.parse.urlsplit(site.url).hostname.partition(".")[0]
    status, _, body = curl(f"{machine.endpoint}/_lambdad/url/{name}/deep/er?y=%20")
    event = json.loads(body)
    assert status == 200 and event["rawPath"] == "/deep/er" and event["queryStringParameters"] == {"y": " "}


@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream"])
@pytest.mark.parametrize("size", [0, 1, 100_000, 6_000_000])
def test_bodies_reach_the_function_whole(site, size, kind):
    sent = bytes(range(32, 127)) * (size // 95 + 1)
    sent = sent[:size] if kind == "text/plain" else bytes(byte ^ 0x80 for byte in sent[:size])
    status, _, body = site.get("digest", "--header", f"Content-Type: {kind}", data=sent)
    assert (status, body.decode()) == (200, hashlib.sha256(sent).hexdigest())


def test_a_body_of_more_than_6_mib_is_refused(site):
    status, headers, _ = site.get("", data=b"x" * 6_291_457)
    assert status == 413 and ("x-amzn-errortype", "RequestEntityTooLargeException") in headers


def test_status_headers_cookies_and_bytes_go_back(site):
    status, headers, body = site.answer(
        {
            "statusCode": 418,
            "headers": {"Content-Type": "image/x-teapot", "X-Mine": "yes", "Content-Length": "9"},
            "cookies": ["a=1; Path=/", "b=2"],
            "body": base64.b64encode(bytes(range(256))).decode(),
            "isBase64Encoded": True,
        }
    )
    assert status == 418 and body == bytes(range(256))
    assert [value for name, value in headers if name == "set-cookie"] == ["a=1; Path=/", "b=2"]
    assert ("content-type", "image/x-teapot") in headers and ("x-mine", "yes") in headers
    assert ("content-length", "256") in headers and ("x-amzn-remapped-content-length", "9") in headers


@pytest.mark.parametrize(
    "value, text",
    [({"hello": "world"}, b'{"hello":"world"}'), (["hello", 3, True], b'["hello",3,true]'), ("hello", b"hello"), (3.1, b"3.1")],
)
def test_what_is_no_response_is_sent_as_json(site, value, text):
    status, headers, body = site.answer(value)
    assert (status, body) == (200, text) and ("content-type", "application/json") in headers


def test_errors_of_the_function_are_a_502(site):
    assert site.get("fail")[::2] == (502, b"Internal Server Error")
    assert site.answer({"statusCode": "none"})[::2] == (502, b"Internal Server Error")


def test_head_has_no_body(site):
    status, headers, body = site.get("", "--head")
    assert status == 200 and body == b"" and int(dict(headers)["content-length"]) > 0


def test_nobody_may_call_without_the_permission(site_of):
    site = site_of(permission=False)
    status, headers, body = site.get()
    assert status == 403 and json.loads(body) == FORBIDDEN
    assert ("x-amzn-errortype", "AccessDeniedException") in headers


def test_a_url_that_is_not_there_says_nothing(machine):
    status, headers, body = curl(
        machine.endpoint, "--header", "Host: 0123456789abcdefghijklmnopqrstuv.lambda-url.eu-central-1.localhost"
    )
    assert (status, body) == (403, b'{"Message":null}') and ("x-amzn-errortype", "AccessDeniedException") in headers


def test_aws_iam_needs_a_signature(site_of, raw):
    site = site_of(auth="AWS_IAM", permission=False)
    assert json.loads(site.get()[2]) == FORBIDDEN
    host = urllib.parse.urlsplit(site.url).netloc
    status, _, body = raw.ask("POST", "/signed?a=b", b"{}", headers={"Host": host})
    event = json.loads(body)
    assert status == 200 and event["rawPath"] == "/signed" and "authorization" not in event["headers"]
    assert event["requestContext"]["authorizer"]["iam"]["accountId"] == "000000000000"

    def spoil(headers):
        headers["Authorization"] = headers["Authorization"][:-4] + "0000"

    status, _, body = raw.ask("POST", "/signed", b"{}", headers={"Host": host}, spoil=spoil)
    assert status == 403 and b"does not match the signature you provided" in body


def test_preflights_are_answered_for_the_function(site_of):
    site = site_of(Cors={"AllowOrigins": ["https://a.example"], "AllowMethods": ["PUT"], "MaxAge": 7})
    question = ["--request", "OPTIONS", "--header", "Origin: https://a.example"]
    status, headers, body = site.get("", *question, "--header", "Access-Control-Request-Method: PUT")
    assert (status, body) == (200, b"")
    assert ("access-control-allow-origin", "https://a.example") in headers
    assert ("access-control-allow-methods", "PUT") in headers and ("access-control-max-age", "7") in headers
    assert site.event("", *question)["requestContext"]["http"]["method"] == "OPTIONS"


def test_reserved_concurrency_0_switches_a_url_off(site, client):
    client.put_function_concurrency(FunctionName=site.function.name, ReservedConcurrentExecutions=0)
    status, headers, _ = site.get()
    assert status == 429 and ("x-amzn-errortype", "TooManyRequestsException") in headers
    client.delete_function_concurrency(FunctionName=site.function.name)
    assert site.get()[0] == 200


def test_a_tag_chooses_the_id(client, deploy, new_name):
    function = deploy("web.py", Tags={"_custom_id_": new_name})
    made = client.create_function_url_config(FunctionName=function.name, AuthType="NONE")
    assert urllib.parse.urlsplit(made["FunctionUrl"]).hostname == f"{new_name}.lambda-url.eu-central-1.localhost"


def test_it_survives_a_restart_and_goes_with_the_function(site, machine, client):
    machine.restart()
    assert site.get()[0] == 200
    client.delete_function(FunctionName=site.function.name)
    assert site.get()[::2] == (403, b'{"Message":null}')
    code, status, _ = deployed.refused(client.get_function_url_config, FunctionName=site.function.name)
    assert (code, status) == ("ResourceNotFoundException", 404)
