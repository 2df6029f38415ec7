"""One state directory from its first start to its last proof, and everything that was sent to it."""

import json
import random
import sys
import time

from daemon import PATIENCE_SECONDS, Daemon
from oracle import Line, Mismatch, Oracle, compact, instant
from senders import StepSender

RULES = """
flags:
  - {name: full, kind: upsell, severity: medium, when: seats_fill >= 1, clear: seats_fill < 0.9, summary: full}
  - {name: crowded, kind: info, severity: low, when: users_total > 30, summary: crowded}
  - {name: busy, kind: info, severity: low, when: events(1d) > 200, clear: events(1d) < 10, summary: busy}
stages:
  - {name: small, when: users_total < 20}
  - {name: large, when: users_total >= 20}
"""

# Segments so small that a few batches fill one: sealing one and opening the next is then among what is tested; and so
# are checkpoints, their merges, and duplicates that have left memory.
SMALL_FILES = "log: {segment: 48KiB}\ncheckpoint: {records: 60, duplicates: 4KiB}\n"
PAGE = 10_000


class Directory:
    def __init__(self, clock, generator, config=None):
        self.clock = clock
        self.generator = generator
        self.daemon = Daemon(clock=clock, rules=RULES, config=config)
        self.oracle = Oracle()
        self.pending = {}
        # Under the event clock, events without a time are stamped with `now`, and looked for on that date and the
        # one before: so `now` must not be days behind when the first of them comes.
        now = int(time.time() * 1_000)
        self.first = Line("first", compact(company="c0", task="began", time=now, id="first"), time=instant(now))
        self.oracle.sent(self.first)

    def begin(self):
        self.daemon.start()
        self.send_first()

    def send_first(self):
        if self.first.acked_through is None:
            status, answer = self.daemon.request("POST", "/v1/events", self.first.text)
            if status != 200:
                raise Mismatch(f"the first event was answered with {status} {answer!r}")
            self.oracle.settled(self.first, json.loads(answer)["seq"], None)

    def sender(self, kind, name, quota=0):
        return kind(
            name, self.daemon, self.oracle, random.Random(self.generator.random()),
            self.pending.setdefault(name, []), quota)

    def send_steps(self):
        """A few batches, one commit each; ends early when the daemon does."""
        sender = self.sender(StepSender, "step")
        sender.run()
        if sender.failure is not None:
            raise sender.failure

    def look(self):
        """Everything that came into the log since the last look, and whether what was acked is there."""
        if self.oracle.records:
            seen = self.oracle.records[-1]
            if self.daemon.ask(f"/v1/events?from={seen['seq']}&limit=1")["events"] != [seen]:
                raise Mismatch(f"the record at seq {seen['seq']} was seen before and is another one now: {seen}")
        self.oracle.look(records(self.daemon, len(self.oracle.records) + 1))
        self.oracle.look_for_acked()
        self.oracle.look_at_flags()

    def verify_online(self):
        answer = self.daemon.ask("/v1/verify")
        if not answer["ok"]:
            raise Mismatch(f"the state does not equal a replay: {answer}")
        return answer["digest"]

    def prove(self):
        """The whole log is as it must be, and says the same to the daemon and, once it has stopped, to `tenure`."""
        left = sum(len(pending) for pending in self.pending.values())
        if left:
            raise Mismatch(f"{left} lines are not settled, though nothing stood in their way")
        # Under the event clock the last looks at companies come with a sync, or with the close of a connection,
        # which nobody is told of.
        self.daemon.send([])
        self.oracle.look_again()
        self.look()
        raised = self.oracle.look_at_flags()
        listed = self.daemon.ask(f"/v1/flags?limit={PAGE}")["flags"]
        if len(listed) != raised:
            raise Mismatch(f"{len(listed)} flags are listed as open, the log has {raised}")
        self.check_export()
        digest = self.verify_online()
        if self.daemon.stop() != 0:
            raise Mismatch("the daemon did not stop in peace:\n" + self.daemon.log_text())
        self.verify_stopped(digest)

    def check_export(self):
        export = self.daemon.tenure("export", "events", "--format", "ndjson")
        seqs = [json.loads(line)["seq"] for line in export.stdout.splitlines()]
        missing = set(self.oracle.found.values()) - set(seqs)
        if export.returncode != 0 or missing or len(seqs) != len(set(seqs)):
            raise Mismatch(f"tenure export events: {export.returncode} {export.stderr} without {sorted(missing)[:9]}")

    def verify_stopped(self, digest):
        report = self.daemon.tenure("--json", "verify", self.daemon.state)
        if report.returncode != 0 or json.loads(report.stdout)["digest"] != digest:
            raise Mismatch(f"tenure verify: {report.returncode} {report.stdout}{report.stderr}; digest was {digest}")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        """Keeps the directory when something was wrong with it."""
        if kind is not None:
            self.daemon.own_directory = False
            print(f"clock {self.clock}; kept: {self.daemon.directory}", file=sys.stderr)
        self.daemon.__exit__()


def records(daemon, start=1):
    """All records from seq `start` on."""
    found = []
    while start is not None:
        page = daemon.ask(f"/v1/events?from={start}&limit={PAGE}")
        found += page["events"]
        start = page["next"]
    return found


def join(senders):
    for sender in senders:
        sender.join(PATIENCE_SECONDS)
        if sender.is_alive():
            raise Mismatch(f"sender {sender.name} got no answer in {PATIENCE_SECONDS} s")
    for sender in senders:
        if sender.failure is not None:
            raise sender.failure
