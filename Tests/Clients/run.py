"""Drives the real clients against the built daemon and prints what came of it as a table in Markdown.

For each transport: one daemon, all clients at once. While they send, the daemon is killed with SIGKILL and started
again, as often as asked; each client does what it does by itself when its server is gone. Afterwards every
company's portrait must show what was sent to it, once.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "BlackBox"))

import senders  # noqa: E402
from daemon import Daemon, free_port  # noqa: E402
from rsyslog import Rsyslog  # noqa: E402


def keyed_daemon(directory, port, keys):
    """A daemon that listens on TCP too and knows each sender by its key."""
    sources = []
    for index, (name, key) in enumerate(keys.items()):
        with open(os.path.join(directory, f"{index}.key"), "w") as file:
            file.write(key + "\n")
        sources.append(f"  {name}: {{key_file: {index}.key}}\n")
    config = f"http: {{tcp: 127.0.0.1:{port}}}\nsources:\n" + "".join(sources)
    return Daemon(clock="wall", config=config, directory=directory)


class Row:
    def __init__(self, name, version, transport, sent, counted, refused, faults):
        self.cells = [name, version, transport, f"{sent:,}", f"{counted:,}", str(refused), "; ".join(faults) or "ok"]
        self.is_good = not faults


def check(daemon, sender, transport, refusals):
    """What the portraits hold of a sender's events, beside what was sent."""
    counted, faults = 0, []
    expected, users = {}, {}
    for number in range(sender.sent):
        company = sender.company(number)
        expected[company] = expected.get(company, 0) + 1
        users.setdefault(company, set()).add(number % senders.USERS)
    for company, count in expected.items():
        card = daemon.ask("/v1/companies/" + company)
        found = card["events"]["lifetime"]
        counted += found
        if found != count:
            faults.append(f"{company}: {found} of {count}")
        if float(card["amount"]["lifetime"]) != 1.25 * count:
            faults.append(f"{company}: amount {card['amount']['lifetime']}")
        if card["users"]["total"] != len(users[company]):
            faults.append(f"{company}: {card['users']['total']} users")
    refused = refusals.get(sender.name, 0)
    if refused != sender.refused:
        faults.append(f"{refused} refusals listed")
    return Row(sender.name, sender.version, transport, sender.sent, counted, refused, faults)


def listed_refusals(daemon, names):
    """Refused events by the sender's source: the list lives as long as the daemon."""
    found = {}
    for reject in daemon.ask("/v1/rejects?limit=1000")["rejects"]:
        name = reject["sender"].split(" at ")[0]
        found[name] = found.get(name, 0) + 1
    return {name: found.get(name, 0) for name in names}


def run_clients(transport, count, kills, pause):
    classes = {
        name: kind for name, kind in senders.ALL.items() if transport == "TCP" or kind.over_unix
    }
    keys = {name: f"{random.getrandbits(160):040x}" for name in classes}
    running = [kind(name, keys[name]) for name, kind in classes.items()]
    with tempfile.TemporaryDirectory(prefix="tenure-clients-") as directory:
        port = free_port()
        with keyed_daemon(directory, port, keys) as daemon:
            url = f"http://127.0.0.1:{port}"
            for sender in running:
                sender.open(url, None if transport == "TCP" else os.path.join(daemon.run, "http.sock"))
            threads = [threading.Thread(target=s.run, args=(count, pause), daemon=True) for s in running]
            for thread in threads:
                thread.start()
            # What is refused must be seen before the daemon that lists it is killed.
            deadline = time.monotonic() + senders.PATIENCE_SECONDS
            refusals = {}
            while any(refusals.get(s.name, 0) < s.refused for s in running) and time.monotonic() < deadline:
                time.sleep(0.1)
                refusals = listed_refusals(daemon, classes)
            duplicates = 0
            for _ in range(kills):
                time.sleep(0.3 + random.random() / 2)
                duplicates += resent(daemon)
                daemon.restart(signal.SIGKILL)
            for thread in threads:
                thread.join(senders.PATIENCE_SECONDS)
            rows = [check(daemon, sender, transport, refusals) for sender in running]
            for thread, row in zip(threads, rows):
                if thread.is_alive():
                    row.cells[-1], row.is_good = "still sending", False
            duplicates += resent(daemon)
            with open(os.path.join(directory, "log")) as log:
                text = log.read()
            assert not any(key in text for key in keys.values()), "a key stands in the daemon's log"
            assert daemon.ask("/v1/verify")["ok"], "the replayed digest differs"
            return rows, duplicates


def resent(daemon):
    """Events that came again and were recognised, since the daemon's start."""
    counts = [
        int(line.split()[-1]) for line in daemon.ask("/metrics").decode().splitlines()
        if line.startswith("tenure_events_duplicate_total")]
    return sum(counts)


def run_rsyslog(cache, count):
    """The file is imported, the daemon killed on the way, and the import run again."""
    rsyslog = Rsyslog(cache)
    companies, users = ["rsyslog-0", "rsyslog-1"], [f"u{number}" for number in range(senders.USERS)]
    with tempfile.TemporaryDirectory(prefix="tenure-clients-") as directory, Daemon(clock="wall") as daemon:
        events = rsyslog.write(directory, count, companies, users)
        first = threading.Thread(target=daemon.tenure, args=("import", "--format", "line", events))
        first.start()
        time.sleep(0.05)
        daemon.restart(signal.SIGKILL)
        first.join()
        again = daemon.tenure("import", "--format", "line", events)
        counted = sum(daemon.ask("/v1/companies/" + company)["events"]["lifetime"] for company in companies)
        faults = [] if again.returncode == 0 else [again.stderr.strip()]
        if counted != count:
            faults.append(f"{counted} of {count}")
        return Row("rsyslog, tenure import", rsyslog.version, "file", count, counted, 0, faults)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="few events and one kill, for continuous integration")
    parser.add_argument("--cache", required=True, help="where what is downloaded is kept")
    options = parser.parse_args()
    count, kills, pause = (300, 1, 0.08) if options.short else (5_000, 5, 0.02)
    rows, notes = [], []
    for transport in ["TCP", "Unix socket"]:
        some, duplicates = run_clients(transport, count, kills, pause)
        rows += some
        notes.append(f"{transport}: {kills} × kill -9; {duplicates} events came again and were recognised")
    rows.append(run_rsyslog(options.cache, count))
    print("| client | version | over | sent | counted after the kills | refused | |")
    print("|---|---|---|---:|---:|---:|---|")
    for row in rows:
        print("| " + " | ".join(row.cells) + " |")
    print()
    print("\n".join(notes))
    sys.exit(0 if all(row.is_good for row in rows) else 1)


if __name__ == "__main__":
    main()
