"""The built programs, driven from outside: start, stop, ask, send. Standard library only."""

import http.client
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("TENURE_BIN", os.path.join(ROOT, ".build", "debug"))
DATA = os.environ.get("TENURE_TEST_DATA", os.path.join(os.path.dirname(ROOT), "shared", "data"))

# Debug builds on a loaded two-core machine; a test that hangs must still end.
PATIENCE_SECONDS = 120


def free_port():
    """A TCP port of the loopback interface that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class UnixHTTPConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE_SECONDS)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Exited(AssertionError):
    """The daemon ended before it answered."""


class Daemon:
    """One tenured on a directory of its own."""

    def __init__(self, clock="event", rules=None, config=None, directory=None, open_files=None):
        self.own_directory = directory is None
        self.directory = directory or tempfile.mkdtemp(prefix="tenure-test-")
        self.state = os.path.join(self.directory, "state")
        self.run = os.path.join(self.directory, "run")
        self.arguments = ["--state-dir", self.state, "--run-dir", self.run, "--clock", clock]
        if rules is not None:
            self.rules = os.path.join(self.directory, "rules.yaml")
            with open(self.rules, "w") as file:
                file.write(rules)
            self.arguments += ["--rules", self.rules]
        if config is not None:
            path = os.path.join(self.directory, "tenured.yaml")
            with open(path, "w") as file:
                file.write(config)
            self.arguments += ["--config", path]
        # How many file descriptors it may have (RLIMIT_NOFILE); None: as many as we may.
        self.open_files = open_files
        self.process = None
        # What stands before the program (a tracer), and in its environment beside ours.
        self.prefix = []
        self.environment = {}

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        if self.own_directory:
            shutil.rmtree(self.directory, ignore_errors=True)

    def start(self):
        self.log = open(os.path.join(self.directory, "log"), "a")
        self.process = subprocess.Popen(
            [*self.prefix, os.path.join(BIN, "tenured"), *self.arguments], stdout=self.log, stderr=self.log,
            env={**os.environ, **self.environment}, preexec_fn=self.open_files and self.limit_files)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise Exited(f"tenured exited with {self.process.returncode}:\n{self.log_text()}")
            try:
                self.ask("/healthz")
                return
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)
        raise AssertionError("tenured did not answer in time:\n" + self.log_text())

    def limit_files(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, (self.open_files, self.open_files))

    def stop(self, sig=signal.SIGTERM):
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(sig)
        code = self.process.wait(PATIENCE_SECONDS)
        self.process = None
        self.log.close()
        return code

    def restart(self, sig=signal.SIGTERM):
        self.stop(sig)
        self.start()

    def log_text(self):
        with open(os.path.join(self.directory, "log")) as file:
            return file.read()

    def request(self, method, path, body=None):
        connection = UnixHTTPConnection(os.path.join(self.run, "http.sock"))
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def ask(self, path):
        status, body = self.request("GET", path)
        if status != 200:
            raise AssertionError(f"GET {path}: {status} {body!r}")
        return json.loads(body) if body[:1] in b"{[" else body

    def connect(self):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(PATIENCE_SECONDS)
        try:
            connection.connect(os.path.join(self.run, "ingest.sock"))
        except OSError:
            connection.close()
            raise
        return connection

    def send(self, lines):
        """Sends lines and a sync; returns (ack, errors by line number)."""
        with Sender(self) as sender:
            sender.write("".join(line if line.endswith("\n") else line + "\n" for line in lines).encode())
            return sender.sync()

    def tenure(self, *arguments, **options):
        return subprocess.run(
            [os.path.join(BIN, "tenure"), "--socket", os.path.join(self.run, "http.sock"), *arguments],
            capture_output=True, text=True, timeout=PATIENCE_SECONDS * 5, **options)


class Sender:
    """A sending service with nothing but a socket."""

    def __init__(self, daemon):
        self.socket = daemon.connect()
        self.buffer = b""
        self.errors = {}
        self.ack = 0
        self.seq = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def write(self, data):
        self.socket.sendall(data)

    def reply(self):
        while b"\n" not in self.buffer:
            data = self.socket.recv(1 << 16)
            if not data:
                return None
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        reply = json.loads(line)
        if "error" in reply:
            self.errors[reply["line"]] = reply
        elif "ack" in reply:
            assert reply["ack"] >= self.ack, "acks are cumulative"
            self.ack, self.seq = reply["ack"], reply["seq"]
        return reply

    def sync(self, tag="end"):
        self.write(json.dumps({"type": "sync", "tag": tag}).encode() + b"\n")
        while True:
            reply = self.reply()
            assert reply is not None, "the daemon closed the connection"
            if reply.get("sync") == tag:
                return self.ack, self.errors
