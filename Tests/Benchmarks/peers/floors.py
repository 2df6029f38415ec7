"""What no store that syncs can go below: `floors.c`, compiled here, on the lines that Tenure gets."""

import os
import shutil
import subprocess

import load
from measure import Cost

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "floors.c")


def run(events, directory, options, kind):
    program, lines = os.path.join(directory, "floors"), os.path.join(directory, "lines")
    call([compiler(), "-O2", "-Wall", "-Wextra", "-o", program, SOURCE, "-llmdb"])
    with open(lines, "wb") as file:
        file.writelines(load.lines(events))
    seconds, cpu_seconds = call([program, kind, lines, os.path.join(directory, kind), str(options.floor_batch)]).split()
    # There is nobody to send: the program has the lines in memory. And nothing to ask.
    return Cost(float(seconds), float(cpu_seconds)), None


def compiler():
    return shutil.which("clang") or shutil.which("cc")


def call(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"peers: {os.path.basename(command[0])}: {done.stderr}")
    return done.stdout
