"""The machine and the programs that figures come from, and processes as the kernel sees them."""

import os
import platform
import subprocess
import time

from daemon import BIN, ROOT

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
BLOCK = bytes(4096)


def description():
    """What every figure depends on, as Markdown."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return (f"- machine: {processor()}, {os.cpu_count()} cores, {total / 1e9:.1f} GB of memory; load "
            f"{os.getloadavg()[0]:.1f} at the start\n"
            f"- versions: {system()}, Linux {platform.release()} {platform.machine()}; LMDB {lmdb_version()}; "
            f"{tenure_version()}\n"
            "- durability: each ack after the sync of its block (LMDB without MDB_NOSYNC); duplicates looked for by id")


def processor():
    with open("/proc/cpuinfo") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return models[0] if models else platform.machine()


def system():
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.system()


def lmdb_version():
    """Of the library that a build here links; the programs do not say it themselves."""
    return output("pkg-config", "--modversion", "lmdb") or "unknown"


def tenure_version():
    """The programs do not know their commit, so the tree's stands beside them."""
    commit = output("git", "-C", ROOT, "describe", "--always", "--dirty") or "unknown"
    return f"{output(os.path.join(BIN, 'tenure'), 'version')}, source at {commit}"


def output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def processor_seconds(pid):
    """User and system time of all threads of a process."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def memory(pid):
    """Bytes of a process: VmRSS (resident), RssAnon, RssFile, VmHWM (the most there were) and their like."""
    with open(f"/proc/{pid}/status") as file:
        fields = (line.split() for line in file)
        return {words[0].rstrip(":"): int(words[1]) * 1024 for words in fields if words[-1] == "kB"}


class AppendedFile:
    """A file in a directory, as the measure of what a sync costs there."""

    def __init__(self, directory):
        self.path = os.path.join(directory, "appended")

    def __enter__(self):
        self.file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return self

    def __exit__(self, *_):
        os.close(self.file)
        os.unlink(self.path)

    def sync_milliseconds(self):
        """For 4 KiB more and one fdatasync."""
        began = time.monotonic()
        os.write(self.file, BLOCK)
        os.fdatasync(self.file)
        return (time.monotonic() - began) * 1e3
