"""What restarts take and what checkpoints cost those who send: tables of their own."""

import os
import shutil
import signal
import time

from daemon import Daemon
from load import bench, fill

RESTARTS = 3
# Beyond every log: no checkpoint is ever due.
NEVER = 1 << 60


def restart(scale):
    """From `kill -9` under load to the first answer, from a checkpoint and from the log alone."""
    companies, users = scale.restart_companies, scale.restart_users
    yield (f"\nRestarts with {companies:,} companies, {users:,} users:\n\n"
           "| events in the log | log | checkpoint | from the checkpoint | records replayed | from the log alone |\n"
           "|---:|---:|---:|---:|---:|---:|")
    for events in scale.pick(scale.restart_events, (100_000,)):
        with Daemon(clock="wall") as daemon:
            fill(daemon, events, companies=companies, users=users)
            status = daemon.ask("/v1/status")
            checkpoint = status["checkpoint"] or {"seq": 0, "bytes": 0}
            daemon.stop(signal.SIGKILL)
            restored = min(ready_seconds(daemon) for _ in range(RESTARTS))
            shutil.rmtree(os.path.join(daemon.state, "state"))
            replayed = ready_seconds(daemon)
            yield (f"| {events:,} | {status['log']['bytes'] >> 20:,} MiB | {checkpoint['bytes'] >> 20:,} MiB "
                   f"| {restored:.2f} s | {status['seq'] - checkpoint['seq']:,} | {replayed:.2f} s |")


def ready_seconds(daemon):
    began = time.monotonic()
    daemon.start()
    seconds = time.monotonic() - began
    daemon.stop(signal.SIGKILL)
    return seconds


def checkpoint(scale):
    """Time from a line to its ack at half load, with checkpoints one after the other and with none."""
    yield "\n| checkpoints | ack p50 | p99 | greatest |\n|---|---:|---:|---:|"
    events = scale.pick(1_000_000, 100_000)
    load = {"companies": scale.restart_companies, "users": scale.restart_users}
    for words, records in [("none", NEVER), (f"one every {events // 5:,} events", events // 5)]:
        with Daemon(clock="wall", config=f"checkpoint: {{records: {records}}}\n") as daemon:
            fill(daemon, events, **load)
            ack = bench(daemon, events, rate=50_000, **load)["ack_ms"]
            yield f"| {words} | {ack['p50']:.1f} ms | {ack['p99']:.1f} ms | {ack['max']:.1f} ms |"
