"""Midnight with all companies in one zone."""

import datetime
import sys
import time
import zoneinfo

from daemon import Daemon
from figures import Figure, percentile
from load import PacedLoad, fill, introduce

MIDNIGHT = Figure("midnight with 100,000 companies in one zone: ack p99 meanwhile", "ms", must=50, aim=10)

# Before midnight the directory is filled and the load runs in.
LEAD_SECONDS = 90
BEFORE_SECONDS = 15
# What counts as "meanwhile". Longer, and a stall of a tenth of a second would be lost in the 99 % beside it.
MEANWHILE_SECONDS = 10


def midnight(scale):
    """Under the wall clock a midnight has to be waited for: half an hour on average, in the zone where it is next."""
    companies = scale.pick(100_000, 1_000)
    zone, instant = next_midnight(time.time() + scale.pick(LEAD_SECONDS, BEFORE_SECONDS + 15))
    print(f"midnight: waiting for the one of {zone}, in {(instant - time.time()) / 60:.0f} minutes", file=sys.stderr)
    time.sleep(max(0, instant - LEAD_SECONDS - time.time()))
    with Daemon(clock="wall", config=f"default_zone: {zone}\n") as daemon:
        introduce(daemon, companies)
        filled = fill(daemon, scale.pick(2_000_000, 50_000), companies=companies, users=10 * companies)
        rate = filled["events_per_s"] / 2
        load = PacedLoad(rate, BEFORE_SECONDS + MEANWHILE_SECONDS, companies)
        time.sleep(max(0, instant - BEFORE_SECONDS - time.time()))
        looks = looks_so_far(daemon)
        samples = load.run(daemon)
        looks = looks_so_far(daemon) - looks
    before = [took * 1e3 for due, took in samples if due < instant]
    meanwhile = [took * 1e3 for due, took in samples if due >= instant]
    yield MIDNIGHT.row(
        percentile(meanwhile, 0.99),
        f"{companies:,} companies in {zone}, {rate:,.0f} events/s (half of full speed); the {MEANWHILE_SECONDS} s from "
        f"midnight on: p50 {percentile(meanwhile, 0.5):.1f}, greatest {max(meanwhile):.0f} ms; the seconds before: "
        f"p99 {percentile(before, 0.99):.1f} ms; {looks:,} looks at companies in all")


def next_midnight(after):
    """The zone whose midnight comes first after that moment, and when."""
    found = []
    for name in sorted(zoneinfo.available_timezones()):
        zone = zoneinfo.ZoneInfo(name)
        tomorrow = datetime.datetime.fromtimestamp(after, zone).date() + datetime.timedelta(days=1)
        found.append((datetime.datetime.combine(tomorrow, datetime.time(), zone).timestamp(), name))
    # Etc/… names say which offset it is; others say which country happens to come first in the alphabet.
    first = min(instant for instant, _ in found)
    names = [name for instant, name in found if instant == first]
    return next((name for name in names if name.startswith("Etc/")), names[0]), first


def looks_so_far(daemon):
    metrics = daemon.ask("/metrics").decode()
    return next(int(line.split()[1]) for line in metrics.splitlines() if line.startswith("tenure_looks_total "))
