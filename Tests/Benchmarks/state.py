"""State: how fast it is rebuilt from the log, and what it takes of the memory."""

import os
import shutil
import subprocess
import sys
import tempfile
import time

from daemon import ROOT, Daemon, Sender
from figures import Figure, number
from load import COMPANIES, USERS, fill
from machine import memory, processor_seconds

REPLAY = Figure("replay (rebuild of all state) per core", "events/s", must=2_000_000, aim=6_000_000,
                more_is_better=True)
MEMORY = Figure("resident memory, 100,000 companies, 10 million users, 8 active days each of the last 90", "GB",
                must=3, aim=1.5)

DAYS = 90
ACTIVE_DAYS = 8
# Any midnight, so that every run is of the same days: 2026-07-01.
FIRST_DAY_MILLISECONDS = 1_782_864_000_000
# At rest the daemon takes less than a hundredth of a core over so long.
REST_SECONDS = 3
REST_SHARE = 0.01


def replay(scale):
    """The state directory's checkpoints deleted, from the start of the process until it answers."""
    events = scale.pick(5_000_000, 200_000)
    with Daemon(clock="wall") as daemon:
        fill(daemon, events)
        daemon.stop()
        shutil.rmtree(os.path.join(daemon.state, "state"))
        began = time.monotonic()
        daemon.start()
        spent, seconds = processor_seconds(daemon.process.pid), time.monotonic() - began
        replayed = daemon.ask("/v1/status")["events"]
    yield REPLAY.row(replayed / spent, f"{replayed:,} events, {COMPANIES:,} companies, {USERS:,} users: "
                     f"{number(spent)} s of processor, {number(seconds)} s by the clock")


def memory_of_history(scale):
    """A history of user-days streamed in under the event clock without rules, then the default rules on top."""
    companies, users = scale.pick((100_000, 10_000_000), (1_000, 100_000))
    with open(os.path.join(ROOT, "config", "rules.yaml")) as file:
        default_rules = file.read()
    with tempfile.TemporaryDirectory(prefix="tenure-bench-") as directory:
        generator = build_generator(directory)
        # Rules over 90 days of history would be judged each hour of it: another benchmark.
        with Daemon(clock="event", rules="flags: []\n") as daemon, Sender(daemon) as sender:
            # The generator writes into the connection itself, and knows no timeouts.
            sender.socket.setblocking(True)
            began = time.monotonic()
            subprocess.run([generator, *map(str, (companies, users, DAYS, ACTIVE_DAYS, FIRST_DAY_MILLISECONDS))],
                           stdout=sender.socket, check=True)
            sender.sync()
            if sender.errors:
                raise SystemExit(f"bench: refused: {next(iter(sender.errors.values()))}")
            seconds = time.monotonic() - began
            with open(daemon.rules, "w") as file:
                file.write(default_rules)
            code, body = daemon.request("POST", "/v1/reload")
            if code != 200:
                raise SystemExit(f"bench: reload: {body!r}")
            rest(daemon)
            known = daemon.ask("/v1/status")
            held = memory(daemon.process.pid)
            # What the state itself takes, without what streaming it in has left behind.
            daemon.restart()
            rest(daemon)
            restarted = memory(daemon.process.pid)
    yield MEMORY.row(held["VmRSS"] / 1e9, f"{known['companies']:,} companies, {known['users']:,} users, "
                     f"{known['events']:,} user-days, an event each, with UUID ids, streamed in {seconds:,.0f} s; the "
                     f"default rules loaded afterwards; {held['RssAnon'] / 1e9:.2f} GB of its own and "
                     f"{held['RssFile'] / 1e9:.2f} GB of mapped files, at most {held['VmHWM'] / 1e9:.2f} GB, "
                     f"{restarted['VmRSS'] / 1e9:.2f} GB after a restart")


def build_generator(directory):
    compiler = shutil.which("cc") or shutil.which("clang")
    if compiler is None:
        raise SystemExit("bench: the part memory needs a C compiler (cc or clang) for its load")
    program = os.path.join(directory, "history")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "history.c")
    subprocess.run([compiler, "-O2", "-o", program, source], check=True)
    return program


def rest(daemon):
    """Until the daemon has nothing left to do (checkpoints are written and merged)."""
    print("memory: waiting until the daemon is at rest", file=sys.stderr)
    taken = REST_SECONDS
    while taken > REST_SHARE * REST_SECONDS:
        before = processor_seconds(daemon.process.pid)
        time.sleep(REST_SECONDS)
        taken = processor_seconds(daemon.process.pid) - before
