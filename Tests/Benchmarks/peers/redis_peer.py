"""Redis with an append-only file: one call of fold.lua a batch, all batches pipelined over one Unix socket.

Pipelined, since a sender that waits for each reply would leave the server idle; over one connection, since the
server runs one script at a time whatever the number of connections.
"""

import hashlib
import os
import socket
import subprocess
import threading
import time

import load
from measure import Measurement

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fold.lua")
SETTINGS = {
    "port": "0", "save": "", "appendonly": "yes",
    # Would rewrite the file in the background while events come, on the cores that are measured.
    "auto-aof-rewrite-percentage": "0",
}
PATIENCE_SECONDS = 60


def run(events, directory, options, appendfsync):
    with open(SCRIPT, "rb") as file:
        script = file.read()
    name = hashlib.sha1(script).hexdigest()
    calls = [encode("EVALSHA", name, 0, *arguments(batch)) for batch in load.batches(events, options.redis_batch)]
    with Server(directory, appendfsync) as server, server.connect() as connection:
        connection.ask("SCRIPT", "LOAD", script)
        with Measurement(server.process.pid) as measurement:
            sender = threading.Thread(target=connection.send, args=(calls,))
            sender.start()
            for _ in calls:
                connection.reply()
            sender.join()
        return measurement.cost, answers(connection)


def arguments(batch):
    for event in batch:
        yield from (event.id, event.company, event.user, event.task, load.day(event.time_ms), event.time_ms,
                    event.amount)


def answers(connection):
    companies = [key.removeprefix("company:") for key in connection.ask("KEYS", "company:*")]
    portraits = {}
    for company in companies:
        fields = connection.ask("HGETALL", f"company:{company}")
        portrait = load.Portrait(users=connection.ask("SCARD", f"users:{company}"),
                                 last_ms=int(connection.ask("ZSCORE", "last", company)))
        for name, value in zip(fields[::2], map(int, fields[1::2])):
            kind, _, rest = name.partition(":")
            {"day": portrait.days, "task": portrait.tasks}[kind][rest] = value
        portrait.events = sum(portrait.days.values())
        portraits[company] = portrait
    return load.Answers(logged=connection.ask("XLEN", "log"), portraits=portraits)


class Server:
    """One redis-server on a directory of its own, reached by a Unix socket only."""

    def __init__(self, directory, appendfsync):
        self.directory = directory
        self.socket = os.path.join(directory, "redis.sock")
        settings = {**SETTINGS, "appendfsync": appendfsync, "dir": directory, "unixsocket": self.socket}
        self.arguments = [word for name, value in settings.items() for word in (f"--{name}", value)]

    def __enter__(self):
        with open(os.path.join(self.directory, "log"), "w") as log:
            self.process = subprocess.Popen(["redis-server", *self.arguments], stdout=log, stderr=log)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE_SECONDS)

    def connect(self):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return Connection(self.socket)
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    with open(os.path.join(self.directory, "log")) as log:
                        raise SystemExit(f"peers: redis-server did not start:\n{log.read()}") from None
                time.sleep(0.02)


class Connection:
    """As much of the protocol (RESP2) as is spoken here."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise
        self.replies = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.replies.close()
        self.socket.close()

    def send(self, calls):
        for call in calls:
            self.socket.sendall(call)

    def ask(self, *words):
        self.send([encode(*words)])
        return self.reply()

    def reply(self):
        line = self.replies.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return self.replies.read(int(rest) + 2)[:-2].decode()
        if kind == b"*":
            return [self.reply() for _ in range(int(rest))]
        raise SystemExit(f"peers: Redis said {line!r}")


def encode(*words):
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        word = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(word), word))
    return b"".join(parts)
