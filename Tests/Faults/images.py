"""Power losses, made offline: what could be on the disk at any moment of a recorded run.

The shim records each call that changes the state directory, each sync, and all that goes to the senders. From that,
images are made of what a power loss at any moment could have left: all that was synced, and of the rest any part, torn
at 512 bytes (recording.py has the model). The daemon is started on each: everything acknowledged before that moment
must be there as it was, behind it only what was sent, and it must go on when the senders send everything again.
"""

import copy
import json
import os

import recording
import shim
from daemon import Daemon, Exited
from directory import RULES, SMALL_FILES, join, records
from kill import Killed
from oracle import Mismatch, Oracle
from table import Row

CYCLES = {"short": 12, "long": 600}
# Each recorded run gives so many images; then another is recorded.
IMAGES_PER_RUN = 150
# Lines that each of the concurrent senders of a run has settled.
LINES = 150


def run(form, cycles, generator):
    row = Row("power losses: any part of what was not synced, torn at 512 bytes")
    wanted = cycles or CYCLES[form]
    while row.cycles < wanted:
        with Recorded(generator.choice(["wall", "event"]), generator, config=SMALL_FILES) as recorded:
            recorded.record()
            for _ in range(min(IMAGES_PER_RUN, wanted - row.cycles)):
                recorded.lose_power()
                row.cycles += 1
            row.count(recorded.oracle)
    yield row


class Recorded(Killed):
    """One run from an empty directory to its end, and every call that it made."""

    def record(self):
        path = os.path.join(self.daemon.directory, "record")
        self.daemon.environment = shim.recording(self.daemon.state, path)
        self.begin()
        self.send_steps()
        senders = self.senders(quota=LINES)
        for sender in senders:
            sender.start()
        join(senders)
        self.daemon.environment = {}
        self.prove()
        self.operations = recording.read(path, self.daemon.state)
        changes = [moment for moment, operation in enumerate(self.operations, 1) if operation.kind != "A"]
        acks = [moment for moment, operation in enumerate(self.operations, 1) if operation.kind == "A"]
        self.moments = [changes, acks]

    def lose_power(self):
        """At some moment: between two changes of the disk, or, as often, just when a reply was on its way."""
        moment = self.generator.choice(self.generator.choice(self.moments))
        keeper = Keeper(self.generator)
        image = recording.Image(self.operations, moment, keeper.names, keeper.sector)
        acked = recording.acked_through(self.operations[:moment])
        daemon = Daemon(clock=self.clock, rules=RULES, config=SMALL_FILES)
        try:
            image.write(daemon.state)
            self.judge(daemon, acked)
        except BaseException:
            daemon.own_directory = False
            print(f"power lost after operation {moment} of {len(self.operations)}, acked through {acked}, "
                  f"{keeper}; kept: {daemon.directory}")
            raise
        finally:
            daemon.__exit__()

    def judge(self, daemon, acked):
        try:
            daemon.start()
        except Exited as exited:
            raise Mismatch(f"no start after a power loss: {exited}") from None
        found = records(daemon)
        if found[:acked] != self.oracle.records[:acked]:
            raise Mismatch(f"what was acked through seq {acked} is not there as it was, but {len(found)} records")
        # What was not acked may be there or not; what is there is checked against what was sent.
        oracle = Oracle()
        oracle.lines = {key: copy.copy(line) for key, line in self.oracle.lines.items()}
        for line in oracle.lines.values():
            line.acked_through = None
        oracle.look(found)
        self.send_again(daemon, oracle)
        oracle.look_again()
        oracle.look(records(daemon))
        oracle.look_for_acked()
        oracle.look_at_flags()
        answer = daemon.ask("/v1/verify")
        if not answer["ok"]:
            raise Mismatch(f"the state does not equal a replay: {answer}")
        if daemon.stop() != 0:
            raise Mismatch(f"no end in peace:\n{daemon.log_text()}")
        report = daemon.tenure("--json", "verify", daemon.state)
        if report.returncode != 0 or json.loads(report.stdout)["digest"] != answer["digest"]:
            raise Mismatch(f"tenure verify: {report.returncode} {report.stdout}{report.stderr}; digest was {answer}")

    @staticmethod
    def send_again(daemon, oracle):
        """All lines that have an id, as senders do that have heard nothing; each is then there once."""
        lines = [line for line in oracle.lines.values() if "id" in line.record and not line.refusal]
        status, body = daemon.request("POST", "/v1/events", "\n".join(line.text for line in lines))
        answer = json.loads(body)
        if status != 200 or answer["errors"]:
            raise Mismatch(f"sent again after a power loss: {status} {answer}")
        for line in lines:
            oracle.settled(line, answer["seq"], None)


class Keeper:
    """Decides what of all that was not synced is on the disk: nothing, all, or a mixture in runs of any length."""

    def __init__(self, generator):
        self.generator = generator
        self.keeps = generator.random() < 0.5
        # How often it changes its mind between one sector and the next.
        self.restlessness = generator.choice([0, 0.02, 0.2, 0.5])
        self.share_of_names = generator.choice([0, 1, generator.random()])

    def sector(self):
        if self.generator.random() < self.restlessness:
            self.keeps = not self.keeps
        return self.keeps

    def names(self, count):
        return round(count * self.share_of_names)

    def __str__(self):
        return f"restlessness {self.restlessness}, names kept {self.share_of_names:.2f}"
