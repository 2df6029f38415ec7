"""Senders that remember every line until it is settled, and send again what was not."""

import http.client
import json
import socket
import threading
import time

from oracle import ANYWHERE, Line, compact, instant

COMPANIES = 12
USERS = 40


class Sender(threading.Thread):
    """Sends its pending lines and new ones until the daemon is gone or `quota` lines are settled."""

    def __init__(self, name, daemon, oracle, generator, pending, quota):
        super().__init__(daemon=True)
        self.name = name
        self.server = daemon
        self.oracle = oracle
        self.generator = generator
        # Not settled yet, in the order in which they are sent; shared with the next life of this sender.
        self.pending = pending
        self.quota = quota
        self.failure = None
        self.settled = 0

    def run(self):
        try:
            self.send()
        except (OSError, http.client.HTTPException):
            # The daemon was killed: what is pending is sent again after its restart.
            pass
        except Exception as error:
            self.failure = error

    def make(self, count):
        lines = [self.line() for _ in range(count)]
        with LOCK:
            for line in lines:
                self.oracle.sent(line)
        return lines

    def settle(self, count, through, errors):
        with LOCK:
            for number in range(count):
                self.oracle.settled(self.pending[number], through, errors.get(number + 1))
        del self.pending[:count]
        self.settled += count

    def key(self):
        numbers = self.oracle.numbers
        numbers[self.name] = numbers.get(self.name, 0) + 1
        return f"{self.name}-{numbers[self.name]}"

    def event(self, key, **more):
        """An event of some company at some moment of the last three days, or without a time."""
        random = self.generator
        company, user = f"c{random.randrange(COMPANIES)}", f"u{random.randrange(USERS)}"
        when = int(time.time() * 1_000) - random.randrange(3 * 86_400_000)
        sent = {"company": company, "user": user, "task": f"t{random.randrange(5)}", **more}
        seen = dict(sent, type="track")
        if random.random() < 0.8:
            sent["time"] = when
            seen["time"] = instant(when)
        if random.random() < 0.3:
            sent.update(amount=random.randrange(1, 999) / 4, unit="USD")
            seen.update(amount=f"{sent['amount']:.2f}".rstrip("0").rstrip("."), unit="USD")
        return sent, seen


LOCK = threading.Lock()


class StreamSender(Sender):
    """Over the ingest socket, in pieces of any length."""

    # How often the daemon said that it is too busy, and why.
    busy = ()

    hello = b""

    def send(self):
        self.replies = b""
        self.busy = []
        self.acked = 0
        self.errors = {}
        self.unwritten = b""
        with self.server.connect() as connection:
            try:
                self.exchange(connection)
            finally:
                # Acks that the kernel still holds were given: they count.
                self.drain(connection)

    def exchange(self, connection):
        connection.sendall(self.hello)
        self.greet(connection)
        self.unwritten = "".join(line.text + "\n" for line in self.pending).encode()
        connection.setblocking(False)
        sent = 0
        while self.settled < self.quota or self.pending:
            if len(self.unwritten) - sent < 1 << 16 and self.settled + len(self.pending) < self.quota:
                lines = self.make(self.generator.randrange(1, 200))
                self.pending.extend(lines)
                self.unwritten = self.unwritten[sent:] + "".join(line.text + "\n" for line in lines).encode()
                sent = 0
            try:
                sent += connection.send(self.unwritten[sent:sent + self.generator.randrange(1, 1 << 15)])
            except BlockingIOError:
                pass
            if not self.receive(connection) and sent == len(self.unwritten):
                time.sleep(0.001)

    def greet(self, connection):
        """Only a producer waits for an answer before it sends."""

    def drain(self, connection):
        connection.settimeout(1)
        try:
            while self.receive(connection):
                pass
        except OSError:
            pass

    def receive(self, connection):
        """Takes what has arrived; False when nothing has."""
        try:
            data = connection.recv(1 << 16)
        except BlockingIOError:
            return False
        if not data:
            raise ConnectionResetError("the daemon is gone")
        *lines, self.replies = (self.replies + data).split(b"\n")
        for reply in map(json.loads, lines):
            if "busy" in reply:
                self.busy.append(reply["busy"])
            elif "error" in reply:
                self.errors[reply["line"]] = reply
            elif "ack" in reply:
                errors = {line - self.acked: error for line, error in self.errors.items()}
                count = reply["ack"] - self.acked
                self.acked = reply["ack"]
                self.errors = {line: error for line, error in self.errors.items() if line > self.acked}
                self.settle(count, reply["seq"], errors)
        return True


class MixedSender(StreamSender):
    """Events with ids in both formats, controls, lines that are wrong, ids sent again."""

    def line(self):
        random, key = self.generator, self.key()
        kind = random.random()
        if kind < 0.02:
            return Line(key, '{"company":"c1","task":', "bad_json")
        if kind < 0.04:
            return Line(key, f"broken,company=c1 amount= {key}", "bad_line")
        if kind < 0.06:
            company = f"c{random.randrange(COMPANIES)}"
            text = compact(
                type="group", groupId=company, userId=f"u{random.randrange(USERS)}", messageId=key,
                traits={"seats": random.randrange(10, 60), "timezone": random.choice(["UTC", "Asia/Tokyo"])})
            return Line(key, text, type="group", company=company)
        if kind < 0.065:
            user = f"u{random.randrange(USERS)}"
            text = compact(type="alias", previousId=f"anonymous-{key}", userId=user, messageId=key)
            return Line(key, text, type="alias", user=user, previous_user=f"anonymous-{key}")
        if kind < 0.09:
            again = self.taken()
            if again is not None:
                conflict = dict(json.loads(again.text), count=77)
                return Line(key, json.dumps(conflict), "conflict")
        if kind < 0.14:
            again = self.taken()
            if again is not None:
                return again
        sent, seen = self.event(key)
        if kind < 0.5 and "time" in sent:
            amount = f",amount={sent['amount']},unit=\"USD\"" if "amount" in sent else ""
            seen.pop("props", None)
            text = (f'{sent["task"]},company={sent["company"]} user="{sent["user"]}",id="{key}"{amount},count=1i'
                    f' {sent["time"]}000000')
            return Line(key, text, id=key, **seen)
        return Line(key, compact(**sent, id=key), id=key, **seen)

    def taken(self):
        """A line in JSON with an id that was acked before."""
        last = self.oracle.numbers[self.name]
        start = self.generator.randrange(1, last + 1)
        with LOCK:
            for number in range(start, min(start + 20, last)):
                line = self.oracle.lines.get(f"{self.name}-{number}")
                if line and line.acked_through and "id" in line.record and line.text.startswith("{"):
                    return line
        return None


class StepSender(MixedSender):
    """One batch after the other, each sent when the one before is settled: the daemon commits once a batch, and
    makes the same system calls each time."""

    BATCHES = 4
    LINES = 60

    def exchange(self, connection):
        for _ in range(self.BATCHES):
            self.pending.extend(self.make(self.LINES))
            connection.sendall("".join(line.text + "\n" for line in self.pending).encode())
            while self.pending:
                self.receive(connection)

    def event(self, key, **more):
        """With a payload that cannot be compressed, so that a few batches fill a small segment."""
        return super().event(key, props={"noise": self.generator.randbytes(40).hex()}, **more)


class Producer(StreamSender):
    """Events without ids, numbered by their producer; goes on where the daemon's answer says."""

    def greet(self, connection):
        connection.settimeout(60)
        answer = self.answer(connection)
        while "busy" in answer:
            self.busy.append(answer["busy"])
            answer = self.answer(connection)
        taken = answer["producer_seq"]
        # What the daemon says is taken was taken, though its ack was lost with the connection.
        while self.pending and json.loads(self.pending[0].text)["producer_seq"] <= taken:
            line = self.pending.pop(0)
            with LOCK:
                self.oracle.settled(line, ANYWHERE, None)

    def answer(self, connection):
        while b"\n" not in self.replies:
            data = connection.recv(1 << 16)
            if not data:
                raise ConnectionResetError("the daemon is gone")
            self.replies += data
        answer, self.replies = self.replies.split(b"\n", 1)
        return json.loads(answer)

    @property
    def hello(self):
        return compact(type="hello", producer=self.name).encode() + b"\n"

    def line(self):
        key = self.key()
        sent, seen = self.event(key, props={"k": key})
        return Line(key, compact(**sent, producer_seq=self.oracle.numbers[self.name]), **seen)


class Poster(Sender):
    """Over `POST /v1/events`: an answer or none for the whole body."""

    def send(self):
        while self.settled < self.quota:
            if not self.pending:
                self.pending.extend(self.make(self.generator.randrange(1, 300)))
            body = "\n".join(line.text for line in self.pending)
            status, answer = self.server.request("POST", "/v1/events", body)
            if status != 200:
                raise AssertionError(f"POST /v1/events: {status} {answer!r}")
            answer = json.loads(answer)
            if answer["ack"] != len(self.pending):
                raise AssertionError(f"{len(self.pending)} lines were answered with {answer}")
            self.settle(answer["ack"], answer["seq"], {error["line"]: error for error in answer["errors"]})

    def line(self):
        key = self.key()
        if self.generator.random() < 0.03:
            return Line(key, compact(user="nobody", task=key), "no_company")
        sent, seen = self.event(key, id=key)
        return Line(key, compact(**sent), **seen)
