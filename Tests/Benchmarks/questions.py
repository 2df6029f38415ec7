"""What people wait for who ask, and what it costs those who send."""

import os
import random
import subprocess
import time
import urllib.parse

from daemon import BIN, Daemon, UnixHTTPConnection
from figures import Figure, median, percentile, spread
from load import COMPANIES, Beside, bench, fill, introduce

CARD_P50 = Figure("company card over the socket during full ingest, p50", "ms", must=2, aim=0.5)
CARD_P99 = Figure("company card over the socket during full ingest, p99", "ms", must=20, aim=5)
LIST = Figure("100 of 100,000 companies, sorted and filtered by an expression, p50", "ms", must=50, aim=10)
LIST_ACK = Figure("ack p99 meanwhile", "ms", must=20)
COMMAND = Figure("CLI, cold, whole command: `tenure company X`, p50", "ms", must=25, aim=10)

CARDS = 500
LIST_QUESTION = "/v1/companies?" + urllib.parse.urlencode({
    "sort": "-active_users(28d)", "where": "active_users(28d) >= 2 and events(7d) > 3 and idle_days < 30",
    "limit": 100})
# A handful of people with a list open that is asked anew.
LIST_PAUSE_SECONDS = 0.2


class Asker:
    """Questions over one connection that is kept open."""

    def __init__(self, daemon):
        self.connection = UnixHTTPConnection(os.path.join(daemon.run, "http.sock"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def milliseconds(self, path):
        """From the question to the last byte of its answer."""
        began = time.monotonic()
        self.connection.request("GET", path)
        response = self.connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise SystemExit(f"bench: GET {path}: {response.status} {body!r}")
        return (time.monotonic() - began) * 1e3


def card(scale):
    """One card after the other while events come as fast as they are taken; companies are asked about as they act."""
    choose = random.Random(1)
    events, companies = scale.pick(2_000_000, 300_000), scale.pick(COMPANIES, 500)
    took, rates = [], []
    with Daemon(clock="wall") as daemon, Asker(daemon) as asker:

        def ask():
            return asker.milliseconds(f"/v1/companies/{acting_company(choose, companies)}")

        fill(daemon, events, companies=companies)
        alone = [ask() for _ in range(100)]
        while len(took) < scale.pick(CARDS, 20):
            with Beside(daemon, events, companies=companies) as load:
                while load.is_running():
                    took.append(ask())
                rates.append(load.report()["events_per_s"])
    yield CARD_P50.row(median(took), f"{len(took)} cards in a row over one connection beside {spread(rates)} events/s; "
                       f"with no load p50 {median(alone):.2f} ms")
    yield CARD_P99.row(percentile(took, 0.99), f"the same cards; greatest {max(took):.0f} ms; "
                       f"with no load p99 {percentile(alone, 0.99):.2f} ms")


def acting_company(choose, companies):
    """One of those that `tenure bench` makes, as often as it acts: log-uniform ranks are Zipf's law."""
    return f"c{int(companies ** choose.random()) - 1}"


def companies_list(scale):
    """Asked about every fifth of a second beside half of full speed, and the acks of that load with and without it."""
    companies = scale.pick(100_000, 2_000)
    load = {"companies": companies, "users": 10 * companies}
    with Daemon(clock="wall") as daemon, Asker(daemon) as asker:
        introduce(daemon, companies)
        fill(daemon, scale.pick(2_000_000, 100_000), **load)
        load["rate"] = bench(daemon, scale.pick(1_000_000, 50_000), **load)["events_per_s"] / 2
        events = round(load["rate"] * scale.pick(12, 4))
        without = bench(daemon, events, **load)["ack_ms"]
        took = []
        with Beside(daemon, events, **load) as beside:
            while beside.is_running():
                took.append(asker.milliseconds(LIST_QUESTION))
                time.sleep(LIST_PAUSE_SECONDS)
            ack = beside.report()["ack_ms"]
        alone = [asker.milliseconds(LIST_QUESTION) for _ in range(20)]
    yield LIST.row(median(took), f"{companies:,} companies; {len(took)} lists beside {load['rate']:,.0f} events/s; "
                   f"greatest {max(took):.0f} ms; with no load p50 {median(alone):.1f} ms")
    yield LIST_ACK.row(ack["p99"], f"p50 {ack['p50']:.1f}, greatest {ack['max']:.0f} ms; the same load with no "
                       f"questions: p50 {without['p50']:.1f}, p99 {without['p99']:.1f} ms")


def command(scale):
    """From fork to the end of the process, its output read; the program lies in the page cache."""
    choose = random.Random(1)
    took = []
    with Daemon(clock="wall") as daemon:
        companies = scale.pick(COMPANIES, 500)
        fill(daemon, scale.pick(1_000_000, 50_000), companies=companies)
        words = [os.path.join(BIN, "tenure"), "--socket", os.path.join(daemon.run, "http.sock"), "company"]
        for _ in range(50):
            company = acting_company(choose, companies)
            began = time.monotonic()
            subprocess.run([*words, company], stdout=subprocess.PIPE, check=True)
            took.append((time.monotonic() - began) * 1e3)
    yield COMMAND.row(median(took), f"{len(took)} times, {spread(took)} ms; daemon at rest, program in the page cache")
