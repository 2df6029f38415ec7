"""Tenure, Redis and PostgreSQL do the same job with the same events, one after the other, on the same disk.

The job: keep each event in a durable log, recognise those that are sent again, and know of every company its events by
day and by task, its distinct users and its last activity. Everything that is sent is rendered before a clock runs.
When all events are in, each is asked about all companies; where an answer is not what plain counting gives, no figure
is printed but the difference. Prints Markdown.
"""

import argparse
import functools
import os
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import Callable

import floors
import load
import postgres_peer
import redis_peer
import report
import tenure_peer
from measure import Cost

# What is missing is named by the Debian package that brings it.
NEEDED = {
    "redis-server": lambda: shutil.which("redis-server"),
    "postgresql-15": lambda: os.path.exists(f"{postgres_peer.BINARIES}/postgres") and shutil.which("psql"),
    "liblmdb-dev": lambda: os.path.exists("/usr/include/lmdb.h"),
    "clang": floors.compiler,
}
DIFFERENCES_SHOWN = 5


@dataclass
class Peer:
    name: str
    # (events, directory, options) → (cost, answers or None)
    run: Callable
    # When it says that a batch is in, and what can be lost after that.
    durability: str
    # Of the job, or of what Tenure did meanwhile.
    without: str


REDIS_WITHOUT = (
    "rules and flags; users by day; sums of amounts; an id is looked for among all companies' and its payload is not "
    "compared; log and ids are in memory, all of them")
FLOOR_WITHOUT = "everything but the log: no ids, no counts, no answers"
PEERS = [
    Peer("Tenure", tenure_peer.run,
         "acknowledged after the fdatasync of the block; it commits what has come meanwhile",
         "it does the whole job; meanwhile it also judged the default rules for each company of a commit, kept each "
         "user's days of activity and exact sums of amounts, and compared what was sent again field by field"),
    Peer("Redis, always", functools.partial(redis_peer.run, appendfsync="always"),
         "replied after the fsync of the append-only file (`appendfsync always`)", REDIS_WITHOUT),
    Peer("Redis, everysec", functools.partial(redis_peer.run, appendfsync="everysec"),
         "**replied before any sync** (`appendfsync everysec`): a power loss takes the last second or two of "
         "acknowledged events", REDIS_WITHOUT),
    Peer("PostgreSQL", postgres_peer.run,
         "committed after the fdatasync of the WAL (`synchronous_commit on`, `fsync on`, `full_page_writes on`)",
         "rules and flags; users by day; sums of amounts; an id is looked for among all companies' and its payload is "
         "not compared; its log has no order"),
    Peer("plain file", functools.partial(floors.run, kind="file"), "write and fdatasync for each batch", FLOOR_WITHOUT),
    Peer("LMDB puts", functools.partial(floors.run, kind="lmdb"),
         "a synced transaction for each batch, an entry an event", FLOOR_WITHOUT),
]


def main():
    options = parse()
    # A kill leaves by way of the `with` blocks as well, and these stop the servers.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    missing = [package for package, is_there in NEEDED.items() if not is_there()]
    if missing:
        raise SystemExit(f"peers: please install {' '.join(missing)}: apt-get install {' '.join(missing)}\n"
                         "(and stop the services that the packages may start: they would share the processors)")
    shape = load.Shape(options.events, options.companies, options.users, options.seed)
    events = load.make(shape, end_ms=time.time_ns() // 1_000_000)
    truth = load.count(events)
    print(report.heading(options, truth), flush=True)
    # Round by round and not peer by peer, so that what else the machine does for a while does not meet only one.
    rounds = [[measure(peer, events, truth, options) for peer in PEERS] for _ in range(options.rounds)]
    print(report.figures(PEERS, [best(costs) for costs in zip(*rounds)], len(events)))
    print(report.promises(PEERS))


def parse():
    parser = argparse.ArgumentParser(prog="scripts/bench --peers", description=__doc__)
    parser.add_argument("--peers", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--companies", type=int, default=10_000)
    parser.add_argument("--users", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1, metavar="N", help="the least of each peer's figures counts")
    parser.add_argument("--redis-batch", type=int, default=2_000, metavar="N", help="events of one script call")
    parser.add_argument("--postgres-batch", type=int, default=10_000, metavar="N", help="events of one transaction")
    parser.add_argument("--floor-batch", type=int, default=5_000, metavar="N", help="events of one sync")
    parser.add_argument("--directory", help="where the stores' directories are made; default: that of temporary files")
    return parser.parse_args()


def measure(peer, events, truth, options):
    with tempfile.TemporaryDirectory(prefix="tenure-peers-", dir=options.directory) as directory:
        # What the one before left to the kernel to write is not to be written while this one is measured.
        os.sync()
        cost, answers = peer.run(events, directory, options)
    differences = [] if answers is None else list(answers.differences(truth))
    if differences:
        raise SystemExit("\n".join([f"peers: {peer.name} answers otherwise in {len(differences):,} places:",
                                    *differences[:DIFFERENCES_SHOWN]]))
    return cost


def best(costs):
    """Of the rounds' costs: other programs can only have added to them."""
    senders = [cost.sender_cpu_seconds for cost in costs if cost.sender_cpu_seconds is not None]
    return Cost(min(cost.seconds for cost in costs), min(cost.server_cpu_seconds for cost in costs),
                min(senders, default=None))


if __name__ == "__main__":
    main()
