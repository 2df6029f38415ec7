"""Load for a daemon: `tenure bench`, alone and beside something else, and a paced sender whose lines have no time."""

import dataclasses
import itertools
import json
import os
import random
import select
import subprocess
import time
import uuid

from daemon import BIN, Sender

# `tenure bench` keeps its lines in memory, so large logs are filled in several goes.
EVENTS_AT_ONCE = 2_000_000
COMPANIES = 10_000
USERS = 200_000
# Of each company that is introduced.
USER = "first"
# Each run has ids of its own, and the same ones when the same parts are run again.
seeds = itertools.count(1)


@dataclasses.dataclass(frozen=True)
class Scale:
    """Full size, or for a trial of the benchmark itself a small one whose figures nobody should quote."""

    quick: bool = False
    # Also what takes a quarter of an hour and tens of gigabytes of disk.
    large: bool = False
    # The logs that are restarted on.
    restart_events: tuple[int, ...] = (1_000_000, 10_000_000)
    restart_companies: int = COMPANIES
    restart_users: int = USERS

    def pick(self, full, quick):
        return quick if self.quick else full


def command(daemon, events, *, form="json", companies=COMPANIES, users=USERS, rate=None, id_share=1):
    words = [os.path.join(BIN, "tenure"), "--socket", os.path.join(daemon.run, "http.sock"), "--json", "bench",
             "--form", form, "--events", str(events), "--companies", str(companies), "--users", str(users),
             "--id-share", str(id_share), "--seed", str(next(seeds))]
    return words + (["--rate", str(rate)] if rate else [])


def bench(daemon, events, **load):
    """One run of `tenure bench`: its report."""
    return report(subprocess.run(command(daemon, events, **load), capture_output=True, text=True))


def fill(daemon, events, **load):
    """As many events as asked; the report of the last go, or None for no event."""
    last = None
    while events > 0:
        last = bench(daemon, min(events, EVENTS_AT_ONCE), **load)
        events -= EVENTS_AT_ONCE
    return last


def introduce(daemon, companies):
    """One event of each company: of so many, by Zipf's law, some would not act in millions of events."""
    _, errors = daemon.send(f'app.opened,company=c{company} user="{USER}"' for company in range(companies))
    if errors:
        raise SystemExit(f"bench: refused: {next(iter(errors.values()))}")


def report(done):
    if done.returncode != 0:
        raise SystemExit(f"tenure bench: {done.stderr}")
    return json.loads(done.stdout)


class Beside:
    """`tenure bench` beside what the block does, which begins when the load has."""

    def __init__(self, daemon, events, **load):
        self.daemon = daemon
        self.command = command(daemon, events, **load)

    def __enter__(self):
        before = self.daemon.ask("/v1/status")["seq"]
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        # It makes its lines first.
        while self.is_running() and self.daemon.ask("/v1/status")["seq"] == before:
            time.sleep(0.01)
        return self

    def is_running(self):
        return self.process.poll() is None

    def report(self):
        """Waits for its end."""
        stdout, stderr = self.process.communicate()
        return report(subprocess.CompletedProcess(self.command, self.process.returncode, stdout, stderr))

    def __exit__(self, *_):
        if self.is_running():
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


class PacedLoad:
    """Events of introduced companies without a time, stamped as they arrive, so that a load can run over midnight.

    Each has a UUID. They are sent when they are due, whatever the daemon does: what it holds up counts from then.
    """

    TICK_SECONDS = 0.005

    def __init__(self, rate, seconds, companies):
        choose = random.Random(next(seeds))
        per_tick = max(1, round(rate * self.TICK_SECONDS))
        self.per_tick = per_tick
        self.pieces = []
        for _ in range(round(seconds / self.TICK_SECONDS)):
            lines = []
            for _ in range(per_tick):
                # Log-uniform ranks are Zipf's law.
                company = int(companies ** choose.random()) - 1
                event = uuid.UUID(int=choose.getrandbits(128), version=4)
                lines.append(f'report.exported,company=c{company} user="{USER}",amount=12.5,id="{event}"\n')
            self.pieces.append("".join(lines).encode())

    def run(self, daemon):
        """Sends all; for each tick when it was due (time.time()) and the seconds until its last event was acked."""
        samples = []
        with Sender(daemon) as sender:
            began = time.time()
            sent = 0
            while len(samples) < len(self.pieces):
                due = began + sent * self.TICK_SECONDS
                wait = due - time.time() if sent < len(self.pieces) else None
                if wait is not None and wait <= 0:
                    sender.write(self.pieces[sent])
                    sent += 1
                elif select.select([sender.socket], [], [], wait)[0]:
                    if sender.reply() is None:
                        raise SystemExit("bench: the daemon closed the connection")
                    now = time.time()
                    while len(samples) < sender.ack // self.per_tick:
                        due = began + len(samples) * self.TICK_SECONDS
                        samples.append((due, now - due))
            if sender.errors:
                raise SystemExit(f"bench: refused: {next(iter(sender.errors.values()))}")
        return samples
