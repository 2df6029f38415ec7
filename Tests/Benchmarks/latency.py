"""How long one event takes to its ack, and to the flag that it raises."""

import json
import os
import select
import subprocess
import time
import uuid

from daemon import BIN, ROOT, Daemon, Sender
from figures import Figure, median, percentile
from load import Beside, bench, fill
from machine import AppendedFile

ONE_EVENT_P50 = Figure("one event alone, send → ack, p50", "× fdatasync", must=3)
ONE_EVENT_P99 = Figure("one event alone, send → ack, p99", "ms", must=10)
FLAG = Figure("event → flag visible to a subscriber, p99 under 50 % load", "ms", must=50, aim=5)

# Between two that are measured.
PAUSE_SECONDS = 0.01

# A rule that the first event of a company trips; beside the default ones, so that those cost what they cost.
SIGNAL_TASK = "bench.signal"
SIGNAL_RULE = f"""
  - name: bench_signal
    kind: info
    severity: low
    when: events("{SIGNAL_TASK}", 1d) >= 1
    summary: "a signal from {{company}}"
"""
SIGNALS_PER_SECOND = 25
PATIENCE_SECONDS = 30


def one_event(scale):
    """One event, acknowledged before anything else happens, and one fdatasync, by turns: both see the same machine.

    `tenure bench --rate 100` counts from when an event was due, and wakes up to a millisecond later.
    """
    acks, syncs = [], []
    with Daemon(clock="wall") as daemon, Sender(daemon) as sender, AppendedFile(daemon.state) as file:
        fill(daemon, scale.pick(200_000, 20_000))
        for index in range(scale.pick(1_000, 150)):
            event = {"company": f"c{index % 100}", "user": "u", "task": "report.exported", "id": str(uuid.uuid4())}
            line = json.dumps(event).encode() + b"\n"
            time.sleep(PAUSE_SECONDS)
            began = time.monotonic()
            sender.write(line)
            sender.reply()
            acks.append((time.monotonic() - began) * 1e3)
            time.sleep(PAUSE_SECONDS)
            syncs.append(file.sync_milliseconds())
        in_a_row = median(file.sync_milliseconds() for _ in range(200))
    ack, sync = median(acks), median(syncs)
    yield ONE_EVENT_P50.row(ack / sync, f"p50 {ack:.2f} ms, {len(acks):,} events; by turns with them 4 KiB appended "
                            f"there and one fdatasync: p50 {sync:.2f}, p99 {percentile(syncs, 0.99):.2f} ms "
                            f"(in a row, without the pauses: p50 {in_a_row:.2f} ms)")
    yield ONE_EVENT_P99.row(percentile(acks, 0.99), f"the same events; greatest {max(acks):.1f} ms")


def flags(scale):
    """From the send of a company's first event until `tenure tail flags` writes the line, beside half of full speed."""
    # The load's lines are in memory before it begins.
    seconds = scale.pick(10, 6)
    with open(os.path.join(ROOT, "config", "rules.yaml")) as file:
        rules = file.read().replace("\nflags:\n", "\nflags:\n" + SIGNAL_RULE, 1)
    with Daemon(clock="wall", rules=rules) as daemon:
        fill(daemon, scale.pick(1_000_000, 100_000), form="line")
        rate = bench(daemon, scale.pick(2_000_000, 100_000), form="line")["events_per_s"] / 2
        with Beside(daemon, round(rate * seconds), form="line", rate=rate) as load:
            took = signal_seconds(daemon, load)
    missing = took.count(None)
    # One that never came took at least as long as was waited for it.
    milliseconds = [(PATIENCE_SECONDS if wait is None else wait) * 1e3 for wait in took]
    yield FLAG.row(percentile(milliseconds, 0.99), f"{len(took)} flags at {rate:,.0f} events/s; "
                   f"p50 {median(milliseconds):.1f}, greatest {max(milliseconds):.0f} ms"
                   + (f"; {missing} had not come after {PATIENCE_SECONDS} s" if missing else ""))


def signal_seconds(daemon, load):
    """For each signal the time to its line; None where none came."""
    sent, took = {}, {}
    command = [os.path.join(BIN, "tenure"), "--socket", os.path.join(daemon.run, "http.sock"), "tail", "flags"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as tail, Sender(daemon) as sender:
        out = tail.stdout.fileno()
        rest = b""
        # It asks where the log ends before it follows.
        due = time.monotonic() + 1
        deadline = None
        while deadline is None or (time.monotonic() < deadline and len(took) < len(sent)):
            now = time.monotonic()
            if deadline is None and not load.is_running():
                deadline = now + PATIENCE_SECONDS
            if deadline is None and now >= due:
                company = f"signal-{len(sent)}"
                sent[company] = time.monotonic()
                sender.write(json.dumps({"company": company, "user": "u", "task": SIGNAL_TASK}).encode() + b"\n")
                due += 1 / SIGNALS_PER_SECOND
            if select.select([out], [], [], 0.001)[0]:
                lines = (rest + os.read(out, 1 << 20)).split(b"\n")
                arrived = time.monotonic()
                rest = lines.pop()
                for line in lines:
                    move = json.loads(line)
                    if move.get("rule") == "bench_signal" and move["company"] in sent:
                        took.setdefault(move["company"], arrived - sent[move["company"]])
        tail.terminate()
    return [took.get(company) for company in sent]
