"""What lies on the disk is damaged while nothing runs: flipped bits, truncated, missing, swapped and foreign files.

Each case meets a copy of one whole directory. `tenure verify` and a start of the daemon must find the damage and say
where it is and what to do, or it must lie where nobody looks: then all records and the digest are those of the whole
directory. Another answer, a crash, or a complaint that names no place is a failure.
"""

import collections
import json
import os
import shutil

import fixture
import structure
from daemon import PATIENCE_SECONDS, Daemon, Exited
from directory import RULES, SMALL_FILES, Directory, records
from oracle import Mismatch
from regions import regions
from table import Row

CLOCK = "event"
INPUT_OUTPUT, NEWER_FORMAT = 74, 66
# Segments that the whole directory has at least: a first, one in the middle, a last.
SEGMENTS = 3

# A version that a flipped bit has raised is a newer version.
ANY = ["found", "same", "newer"]

# Bits flipped in each region of each file.
CYCLES = {"short": 1, "long": 12}
# The short form takes every so many regions and cases, another sample each time.
STRIDE = {"short": 8, "long": 1}


class Whole:
    """A directory without damage, what it answers, and what its last segment was some commits before the end."""

    def __init__(self, generator):
        self.made = Directory(CLOCK, generator, config=SMALL_FILES)
        self.daemon = self.made.daemon
        self.earlier = os.path.join(self.daemon.directory, "earlier")

    def make(self):
        self.made.begin()
        while len(self.segments()) < SEGMENTS:
            self.made.send_steps()
        self.daemon.stop()
        shutil.copytree(self.daemon.state, self.earlier)
        self.daemon.start()
        self.made.send_steps()
        self.made.prove()
        self.records = self.made.oracle.records
        self.digest = verify(self.daemon)["digest"]
        # Those whose id is no more than a record's: the log tells whether one is counted twice.
        taken = [line for line in self.made.oracle.lines.values() if line.acked_through is not None]
        self.identified = [line.text for line in taken if '"id":' in line.text or 'id="' in line.text]

    def segments(self):
        return sorted(name for name in os.listdir(os.path.join(self.daemon.state, "log")) if name.isdigit())

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.made.__exit__(*error)


def verify(daemon):
    report = daemon.tenure("--json", "verify", daemon.state)
    if report.returncode != 0:
        raise Mismatch(f"tenure verify: {report.returncode} {report.stderr}")
    return json.loads(report.stdout)


class Case:
    """One copy with one kind of damage."""

    def __init__(self, whole, name):
        self.whole = whole
        self.name = name

    def judge(self, harm, expected):
        """"found" and named, the "same" answers, or refused as "newer": one of those that are `expected`."""
        daemon = Daemon(clock=CLOCK, rules=RULES, config=SMALL_FILES)
        try:
            shutil.copytree(self.whole.daemon.state, daemon.state)
            harm(daemon.state)
            verified = self.by_command(daemon)
            started = self.by_daemon(daemon)
        except BaseException:
            daemon.own_directory = False
            print(f"kept: {daemon.directory}")
            raise
        finally:
            daemon.__exit__()
        outcome = started if verified == "same" else verified
        if "newer" in (verified, started) and started != verified:
            raise Mismatch(f"{self.name}: tenure verify says {verified}, the daemon {started}")
        if outcome not in expected:
            raise Mismatch(f"{self.name}: {outcome}, where {' or '.join(expected)} was expected")
        return outcome

    def by_command(self, daemon):
        report = daemon.tenure("--json", "verify", daemon.state)
        if report.returncode == 0:
            found = json.loads(report.stdout)
            if (found["digest"], found["seq"]) != (self.whole.digest, len(self.whole.records)):
                raise Mismatch(f"{self.name}: tenure verify is content with another answer: {found}")
            return "same"
        return self.complaint("tenure verify", report.returncode > 0, report.stderr)

    def by_daemon(self, daemon):
        try:
            daemon.start()
        except Exited:
            code, text = daemon.process.returncode, daemon.log_text()
            if code not in (INPUT_OUTPUT, NEWER_FORMAT):
                raise Mismatch(f"{self.name}: tenured exits with {code}:\n{text}") from None
            outcome = self.complaint("tenured", True, text)
            if (outcome == "newer") != (code == NEWER_FORMAT):
                raise Mismatch(f"{self.name}: exit {code} with\n{text}") from None
            return outcome
        outcome = self.use(daemon)
        if daemon.stop() not in (0, None):
            raise Mismatch(f"{self.name}: no end in peace:\n{daemon.log_text()}")
        return outcome

    def use(self, daemon):
        """A start from a checkpoint does not read what lies before it; whoever does hears of the damage."""
        try:
            self.compare(daemon)
        except AssertionError as error:
            if isinstance(error, Mismatch) or "409" not in str(error):
                raise
            return self.complaint("tenured", True, str(error))
        return self.send_again(daemon)

    def compare(self, daemon):
        found = records(daemon)
        digest = daemon.ask("/v1/verify")
        if found != self.whole.records or not digest["ok"] or digest["digest"] != self.whole.digest:
            raise Mismatch(f"{self.name}: the daemon is content with {len(found)} records and {digest}")

    def send_again(self, daemon):
        """Every line that has an id is known, or the checkpoint that should know it is named, given up and made anew."""
        try:
            taken, _ = daemon.send(self.whole.identified)
            if taken != len(self.whole.identified):
                raise Mismatch(f"{self.name}: {taken} of {len(self.whole.identified)} lines are settled")
        except (ConnectionError, AssertionError):
            code = daemon.process.wait(PATIENCE_SECONDS)
            text = daemon.log_text()
            if code != INPUT_OUTPUT or self.complaint("tenured", True, text) != "found":
                raise Mismatch(f"{self.name}: exit {code} with\n{text}") from None
            daemon.process = None
            if "state/" not in text:
                return "found"
            daemon.start()
            daemon.send(self.whole.identified)
        self.compare(daemon)
        return "same"

    def complaint(self, program, has_exited, text):
        """Names a place, and behind a semicolon what to do."""
        if "install the newer version" in text:
            return "newer"
        lines = [line for line in text.splitlines() if ";" in line and any(place in line for place in structure.PLACES)]
        if not has_exited or not lines:
            raise Mismatch(f"{self.name}: {program} does not say where, what and what to do:\n{text}")
        return "found"


def run(form, cycles, generator):
    yield fixture.check()
    with Whole(generator) as whole, Whole(generator) as other:
        whole.make()
        other.make()
        yield flips(whole, cycles or CYCLES[form], STRIDE[form], generator)
        yield structural(whole, other, STRIDE[form], generator)


def flips(whole, count, stride, generator):
    row = Row("one bit flipped")
    outcomes = collections.Counter()
    places = sorted(regions(whole.daemon.state).items())
    for (file, region), ranges in places[generator.randrange(stride)::stride]:
        for _ in range(count):
            low, high = generator.choice(ranges)
            at, bit = generator.randrange(low, high), generator.randrange(8)
            name = f"bit {bit} of byte {at} of {file} ({region})"
            outcomes[Case(whole, name).judge(lambda state: flip(os.path.join(state, file), at, bit), ANY)] += 1
            row.cycles += 1
    row.acked = whole.made.oracle.acked
    row.note = f"{outcomes['found'] + outcomes['newer']} found and named, {outcomes['same']} where nobody looks"
    return row


def flip(path, at, bit):
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1 << bit]))


def structural(whole, other, stride, generator):
    row = Row("files truncated, missing, swapped, foreign, of another format")
    outcomes = collections.Counter()
    cases = list(structure.cases(whole, other, generator))
    for name, harm, expected in cases[generator.randrange(stride)::stride]:
        outcomes[Case(whole, name).judge(harm, expected)] += 1
        row.cycles += 1
    row.acked = whole.made.oracle.acked
    row.note = (f"{outcomes['found']} found and named, {outcomes['newer']} refused as newer, "
                f"{outcomes['same']} without consequence")
    return row
