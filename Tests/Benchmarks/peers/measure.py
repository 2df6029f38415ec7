"""What a run cost: the clock's time, and the processor time of servers and senders as the kernel counts it."""

import os
import resource
import time
from dataclasses import dataclass

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass
class Cost:
    """Of all events together."""

    seconds: float
    server_cpu_seconds: float
    # Of whoever brought the events: to show that it was not what limited. None where it is the same process.
    sender_cpu_seconds: float | None = None


class Measurement:
    """From entering to leaving the `with` block, for the server `pid`, all its threads and all its children."""

    def __init__(self, pid):
        self.pid = pid
        self.cost = None

    def __enter__(self):
        self.server_before, self.sender_before = server_cpu_seconds(self.pid), sender_cpu_seconds()
        self.began = time.monotonic()
        return self

    def __exit__(self, *_):
        seconds = time.monotonic() - self.began
        self.cost = Cost(seconds, server_cpu_seconds(self.pid) - self.server_before,
                         sender_cpu_seconds() - self.sender_before)


def server_cpu_seconds(pid):
    """User and system time of a process, of its living children, and of those it has waited for: proc(5)."""
    ticks = 0
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat") as file:
                # The name in parentheses may hold anything; the state comes behind it.
                _, parent, *fields = file.read().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        user, system, reaped_user, reaped_system = map(int, fields[9:13])
        if int(entry) == pid:
            ticks += user + system + reaped_user + reaped_system
        elif int(parent) == pid:
            ticks += user + system
    return ticks / TICKS_PER_SECOND


def sender_cpu_seconds():
    """Of this process and of the clients that it has started and waited for."""
    usages = [resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
