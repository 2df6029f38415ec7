"""Directories as older versions wrote them, one for each format version, and what must still be read from them.

`Fixtures/format-N.tar.gz` holds a state directory (several segments, every kind of record that senders can write,
names of every kind, ids of both shapes, text that was compressed and text that was not), and the file beside it says
what is in it. They were made by `scripts/faults --make-fixture format-N` of the version that wrote format N. A new format gets a
new one, and the old ones stay for ever.

`records` is a hash over the exported records: it may never change. `digest` is the state's: it changes when what the
numbers mean is changed on purpose, and is pinned anew then, like the one in Tests/BlackBox/test_determinism.py.
"""

import hashlib
import json
import os
import tarfile
import tempfile

from daemon import Daemon, Sender
from directory import records
from oracle import Mismatch, compact
from table import Row

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Fixtures")
CONFIG = "log: {segment: 32KiB}\n"
RULES = """
flags:
  - {name: full, kind: upsell, severity: medium, when: seats_fill >= 1, clear: seats_fill < 0.9, summary: full}
  - {name: idle, kind: churn, severity: high, when: user_idle_days > 7, clear: active_users(1d) > 0, summary: idle}
"""
START = 1_767_225_600_000  # 2026-01-01T00:00:00Z
DAY = 86_400_000


def check():
    """Each fixture says what it said when it was made, and a daemon goes on with it."""
    row = Row("directories of every format written so far")
    for name in sorted(name for name in os.listdir(FOLDER) if name.endswith(".json")):
        with open(os.path.join(FOLDER, name)) as file:
            pinned = json.load(file)
        with tempfile.TemporaryDirectory(prefix="tenure-fixture-") as folder:
            with tarfile.open(os.path.join(FOLDER, name.replace(".json", ".tar.gz"))) as archive:
                archive.extractall(folder)
            daemon = Daemon(rules=RULES, config=CONFIG, directory=folder)
            found = contents(daemon)
            if found != pinned:
                raise Mismatch(f"{name}: {found} is read, {pinned} was written")
            go_on(daemon, pinned["seq"])
            row.cycles += 1
            row.acked += pinned["events"]
    return row


def contents(daemon):
    """What `tenure verify` of the stopped directory says, and a hash over all that the daemon serves of it."""
    report = daemon.tenure("--json", "verify", daemon.state)
    if report.returncode != 0:
        raise Mismatch(f"tenure verify: {report.returncode} {report.stderr}")
    verified = json.loads(report.stdout)
    daemon.start()
    found = records(daemon)[:verified["seq"]]
    events = daemon.ask("/v1/status")["events"]
    daemon.stop()
    return {
        "seq": verified["seq"], "segments": verified["segments"], "events": events,
        "records": hashlib.sha256(compact(records=found).encode()).hexdigest(),
        "digest": verified["digest"]}


def go_on(daemon, last_seq):
    daemon.start()
    daemon.send(lines(last_seq, 1))
    if daemon.ask("/v1/status")["seq"] <= last_seq or not daemon.ask("/v1/verify")["ok"]:
        raise Mismatch("the daemon does not go on with it")
    daemon.stop()


def lines(first, count):
    for number in range(first, first + count):
        yield compact(
            company=f"c{number % 7}", user=f"u{number % 11}", task=f"t{number % 5}", time=START + number * DAY // 40,
            amount=number / 8, unit="EUR", source="billing", id=f"text-{number}")


def variety():
    """Every kind of record and of id."""
    uuid = "5f0c6a52-4b1e-4c2f-9d3a-{:012x}"
    at = {"timestamp": "2026-01-02T03:04:05.678Z"}
    yield compact(type="group", groupId="c1", userId="u1", messageId=uuid.format(1),
                  traits={"seats": 2, "timezone": "Asia/Tokyo", "plan": "gold"}, **at)
    yield compact(type="identify", userId="u1", messageId=uuid.format(2), traits={"role": "admin"},
                  context={"groupId": "c1"}, **at)
    for number, kind in enumerate(("track", "page", "screen"), 3):
        yield compact(type=kind, event="opened", name="opened", userId="u2", messageId=uuid.format(number),
                      context={"groupId": "c1"}, properties={"path": "/x" * 40}, **at)
    yield compact(type="alias", previousId="before", userId="u2", messageId=uuid.format(6), **at)
    yield compact(type="leave", groupId="c1", userId="u1", messageId=uuid.format(7), **at)
    yield compact(type="touch", company="c1", id=uuid.format(8), time=at["timestamp"])
    yield compact(type="outcome", company="c2", outcome="expanded", id=uuid.format(9), time=at["timestamp"])
    yield 'report,company=c3 user="u3",amount=1.5,unit="USD",count=2i 1767326400000000000'


def make(name):
    """Writes `Fixtures/name.tar.gz` and `name.json`."""
    daemon = Daemon(clock="event", rules=RULES, config=CONFIG)
    with daemon:
        for batch in (list(variety()), list(lines(0, 400)), list(lines(400, 200)), list(lines(600, 20))):
            _, errors = daemon.send(batch)
            if errors:
                raise Mismatch(f"refused: {errors}")
        with Sender(daemon) as sender:
            sender.write(compact(type="hello", producer="p").encode() + b"\n")
            sender.reply()
            sender.write(compact(company="c1", task="numbered", time=START + 20 * DAY, producer_seq=7).encode() + b"\n")
            sender.sync()
        daemon.stop()
        # Its `lock` and LMDB's hold nothing that matters, and are made anew.
        pinned = contents(daemon)
        for folder, _, files in os.walk(daemon.state):
            for file in set(files) & {"lock", "lock.mdb"}:
                os.remove(os.path.join(folder, file))
        with tarfile.open(os.path.join(FOLDER, f"{name}.tar.gz"), "w:gz") as archive:
            archive.add(daemon.state, "state")
        with open(os.path.join(FOLDER, f"{name}.json"), "w") as file:
            file.write(json.dumps(pinned, indent=2) + "\n")
