"""The N-th system call that changes the state directory goes wrong, N = 1, 2, 3 … until a life passes unharmed.

A life is a start and a few commits, the segment sealed on the way included. Each N meets two directories: an empty
one, and one that has many lives behind it, so that recovery is met as well.
"""

import http.client
import os
import re
import signal

import shim
from daemon import Exited
from directory import SMALL_FILES, Directory
from oracle import Mismatch
from table import Row

# What a stop for a failed call must say: where, what, and behind a semicolon what to do.
COMPLAINT = re.compile(r"^tenured: .*(/|log|tail|format|lock).*; .+", re.MULTILINE)
INPUT_OUTPUT = 74
# More calls than any life makes; one that needs more never ends.
GREATEST_N = 1_000
# What is met among others when no call is skipped: pages, sync and root of a commit, which liblmdb calls.
CALLS_OF_A_COMMIT = {("writev", "data.mdb"), ("fdatasync", "data.mdb"), ("pwrite", "data.mdb")}


class NthCall:
    """One kind of fault at every N-th call."""

    def __init__(self, name, generator, stride=1, **fault):
        self.row = Row(name)
        self.generator = generator
        self.stride = stride
        self.fault = fault
        # Name and file of each call that went wrong.
        self.met = set()

    def run(self):
        self.on_new_directories()
        self.on_one_directory()
        if self.stride == 1 and not CALLS_OF_A_COMMIT <= self.met:
            raise Mismatch(f"{CALLS_OF_A_COMMIT - self.met} never went wrong: does the shim see what liblmdb does?")
        return self.row

    def numbers(self):
        """With a stride, another sample each time."""
        return range(1 + self.generator.randrange(self.stride), GREATEST_N, self.stride)

    def on_new_directories(self):
        for number in self.numbers():
            with self.directory() as directory:
                was_met = self.life(directory, number)
                directory.daemon.start()
                self.look(directory)
                directory.send_first()
                directory.send_steps()
                directory.prove()
                self.row.count(directory.oracle)
            if not was_met:
                return
        raise Mismatch(f"after {GREATEST_N} calls the daemon has not done yet")

    def on_one_directory(self):
        with self.directory() as directory:
            directory.begin()
            directory.send_steps()
            directory.daemon.stop(signal.SIGKILL)
            for number in self.numbers():
                was_met = self.life(directory, number)
                directory.daemon.start()
                self.look(directory)
                if not was_met:
                    break
                directory.daemon.stop(signal.SIGKILL)
            directory.send_steps()
            directory.prove()
            self.row.count(directory.oracle)

    def directory(self):
        return Directory(self.generator.choice(["wall", "event"]), self.generator, config=SMALL_FILES)

    def life(self, directory, number):
        """A start and a few commits with the fault at call `number`; false when there was no such call."""
        daemon = directory.daemon
        report = os.path.join(daemon.directory, f"met-{number}")
        if os.path.exists(report):
            os.remove(report)
        said = len(daemon.log_text()) if os.path.exists(os.path.join(daemon.directory, "log")) else 0
        daemon.environment = shim.fault(daemon.state, report, at=number, **self.fault)
        try:
            directory.begin()
            directory.send_steps()
        except (Exited, OSError, http.client.HTTPException):
            # It has ended, as it should; why is asked below.
            pass
        was_told = daemon.process.poll() is None
        code = daemon.stop()
        daemon.environment = {}
        was_met = self.note(report)
        if was_met:
            self.row.cycles += 1
        self.check_end(code, was_told, was_met, daemon.log_text()[said:])
        return was_met

    def note(self, report):
        with open(report) as file:
            met = [line.split() for line in file]
        self.met.update((name, os.path.basename(path)) for _, name, path in met)
        return bool(met)

    def check_end(self, code, was_told, was_met, text):
        if was_met and self.fault["kind"].startswith("kill"):
            if code != -signal.SIGKILL:
                raise Mismatch(f"killed, but it exited with {code}:\n{text}")
        elif code == INPUT_OUTPUT and was_met:
            if not COMPLAINT.search(text):
                raise Mismatch(f"exit {code} without saying where, what and what to do:\n{text}")
        elif code != 0 or not was_told:
            raise Mismatch(f"exit {code} with a fault {'met' if was_met else 'not met'}:\n{text}")

    def look(self, directory):
        directory.look()
        directory.verify_online()
