"""The figures asked of Tenure, measured on the built programs and printed as Markdown.

Figures of one run are comparable with each other; the machine and its load are named, since they are in every figure.
"""

import argparse
import os
import time

import figures
import ingest
import latency
import machine
import midnight
import questions
import restarts
import state
from load import COMPANIES, USERS, Scale

# Each yields rows of the table of figures, in the order of the printed table.
PARTS = {
    "line": ingest.line_protocol, "json": ingest.json_lines, "one-event": latency.one_event, "flags": latency.flags,
    "replay": state.replay, "disk": ingest.disk, "memory": state.memory_of_history, "card": questions.card,
    "list": questions.companies_list, "cli": questions.command, "big-company": ingest.big_company,
    "midnight": midnight.midnight, "flat": ingest.flat,
}
# Each yields the lines of a table of its own.
TABLES = {"restart": restarts.restart, "checkpoint": restarts.checkpoint}


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS, *TABLES], metavar="PART",
                        help="those to run, without it all: " + ", ".join([*PARTS, *TABLES]))
    parser.add_argument("--quick", action="store_true",
                        help="everything small, to try the benchmark itself: nobody should quote these figures")
    parser.add_argument("--large", action="store_true", help="flat: a log of 100 million events as well")
    parser.add_argument("--events", type=int, nargs="+", default=Scale.restart_events,
                        help="restart: sizes of the logs that are restarted on")
    parser.add_argument("--companies", type=int, default=COMPANIES, help="restart and checkpoint")
    parser.add_argument("--users", type=int, default=USERS, help="restart and checkpoint")
    options = parser.parse_args()
    began = time.monotonic()
    scale = Scale(options.quick, options.large, tuple(options.events), options.companies, options.users)
    print(machine.description())
    if scale.quick:
        print("- **a trial (--quick): sizes are too small for the figures to mean anything**")
    print()
    chosen = options.parts or [*PARTS, *TABLES]
    rows = [name for name in PARTS if name in chosen]
    if rows:
        print(figures.HEAD)
    for name in [*rows, *(name for name in TABLES if name in chosen)]:
        for line in {**PARTS, **TABLES}[name](scale):
            print(line, flush=True)
    print(f"\nload {os.getloadavg()[0]:.1f} at the end, {(time.monotonic() - began) / 60:.0f} minutes in all")


if __name__ == "__main__":
    main()
