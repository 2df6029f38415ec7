"""`kill -9` of the real daemon: at random moments under load, and at each system call of a few commits.

Several senders remember what they sent, what was acked and what was refused, and send again what was not settled,
with the same ids. After each restart every acked event is in the log exactly once and not behind its ack's seq,
nothing is there that nobody sent, seq has no gap, no flag was raised twice, and the state equals a replay.
"""

import os
import signal
import subprocess
import time

from daemon import BIN, PATIENCE_SECONDS
from directory import Directory, join
from nth_call import NthCall
from senders import MixedSender, Poster, Producer
from table import Row

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

# Some checkpoints in each life.
CONFIG = "checkpoint: {records: 1500, duplicates: 64KiB}\n"

CYCLES = {"short": 25, "long": 500}
# How many calls are skipped between two kills: the short form samples, the long one takes each.
STRIDE = {"short": 23, "long": 1}


class Killed(Directory):
    def senders(self, quota):
        kinds = [("mixed", MixedSender), ("other", MixedSender), ("producer", Producer), ("poster", Poster)]
        return [self.sender(kind, name, quota) for name, kind in kinds]

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
        if self.generator.random() < VERIFIED_ONLINE:
            self.verify_online()

    def kill_in_recovery(self):
        process = subprocess.Popen(
            [os.path.join(BIN, "tenured"), *self.daemon.arguments],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(self.generator.random() * 0.2)
        process.kill()
        process.wait(PATIENCE_SECONDS)

    def finish(self):
        """Lets every sender end in peace; then the log on the disk must say what the daemon said."""
        senders = self.senders(LINES_PER_CYCLE // 10)
        for sender in senders:
            sender.start()
        join(senders)
        self.prove()


def run(form, cycles, generator):
    yield at_random(cycles or CYCLES[form], generator)
    for kind in ("kill-before", "kill-after"):
        yield NthCall(f"kill -9 {kind[5:]} the N-th call", generator, STRIDE[form], kind=kind).run()


def at_random(cycles, generator):
    row = Row("kill -9 at random moments under load")
    while row.cycles < cycles:
        with Killed(generator.choice(["wall", "event"]), generator, config=CONFIG) as directory:
            directory.begin()
            for _ in range(min(CYCLES_PER_DIRECTORY, cycles - row.cycles)):
                directory.kill_once()
                row.cycles += 1
            directory.finish()
            row.count(directory.oracle)
    return row
