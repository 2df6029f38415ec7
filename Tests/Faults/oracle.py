"""What senders know of their own lines, and whether the log agrees with them."""

import datetime
import json


class Mismatch(AssertionError):
    """The log and the senders' memory differ."""


# Beyond every seq.
ANYWHERE = 1 << 62


class Line:
    """One event line: what was written, and what must become of it."""

    def __init__(self, key, text, refusal=None, **record):
        self.key = key
        self.text = text
        # The error code it must be answered with, or None for a line that must be taken.
        self.refusal = refusal
        # Members that its record must have.
        self.record = record
        # The seq of the first ack that covered it.
        self.acked_through = None


class Oracle:
    """Everything that was sent on one directory, and everything that was found in its log."""

    def __init__(self):
        self.lines = {}
        # How many keys each sender has used, over all its lives.
        self.numbers = {}
        self.found = {}
        self.records = []
        self.acked = 0
        self.refused = 0
        self.lost = []
        self.doubled = []

    def sent(self, line):
        self.lines.setdefault(line.key, line)

    def settled(self, line, through, error):
        """`line` was covered by an ack through seq `through`, with `error` or without.

        A producer that learns from `hello` alone that a line was taken knows no seq, and says `ANYWHERE`.
        """
        if (error and error["error"]) != line.refusal:
            raise Mismatch(f"{line.text!r} was answered {error}, not {line.refusal or 'taken'}")
        if line.refusal:
            self.refused += 1
        elif line.acked_through is None:
            line.acked_through = through
            self.acked += 1

    def look_again(self):
        """Forgets what was found, so that the whole log is looked at anew."""
        self.records.clear()
        self.found.clear()
        self.doubled.clear()

    def look(self, records):
        """Takes the records behind those seen before: no gap, nothing invented, nothing twice."""
        for record in records:
            if record["seq"] != len(self.records) + 1:
                raise Mismatch(f"seq {record['seq']} stands where {len(self.records) + 1} must")
            self.records.append(record)
            key = record.get("id") or record.get("props", {}).get("k")
            if key is None:
                if record["type"] in ("track", "group", "alias", "identify"):
                    raise Mismatch(f"nobody sent {record}")
                continue
            line = self.lines.get(key)
            if line is None or line.refusal:
                raise Mismatch(f"nobody sent, or all were refused: {record}")
            if key in self.found:
                self.doubled.append(key)
            self.found[key] = record["seq"]
            for name, value in line.record.items():
                if record.get(name) != value:
                    raise Mismatch(f"{name} of seq {record['seq']} is {record.get(name)!r}, not {value!r} as sent")

    def look_for_acked(self):
        """Once the log was looked at to its end: what was acked is there, once, and where it must be."""
        # A copy, since senders may be at work.
        acked = ((key, line) for key, line in list(self.lines.items()) if line.acked_through is not None)
        self.lost = [key for key, line in acked if self.found.get(key, float("inf")) > line.acked_through]
        if self.lost or self.doubled:
            raise Mismatch(
                f"acked and not in the log: {len(self.lost)} {self.lost[:9]}; "
                f"twice in the log: {len(self.doubled)} {self.doubled[:9]}")

    def look_at_flags(self):
        """Raised and cleared by turns, for each rule of each company."""
        is_open = {}
        for record in self.records:
            move = record.get("move")
            place = (record.get("company"), record.get("rule"))
            if move == "raised":
                if is_open.get(place):
                    raise Mismatch(f"raised twice: {record}")
                is_open[place] = True
            elif move == "cleared":
                if not is_open.get(place):
                    raise Mismatch(f"cleared while not open: {record}")
                is_open[place] = False
        return sum(is_open.values())


def instant(milliseconds):
    """As the log writes it: RFC 3339 in UTC, with milliseconds unless there are none."""
    time = datetime.datetime.fromtimestamp(milliseconds / 1_000, datetime.timezone.utc)
    fraction = f".{milliseconds % 1_000:03}" if milliseconds % 1_000 else ""
    return time.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"


def compact(**members):
    return json.dumps(members, separators=(",", ":"))
