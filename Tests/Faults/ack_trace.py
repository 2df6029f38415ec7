"""A trace of the daemon's system calls proves that no ack is written before the sync that covers it.

How LMDB commits, as the trace shows it, for each segment's data.mdb:

    writev(data.mdb)          the pages of the transaction; none of them belongs to the state before
    fdatasync(data.mdb)       they are on the disk
    pwrite64(data.mdb)        the root page, through a descriptor opened with O_DSYNC: on the disk on return

Only then is the block of a commit part of the log. A block's header says which seqs it holds, and stands in the traced
bytes behind its magic; a reply `{"ack":N,"seq":S}` promises all through S. strace writes a call down when it ends,
or, when another thread's call comes between, in two lines for its start and its end. What must have happened before
counts from its end, what must come after from its start, so no doubt is decided in the daemon's favour.
"""

import json
import os
import re
import shutil
import struct
import subprocess
import time

from daemon import PATIENCE_SECONDS
from directory import SMALL_FILES, join
from kill import Killed
from oracle import Mismatch
from table import Row

CALLS = "openat,write,writev,pwrite64,pwritev,fdatasync,fsync,msync,sendto,sendmsg"
# Longer than any block of the traced run: strace cuts what is longer.
TRACED_BYTES = 4 << 20

BLOCK_MAGIC = b"TNRBLOCK"
FIRST_SEQ_AT, COUNT_AT = 32, 40

LINE = re.compile(r"^(?P<thread>\d+) +(?P<call>.*)$")
UNFINISHED = " <unfinished ...>"
RESUMED = re.compile(r"^<\.\.\. \w+ resumed>")
CALL = re.compile(r"^(?P<name>\w+)\((?P<arguments>.*)\) += (?P<result>-?\d+)", re.DOTALL)
DESCRIPTOR = re.compile(r"^(?P<number>\d+)<(?P<path>[^>]*)>")
STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')

# Lines that each sender has settled before the next round.
LINES = 200

# Acks.
CYCLES = {"short": 40, "long": 3_000}


class Call:
    """One system call: its name, the file or socket that it is about, and what it writes."""

    def __init__(self, text):
        self.name, arguments = text.split("(", 1)
        found = DESCRIPTOR.match(arguments)
        self.descriptor = found and int(found["number"])
        self.path = unescaped(found["path"]) if found else ""
        self.data = b"".join(bytes.fromhex(part.replace("\\x", "")) for part in STRING.findall(arguments))
        self.is_synchronous = "O_DSYNC" in arguments or "O_SYNC" in arguments
        ended = CALL.match(text)
        self.result = int(ended["result"]) if ended else None


def unescaped(text):
    return bytes.fromhex(text.replace("\\x", "")).decode(errors="replace") if text.startswith("\\x") else text


def calls(lines):
    """Pairs of "start" or "end" and a `Call`, in the order of the trace."""
    begun = {}
    for line in lines:
        found = LINE.match(line.rstrip("\n"))
        if not found or found["call"].startswith(("+++", "---")):
            continue
        thread, text = found["thread"], found["call"]
        if text.endswith(UNFINISHED):
            begun[thread] = text[:-len(UNFINISHED)]
            yield "start", Call(begun[thread])
        elif RESUMED.match(text):
            # Without its start the trace has begun in the middle of the call.
            if thread in begun:
                yield "end", Call(begun.pop(thread) + RESUMED.sub("", text))
        elif CALL.match(text):
            call = Call(text)
            yield "start", call
            yield "end", call


class Checker:
    """Follows a trace from the first start on an empty directory."""

    def __init__(self):
        # By data file: the last seqs of blocks written and not synced, and those that the sync under way covers.
        self.unsynced = {}
        self.covered = {}
        self.synced = 0
        self.committed = 0
        self.roots = set()
        self.commits = 0
        self.acks = 0

    def check(self, lines):
        for moment, call in calls(lines):
            if call.name == "openat":
                self.opened(moment, call)
            elif call.path.startswith("socket:") and moment == "start":
                self.replied(call)
            elif call.path.endswith("/data.mdb"):
                self.changed(moment, call)
        return self

    def opened(self, moment, call):
        if moment == "end" and call.result >= 0:
            # The number may have been another file's before.
            self.roots.discard(call.result)
            if call.is_synchronous:
                self.roots.add(call.result)

    def changed(self, moment, call):
        unsynced = self.unsynced.setdefault(call.path, set())
        if call.name in ("fdatasync", "fsync"):
            if moment == "start":
                self.covered[call.path] = set(unsynced)
            elif call.result == 0:
                covered = self.covered.pop(call.path)
                unsynced -= covered
                self.synced = max(self.synced, *covered, 0)
        elif call.descriptor in self.roots:
            if moment == "start" and unsynced:
                raise Mismatch(
                    f"a root page of {call.path} was written before blocks through {max(unsynced)} were synced")
            if moment == "end" and call.result == len(call.data):
                self.commits += 1
                self.committed = self.synced
        elif moment == "start":
            unsynced.update(last_seqs(call.data))

    def replied(self, call):
        for line in call.data.split(b"\n"):
            if line.startswith(b'{"ack":'):
                self.acks += 1
                seq = json.loads(line)["seq"]
                if seq > self.committed:
                    raise Mismatch(
                        f"{line.decode()} was written when the log was durable through {self.committed} only")


def last_seqs(data):
    """Of the blocks whose headers stand in `data`."""
    place = data.find(BLOCK_MAGIC)
    while place >= 0:
        first, = struct.unpack_from("<Q", data, place + FIRST_SEQ_AT)
        count, = struct.unpack_from("<I", data, place + COUNT_AT)
        yield first + count - 1
        place = data.find(BLOCK_MAGIC, place + 1)


def run(form, cycles, generator):
    row = Row("acks held against the trace of system calls")
    reason = obstacle()
    if reason:
        row.note = f"SKIPPED: {reason}"
        yield row
        return
    with Killed("wall", generator, config=SMALL_FILES) as directory:
        path = os.path.join(directory.daemon.directory, "trace")
        # -D: the daemon stays our child, and strace is the one that is beside it.
        directory.daemon.prefix = [
            "strace", "-D", "-f", "-y", "-xx", "-s", str(TRACED_BYTES), "-e", f"trace={CALLS}", "-o", path]
        directory.begin()
        wanted = cycles or CYCLES[form]
        acks = 0
        while acks < wanted:
            senders = directory.senders(LINES)
            for sender in senders:
                sender.start()
            directory.send_steps()
            join(senders)
            with open(path) as trace:
                acks = sum('\\x7b\\x22\\x61\\x63\\x6b' in line for line in trace)
        process = directory.daemon.process.pid
        directory.prove()
        wait_for_end(path, process)
        with open(path) as trace:
            checker = Checker().check(trace)
        if checker.committed < len(directory.oracle.records):
            raise Mismatch(f"the trace ends at seq {checker.committed}, the log at {len(directory.oracle.records)}")
        row.cycles = checker.acks
        row.count(directory.oracle)
        row.note = f"{checker.commits:,} commits"
    yield row


def wait_for_end(path, process):
    """strace, which is nobody's child, may write for a moment longer than the daemon lives."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        with open(path) as trace:
            # The process's number is padded to five places.
            if any(line.split()[:3] == [str(process), "+++", "exited"] for line in trace):
                return
        if time.monotonic() > deadline:
            raise Mismatch(f"the trace {path} has no end")
        time.sleep(0.1)


def obstacle():
    """Why nothing can be traced here; None when it can."""
    if shutil.which("strace") is None:
        return "there is no strace (scripts/setup installs it)"
    tried = subprocess.run(["strace", "-D", "-f", "true"], capture_output=True, text=True)
    return None if tried.returncode == 0 else f"strace cannot trace here: {tried.stderr.strip().splitlines()[-1:]}"
