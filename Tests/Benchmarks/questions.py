"""What people wait for who ask, and what it costs those who send."""

import json
import os
import random
import subprocess
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

from daemon import BIN, Daemon, UnixHTTPConnection
from figures import Figure, median, percentile, spread
from load import COMPANIES, Beside, bench, fill, introduce

CARD_P50 = Figure("company card over the socket during full ingest, p50", "ms", must=2, aim=0.5)
CARD_P99 = Figure("company card over the socket during full ingest, p99", "ms", must=20, aim=5)
LIST = Figure("100 of 100,000 companies, sorted and filtered by an expression, p50", "ms", must=50, aim=10)
LIST_ACK = Figure("such lists being asked for, ack p99 meanwhile", "ms", must=20)
COMMAND = Figure("CLI, cold, whole command: `tenure company X`, p50", "ms", must=25, aim=10)

CARDS = 500
# So many people look at cards at once, each at one after the other.
ASKERS = 8
ASK_PAUSE_SECONDS = 0.05
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

    def ask(self, path):
        """Milliseconds from the question to the last byte of its answer, and the answer."""
        began = time.monotonic()
        self.connection.request("GET", path)
        response = self.connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise SystemExit(f"bench: GET {path}: {response.status} {body!r}")
        return (time.monotonic() - began) * 1e3, body


def card(scale):
    """Asked by several at once at moments of their own, while events come as fast as they are taken.

    A card says at which seq it was made: those made when the load had ended already, or not begun, do not count.
    """
    events, companies = scale.pick(2_000_000, 300_000), scale.pick(COMPANIES, 500)
    took, rates = [], []
    with Daemon(clock="wall") as daemon:
        fill(daemon, events, companies=companies)
        with Asker(daemon) as asker:
            choose = random.Random(0)
            alone = [asker.ask(f"/v1/companies/{acting_company(choose, companies)}")[0] for _ in range(100)]
        while len(took) < scale.pick(CARDS, 20):
            before = daemon.ask("/v1/status")["seq"]
            with Beside(daemon, events, companies=companies) as load, ThreadPoolExecutor(ASKERS) as pool:
                asked = [pool.submit(ask_cards, daemon, load, companies, number) for number in range(ASKERS)]
                cards = [card for answers in asked for card in answers.result()]
                rates.append(load.report()["events_per_s"])
            took += [milliseconds for milliseconds, seq in cards if before < seq < before + events]
    yield CARD_P50.row(median(took), f"{len(took)} cards, {ASKERS} connections, beside {spread(rates)} events/s; "
                       f"with no load p50 {median(alone):.2f} ms")
    yield CARD_P99.row(percentile(took, 0.99), f"the same cards; greatest {max(took):.0f} ms; "
                       f"with no load p99 {percentile(alone, 0.99):.2f} ms")


def ask_cards(daemon, load, companies, seed):
    """As long as the load runs: for each card its milliseconds and its seq."""
    choose = random.Random(seed)
    cards = []
    with Asker(daemon) as asker:
        while load.is_running():
            milliseconds, body = asker.ask(f"/v1/companies/{acting_company(choose, companies)}")
            cards.append((milliseconds, json.loads(body)["seq"]))
            time.sleep(choose.random() * 2 * ASK_PAUSE_SECONDS)
    return cards


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
                took.append(asker.ask(LIST_QUESTION)[0])
                time.sleep(LIST_PAUSE_SECONDS)
            ack = beside.report()["ack_ms"]
        alone = [asker.ask(LIST_QUESTION)[0] for _ in range(20)]
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
