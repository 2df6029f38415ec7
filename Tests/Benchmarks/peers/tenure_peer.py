"""Tenure itself: line protocol over ingest.sock, until all of it is acknowledged; answers from the company cards."""

import datetime
import http.client
import json
import os
import threading

import load
from daemon import Daemon, Sender, UnixHTTPConnection
from measure import Measurement

NAME = "Tenure"
# What goes into one call of send: small beside what is on its way, and far from a line a call.
LINES_A_WRITE = 1_000


def run(events, directory, _options):
    pieces = [b"".join(piece) for piece in load.batches(load.lines(events), LINES_A_WRITE)]
    with Daemon(clock="wall", directory=directory) as daemon:
        with Sender(daemon) as sender, Measurement(daemon.process.pid) as measurement:
            reader = threading.Thread(target=read_acks, args=(sender, len(events)))
            reader.start()
            for piece in pieces:
                sender.write(piece)
            reader.join()
        if sender.ack != len(events) or sender.errors:
            raise SystemExit(f"peers: Tenure acknowledged {sender.ack:,} of {len(events):,} events and refused "
                             f"{len(sender.errors):,}, first {next(iter(sender.errors.values()), None)}")
        return measurement.cost, answers(daemon)


def read_acks(sender, wanted):
    while sender.ack < wanted and sender.reply() is not None:
        pass


def answers(daemon):
    connection = UnixHTTPConnection(os.path.join(daemon.run, "http.sock"))
    try:
        companies, cursor = [], ""
        while cursor is not None:
            page = ask(connection, f"/v1/companies?limit=1000{cursor and '&cursor=' + cursor}")
            companies += [company["company"] for company in page["companies"]]
            cursor = page["next"]
        portraits = {company: portrait(ask(connection, f"/v1/companies/{company}")) for company in companies}
        return load.Answers(logged=ask(connection, "/v1/status")["events"], portraits=portraits)
    finally:
        connection.close()


def ask(connection, path):
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    if response.status != http.client.OK:
        raise SystemExit(f"peers: GET {path}: {response.status} {body!r}")
    return json.loads(body)


def portrait(card):
    first_day = datetime.date.fromisoformat(card["series"]["from"])
    days = {(first_day + datetime.timedelta(number)).isoformat(): events
            for number, events in enumerate(card["series"]["events"]) if events}
    last = datetime.datetime.fromisoformat(card["last_activity"])
    return load.Portrait(
        events=card["events"]["lifetime"], users=card["users"]["total"], last_ms=round(last.timestamp() * 1_000),
        days=days, tasks={task["task"]: task["lifetime"] for task in card["tasks"]})
