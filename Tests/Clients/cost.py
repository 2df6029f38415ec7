"""What an event costs that comes over HTTP: Segment batches of 500 from a sender in C, then single calls.

Prints, for each number of connections, events a second by the clock, the daemon's processor time an event (from
/proc/PID/stat, all its threads) and the time of a request. Processor time is what to compare; the clock also counts
the sender, which shares the machine.
"""

import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "BlackBox"))

from daemon import Daemon, free_port  # noqa: E402

LOAD = sys.argv[1]
KEY = "key-of-the-cost-of-an-event"
# Connections, requests of each, events of a request. The first is a warm-up, whose figures nobody should quote.
RUNS = [(8, 100, 500), (4, 500, 500), (8, 250, 500), (16, 125, 500), (1, 4_000, 1)]


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    with tempfile.TemporaryDirectory(prefix="tenure-cost-") as directory:
        port = free_port()
        with open(os.path.join(directory, "load.key"), "w") as file:
            file.write(KEY + "\n")
        config = f"http: {{tcp: 127.0.0.1:{port}}}\nsources: {{load: {{key_file: load.key}}}}\n"
        with Daemon(clock="wall", config=config, directory=directory) as daemon:
            print("| connections | events a request | events | events/s | µs of processor an event | request p50, p99 µs |")
            print("|---:|---:|---:|---:|---:|---|")
            for connections, requests, events in RUNS:
                before = processor_seconds(daemon.process.pid)
                line = subprocess.run(
                    [LOAD, str(port), KEY, str(connections), str(requests), str(events)], check=True, capture_output=True,
                    text=True).stdout
                spent = processor_seconds(daemon.process.pid) - before
                total, seconds, median, slowest = (float(word) for word in line.split())
                print(
                    f"| {connections} | {events} | {total:,.0f} | {total / seconds:,.0f} | {spent / total * 1e6:.2f} "
                    f"| {median:.0f}, {slowest:.0f} |")


main()
