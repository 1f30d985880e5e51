"""A proxy that keeps what passes through it: for a client's call and the raw answer to it to be seen at one time."""

import dataclasses
import http.client
import http.server
import threading
import urllib.parse

from modelled import RawAnswer

# Headers of one connection that mean nothing on another.
OF_A_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length", "te", "upgrade"}


@dataclasses.dataclass(frozen=True)
class Exchange:
    method: str
    path: str
    answer: RawAnswer


class Recorder:
    """Forwards to an endpoint. The Host header stays the client's, for it is signed."""

    def __init__(self, endpoint):
        self.target = urllib.parse.urlsplit(endpoint)
        self.exchanges = []
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                answer = recorder.ask(self.command, self.path, dict(self.headers), body)
                self.send_response_only(answer.status)
                for name, value in answer.headers.items():
                    if name not in OF_A_CONNECTION:
                        self.send_header(name, value)
                if answer.status != 204:
                    self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_GET = do_POST = do_PUT = do_DELETE = forward

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def ask(self, method, path, headers, body):
        connection = http.client.HTTPConnection(self.target.hostname, self.target.port, timeout=120)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                if name.lower() not in OF_A_CONNECTION:
                    connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            answer = RawAnswer(response.status, names, response.read())
        finally:
            connection.close()
        self.exchanges.append(Exchange(method, path, answer))
        return answer

    def take(self):
        """The exchanges since the last call."""
        taken, self.exchanges = self.exchanges, []
        return taken

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
