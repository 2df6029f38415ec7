"""Does to the built programs what disks, kernels and power supplies do, and accounts for every event.

Standard library and a C compiler only. Every run prints its seed; `--seed` repeats a run's choices, though the machine
still has its own timing.
"""

import argparse
import importlib
import random
import sys
import time

import fixture
import table
from oracle import Mismatch

# Each is a module with `run(form, cycles, generator)`, which yields rows of the table.
PARTS = {
    "kill": ("kill", "kill -9 at random moments under load, and before and after each call of a few commits"),
    "trace": ("ack_trace", "no ack is written before the sync that covers it, by a trace of the system calls"),
    "errors": ("errors", "the N-th call fails with EIO or ENOSPC, once or for ever, also during recovery"),
    "disk": ("disk", "a small file system fills up, and space returns"),
    "damage": ("damage", "bits flipped in every region; files truncated, missing, swapped, foreign; other formats"),
    "images": ("images", "power losses at any moment of a recorded run, torn at 512 bytes"),
}


def main():
    parser = argparse.ArgumentParser(prog="scripts/faults", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help="; ".join(f"{name}: {what}" for name, (_, what) in PARTS.items()))
    parser.add_argument("--short", action="store_true", help="the short form of each part, about a minute in all")
    parser.add_argument("--cycles", type=int, help="how often, where a part leaves that open")
    parser.add_argument("--seed", type=int, help="repeats a run's choices")
    parser.add_argument(
        "--make-fixture", metavar="NAME", help="only writes Tests/Faults/Fixtures/NAME.tar.gz, from these programs")
    options = parser.parse_args()
    if options.make_fixture:
        fixture.make(options.make_fixture)
        return
    unknown = [part for part in options.parts if part not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; the parts are {', '.join(PARTS)}")
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}", flush=True)
    rows = []
    for part in options.parts or PARTS:
        began = time.monotonic()
        # Each part draws from its own source, so that it does the same alone.
        generator = random.Random(f"{seed} {part}")
        module = importlib.import_module(PARTS[part][0])
        try:
            for row in module.run("short" if options.short else "long", options.cycles, generator):
                rows.append(row)
                print(f"{part}: {row.text} ({time.monotonic() - began:.0f} s)", flush=True)
        except Mismatch as mismatch:
            print(table.text(rows))
            sys.exit(f"{part}, seed {seed}: {mismatch}")
    print(table.text(rows))


if __name__ == "__main__":
    main()
