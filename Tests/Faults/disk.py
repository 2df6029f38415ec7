"""A small file system fills up under load, and space returns.

With less free than its reserve the daemon takes nothing more: senders hear `busy: disk` and are held up, questions are
answered, nothing acked is lost; when there is room again, ingest resumes without a restart.
"""

import ctypes
import os
import shutil
import subprocess
import tempfile
import time

from daemon import PATIENCE_SECONDS
from directory import Directory, join
from oracle import Mismatch
from senders import MixedSender, Producer
from table import Row

# The daemon wants 64 MiB for the next turn and its reserve: the first ballast leaves it less, none leaves it enough.
SIZE = 112 << 20
BALLAST = 60 << 20
CONFIG = "log: {reserve: 1MiB}\ncheckpoint: {records: 2000}\n"
LINES_PER_CYCLE = 5_000

CYCLES = {"short": 2, "long": 25}

# sched.h
CLONE_NEWNS = 0x0002_0000
CLONE_NEWUSER = 0x1000_0000


class SmallDisk(Directory):
    def __init__(self, clock, generator):
        super().__init__(clock, generator, config=CONFIG)
        state = self.daemon.state
        os.mkdir(state)
        mount(state)
        self.ballast = os.path.join(state, "ballast")

    def fill_once(self):
        """Load, no room, quiet, room, load. False when the senders had ended before anybody was told."""
        kinds = [("mixed", MixedSender), ("producer", Producer)]
        senders = [self.sender(kind, name, LINES_PER_CYCLE) for name, kind in kinds]
        for sender in senders:
            sender.start()
        time.sleep(self.generator.random() * 0.3)
        with open(self.ballast, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, BALLAST)
        self.wait_until_busy(senders)
        events = self.daemon.ask("/v1/status")["events"]
        time.sleep(self.generator.random() * 0.5)
        self.look()
        if self.daemon.ask("/v1/status")["events"] != events:
            raise Mismatch("events are taken though there is no room")
        os.remove(self.ballast)
        join(senders)
        self.look()
        return any("disk" in sender.busy for sender in senders)

    def wait_until_busy(self, senders):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not all("disk" in sender.busy for sender in senders if sender.is_alive()):
            if time.monotonic() > deadline:
                raise Mismatch("no sender was told `busy: disk`")
            time.sleep(0.02)

    def __exit__(self, *error):
        self.daemon.stop()
        if error[0] is not None:
            shutil.copytree(self.daemon.state, self.daemon.state + "-kept")
        subprocess.run(["umount", self.daemon.state], check=False)
        super().__exit__(*error)


def run(form, cycles, generator):
    row = Row("a full file system, and space again")
    reason = obstacle()
    if reason:
        row.note = f"SKIPPED: {reason}"
        yield row
        return
    with SmallDisk(generator.choice(["wall", "event"]), generator) as directory:
        directory.begin()
        while row.cycles < (cycles or CYCLES[form]):
            row.cycles += directory.fill_once()
        directory.prove()
        row.count(directory.oracle)
    yield row


def mount(path):
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", path], check=True, capture_output=True, text=True)


def obstacle():
    """Why no file system can be mounted here; None when it can, if need be in a namespace of our own."""
    with tempfile.TemporaryDirectory() as folder:
        for prepare in (lambda: None, enter_namespace):
            try:
                prepare()
                mount(folder)
                subprocess.run(["umount", folder], check=True)
                return None
            except OSError as error:
                reason = f"{error}"
            except subprocess.CalledProcessError as error:
                reason = f"{error.stderr.strip()}"
    return reason


def enter_namespace():
    """Makes this process root among its own mounts, which nobody else sees."""
    user, group = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"cannot make a namespace to mount in: {os.strerror(code)}")
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
