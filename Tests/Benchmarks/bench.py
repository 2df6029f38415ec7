"""Restarts and checkpoints of the built programs, measured. Prints Markdown.

Figures of one run are comparable with each other; the machine and its load are named, since they are in every figure.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import time

from daemon import Daemon

# `tenure bench` keeps its lines in memory, so large logs are filled in several goes.
EVENTS_AT_ONCE = 2_000_000
RESTARTS = 3
# Beyond every log: no checkpoint is ever due.
NEVER = 1 << 60


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000, 10_000_000],
                        help="sizes of the logs that are restarted on")
    parser.add_argument("--companies", type=int, default=10_000)
    parser.add_argument("--users", type=int, default=200_000)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Linux {platform.release()}, {platform.machine()}; "
          f"{options.companies:,} companies, {options.users:,} users; every ack behind an fsync\n")
    for part in options.parts or PARTS:
        PARTS[part](options)


def restart(options):
    """From `kill -9` under load to the first answer, from a checkpoint and from the log alone."""
    print("| events in the log | log | checkpoint | from the checkpoint | records replayed | from the log alone |")
    print("|---:|---:|---:|---:|---:|---:|")
    for events in options.events:
        with Daemon(clock="wall") as daemon:
            for number in range(0, events, EVENTS_AT_ONCE):
                load(daemon, options, min(EVENTS_AT_ONCE, events - number), seed=number // EVENTS_AT_ONCE)
            status = daemon.ask("/v1/status")
            checkpoint = status["checkpoint"] or {"seq": 0, "bytes": 0}
            daemon.stop(signal.SIGKILL)
            restored = min(ready_seconds(daemon) for _ in range(RESTARTS))
            shutil.rmtree(os.path.join(daemon.state, "state"))
            replayed = ready_seconds(daemon)
            print(f"| {events:,} | {status['log']['bytes'] >> 20:,} MiB | {checkpoint['bytes'] >> 20:,} MiB "
                  f"| {restored:.2f} s | {status['seq'] - checkpoint['seq']:,} | {replayed:.2f} s |", flush=True)


def ready_seconds(daemon):
    began = time.monotonic()
    daemon.start()
    seconds = time.monotonic() - began
    daemon.stop(signal.SIGKILL)
    return seconds


def checkpoint(options):
    """Time from a line to its ack at half load, with checkpoints one after the other and with none."""
    print("\n| checkpoints | p50 | p99 | greatest |")
    print("|---|---:|---:|---:|")
    for words, records in [("none", NEVER), ("one every 200,000 events", 200_000)]:
        with Daemon(clock="wall", config=f"checkpoint: {{records: {records}}}\n") as daemon:
            load(daemon, options, 1_000_000, seed=0)
            report = load(daemon, options, 1_000_000, seed=1, rate=50_000)
            ack = report["ack_ms"]
            print(f"| {words} | {ack['p50']:.1f} ms | {ack['p99']:.1f} ms | {ack['max']:.1f} ms |", flush=True)


def load(daemon, options, events, seed, rate=None):
    arguments = ["--json", "bench", "--events", str(events), "--companies", str(options.companies),
                 "--users", str(options.users), "--seed", str(seed + 1)]
    report = daemon.tenure(*arguments, *(["--rate", str(rate)] if rate else []))
    if report.returncode != 0:
        raise SystemExit(f"tenure bench: {report.stderr}")
    return json.loads(report.stdout)


PARTS = {"restart": restart, "checkpoint": checkpoint}

if __name__ == "__main__":
    main()
