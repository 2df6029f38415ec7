"""The events that every peer gets, and what they come to, counted here with nothing but dictionaries.

The shape is that of `tenure bench`: companies by Zipf's law, each with users of its own, some busier than others;
nearly all times within the last minute, a few up to a week back. Beside that, a small share of events is sent again.
The same seed gives the same events, but for the times, which end at `end`.
"""

import bisect
import datetime
import itertools
import random
import uuid
from dataclasses import dataclass, field
from typing import NamedTuple

TASKS = [
    "report.exported", "invoice.sent", "app.opened", "dashboard.viewed", "report.created", "contact.added",
    "comment.written", "file.uploaded", "search.run", "filter.saved", "team.invited", "settings.changed",
]
ON_TIME_MS = 60_000
LATE_MS = 7 * 86_400_000
LATE_SHARE = 0.02
# Sent again, the same in all its fields: one of the last so many, as by a sender whose connection broke.
RESENT_SHARE = 0.01
RESENT_AMONG = 50_000


class Event(NamedTuple):
    company: str
    user: str
    task: str
    time_ms: int
    cents: int
    id: str

    @property
    def amount(self):
        return f"{self.cents // 100}.{self.cents % 100:02}"


@dataclass
class Shape:
    events: int
    companies: int
    users: int
    seed: int


@dataclass
class Portrait:
    """What a peer has to know of one company."""

    events: int = 0
    users: int = 0
    last_ms: int = 0
    days: dict = field(default_factory=dict)
    tasks: dict = field(default_factory=dict)


@dataclass
class Answers:
    """What a peer has to say when all events are in: they are equal, or nothing is printed."""

    # Events in its log: those sent again are there once.
    logged: int
    portraits: dict

    def differences(self, truth):
        if self.logged != truth.logged:
            yield f"{self.logged:,} events in the log, not {truth.logged:,}"
        for company in sorted(self.portraits.keys() | truth.portraits.keys()):
            found, wanted = self.portraits.get(company), truth.portraits.get(company)
            if found != wanted:
                yield f"{company}: {found}, not {wanted}"


def make(shape, end_ms):
    chance = random.Random(shape.seed)
    cast = Cast(shape)
    events = []
    for index in range(shape.events):
        if events and chance.random() < RESENT_SHARE:
            events.append(events[-chance.randint(1, min(len(events), RESENT_AMONG))])
            continue
        company, user = cast.pick(chance)
        age = ON_TIME_MS * (shape.events - 1 - index) // shape.events
        if chance.random() < LATE_SHARE:
            age += int(chance.random() * LATE_MS)
        task = TASKS[int(chance.random() * chance.random() * len(TASKS))]
        event_id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        events.append(Event(company, user, task, end_ms - age, chance.randrange(100_000), event_id))
    return events


class Cast:
    """Who acts: the r-th company has events and users in proportion to 1/r."""

    def __init__(self, shape):
        weights = [1 / rank for rank in range(1, shape.companies + 1)]
        total = sum(weights)
        self.shares = list(itertools.accumulate(weight / total for weight in weights))
        counts = [max(1, round(shape.users * weight / total)) for weight in weights]
        self.first_users = [0, *itertools.accumulate(counts)]

    def pick(self, chance):
        company = min(bisect.bisect(self.shares, chance.random()), len(self.shares) - 1)
        first, end = self.first_users[company:company + 2]
        # The square makes some users of a company busier than others.
        return f"c{company}", f"u{first + int(chance.random() ** 2 * (end - first))}"


def day(time_ms):
    """The UTC date, which is the day of every company that names no zone."""
    number = time_ms // 86_400_000
    if number not in DAYS:
        DAYS[number] = (datetime.date(1970, 1, 1) + datetime.timedelta(number)).isoformat()
    return DAYS[number]


DAYS = {}


def count(events):
    portraits, users, seen = {}, {}, set()
    for event in events:
        identity = (event.company, day(event.time_ms), event.id)
        if identity in seen:
            continue
        seen.add(identity)
        portrait = portraits.setdefault(event.company, Portrait())
        portrait.events += 1
        portrait.last_ms = max(portrait.last_ms, event.time_ms)
        portrait.days[day(event.time_ms)] = portrait.days.get(day(event.time_ms), 0) + 1
        portrait.tasks[event.task] = portrait.tasks.get(event.task, 0) + 1
        users.setdefault(event.company, set()).add(event.user)
    for company, portrait in portraits.items():
        portrait.users = len(users[company])
    return Answers(logged=len(seen), portraits=portraits)


def lines(events):
    """Line protocol, as Tenure takes it on ingest.sock."""
    return [
        f'{event.task},company={event.company},user={event.user} amount={event.amount},id="{event.id}" '
        f"{event.time_ms}000000\n".encode() for event in events
    ]


def batches(items, size):
    for start in range(0, len(items), size):
        yield items[start:start + size]
