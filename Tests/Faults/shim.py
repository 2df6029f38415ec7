"""Tests/Faults/shim/faults.c as a library, and what to put into the environment of a program to use it."""

import atexit
import errno
import os
import shutil
import subprocess
import tempfile

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "shim", "faults.c")
_library = None


def library():
    """Compiled once a run, with the machine's C compiler."""
    global _library
    if _library is None:
        folder = tempfile.mkdtemp(prefix="tenure-shim-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        path = os.path.join(folder, "faults.so")
        compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("clang")
        if compiler is None:
            raise SystemExit("faults: there is no C compiler (cc or clang), and the part needs one for its shim")
        subprocess.run(
            [compiler, "-O1", "-Wall", "-Wextra", "-shared", "-fPIC", "-o", path, SOURCE, "-ldl"], check=True)
        _library = path
    return _library


def fault(root, report, kind, at, code=errno.EIO, forever=False):
    """The `at`-th call that changes something below `root` meets `kind`; `report` then names it."""
    environment = {
        "LD_PRELOAD": library(), "FAULT_ROOT": root, "FAULT_REPORT": report, "FAULT_KIND": kind, "FAULT_AT": str(at),
        "FAULT_ERRNO": str(code)}
    if forever:
        environment["FAULT_FOREVER"] = "1"
    return environment


def recording(root, path):
    """Every call that changes something below `root`, and all that goes to sockets, is appended to `path`."""
    return {"LD_PRELOAD": library(), "FAULT_ROOT": root, "FAULT_RECORD": path}
