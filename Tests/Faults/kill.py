"""kill -9 of the real daemon at random moments under load, and what its log must hold afterwards.

Several senders remember what they sent, what was acked and what was refused, and send again what was
not settled, with the same ids. After each restart every acked event is in the log exactly once and not
behind its ack's seq, nothing is there that nobody sent, seq has no gap, no flag was raised twice, and
the state equals a replay. Standard library only.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "BlackBox"))

from daemon import BIN, PATIENCE_SECONDS, Daemon  # noqa: E402
from oracle import Line, Mismatch, Oracle, compact, instant  # noqa: E402
from senders import NUMBERS, MixedSender, Poster, Producer  # noqa: E402

RULES = """
flags:
  - {name: full, kind: upsell, severity: medium, when: seats_fill >= 1, clear: seats_fill < 0.9, summary: full}
  - {name: crowded, kind: info, severity: low, when: users_total > 30, summary: crowded}
  - {name: busy, kind: info, severity: low, when: events(1d) > 200, clear: events(1d) < 10, summary: busy}
stages:
  - {name: small, when: users_total < 20}
  - {name: large, when: users_total >= 20}
"""

# A directory lives for so many kills: short enough that its replays stay quick.
CYCLES_PER_DIRECTORY = 25
# Lines that one sender may settle between two kills.
LINES_PER_CYCLE = 3_000
# The longest time from the first line to the kill. Half of the kills come within a tenth of it.
LONGEST_LIFE_SECONDS = 0.6
# How often the daemon is killed once more while it recovers.
KILLED_IN_RECOVERY = 0.25
# How often a restarted daemon replays its log beside its work and compares.
VERIFIED_ONLINE = 0.2
PAGE = 10_000


class Directory:
    """One state directory from its first start to its last proof."""

    def __init__(self, clock, generator):
        self.generator = generator
        self.daemon = Daemon(clock=clock, rules=RULES)
        self.oracle = Oracle()
        self.pending = {}
        NUMBERS.clear()

    def begin(self):
        """Under the event clock, events without a time are stamped with `now`, and looked for on that date and
        the one before: so `now` must not be days behind when the first of them comes."""
        self.daemon.start()
        now = int(time.time() * 1_000)
        line = Line("first", compact(company="c0", task="began", time=now, id="first"), time=instant(now))
        self.oracle.sent(line)
        _, answer = self.daemon.request("POST", "/v1/events", line.text)
        self.oracle.settled(line, json.loads(answer)["seq"], None)

    def senders(self, quota):
        kinds = [("mixed", MixedSender), ("other", MixedSender), ("producer", Producer), ("poster", Poster)]
        return [
            kind(name, self.daemon, self.oracle, random.Random(self.generator.random()),
                 self.pending.setdefault(name, []), quota)
            for name, kind in kinds]

    def kill_once(self):
        """Load, kill, restart, look."""
        senders = self.senders(LINES_PER_CYCLE)
        for sender in senders:
            sender.start()
        share = self.generator.random() * (0.1 if self.generator.random() < 0.5 else 1)
        time.sleep(share * LONGEST_LIFE_SECONDS)
        self.daemon.stop(signal.SIGKILL)
        join(senders)
        while self.generator.random() < KILLED_IN_RECOVERY:
            self.kill_in_recovery()
        self.daemon.start()
        self.look()

    def kill_in_recovery(self):
        process = subprocess.Popen(
            [os.path.join(BIN, "tenured"), *self.daemon.arguments],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(self.generator.random() * 0.2)
        process.kill()
        process.wait(PATIENCE_SECONDS)

    def look(self):
        start = len(self.oracle.records) + 1
        while start is not None:
            page = self.daemon.ask(f"/v1/events?from={start}&limit={PAGE}")
            self.oracle.look(page["events"])
            start = page["next"]
        self.oracle.look_for_acked()
        self.oracle.look_at_flags()
        if self.generator.random() < VERIFIED_ONLINE:
            self.verify_online()

    def verify_online(self):
        answer = self.daemon.ask("/v1/verify")
        if not answer["ok"]:
            raise Mismatch(f"the state does not equal a replay: {answer}")
        return answer["digest"]

    def finish(self):
        """Lets every sender end in peace; then the log on the disk must say what the daemon said."""
        senders = self.senders(LINES_PER_CYCLE // 10)
        for sender in senders:
            sender.start()
        join(senders)
        left = sum(len(pending) for pending in self.pending.values())
        if left:
            raise Mismatch(f"{left} lines are not settled, though nobody killed the daemon")
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


def join(senders):
    for sender in senders:
        sender.join(PATIENCE_SECONDS)
        if sender.is_alive():
            raise Mismatch(f"sender {sender.name} got no answer in {PATIENCE_SECONDS} s")
    for sender in senders:
        if sender.failure is not None:
            raise sender.failure


def run(cycles, seed):
    generator = random.Random(seed)
    done = acked = refused = records = 0
    began = time.monotonic()
    while done < cycles:
        clock = generator.choice(["wall", "event"])
        directory = Directory(clock, generator)
        try:
            directory.begin()
            for _ in range(min(CYCLES_PER_DIRECTORY, cycles - done)):
                directory.kill_once()
                done += 1
            directory.finish()
        except BaseException:
            print(f"cycle {done + 1}, clock {clock}: seed {seed}; kept: {directory.daemon.directory}", file=sys.stderr)
            directory.daemon.own_directory = False
            raise
        finally:
            directory.daemon.__exit__()
        acked += directory.oracle.acked
        refused += directory.oracle.refused
        records += len(directory.oracle.records)
        print(f"{done} kills in {time.monotonic() - began:.0f} s: {acked} events acked, {refused} lines refused, "
              f"{records} records; every event that was acked is there once, and nothing else", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=500, help="how many times the daemon is killed under load")
    parser.add_argument(
        "--seed", type=int, help="repeats a run's load and moments; the machine still has its own timing")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}", flush=True)
    try:
        run(options.cycles, seed)
    except Mismatch as mismatch:
        sys.exit(f"seed {seed}: {mismatch}")


if __name__ == "__main__":
    main()
