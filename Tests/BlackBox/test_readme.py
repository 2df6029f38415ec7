"""What README.md tells a newcomer to type, typed."""

import os
import re
import subprocess
import sys
import unittest

from daemon import BIN, PATIENCE_SECONDS, ROOT, Daemon

with open(os.path.join(ROOT, "README.md")) as file:
    README = file.read()


BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def block(language, containing):
    """The code block of `language` that has `containing` in it."""
    found = [text for named, text in BLOCKS if named == language and containing in text]
    if len(found) != 1:
        raise AssertionError(f"{len(found)} blocks of {language} with {containing!r} in README.md")
    return found[0]


class ReadmeTest(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(clock="wall")
        # As where `tenured` runs without any option.
        os.makedirs(os.path.join(self.daemon.directory, "tenure-data"))
        self.daemon.run = os.path.join(self.daemon.directory, "tenure-data", "run")
        self.daemon.arguments[3] = self.daemon.run
        self.daemon.start()
        self.addCleanup(self.daemon.__exit__, None, None, None)

    def type(self, *command):
        environment = os.environ | {"PATH": BIN + os.pathsep + os.environ["PATH"]}
        environment.pop("TENURE_SOCKET", None)
        done = subprocess.run(
            command, cwd=self.daemon.directory, env=environment, capture_output=True, text=True,
            timeout=PATIENCE_SECONDS)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def events(self, company):
        return self.daemon.ask(f"/v1/companies/{company}")["events"]["lifetime"]

    def test_the_ten_lines_of_python_deliver_an_event(self):
        program = block("python", "def deliver")
        self.assertLessEqual(len(program[:program.index("\ndeliver(")].strip().splitlines()), 12)
        self.type(sys.executable, "-c", program)
        self.assertEqual(self.events("acme"), 1)

    def test_three_people_on_two_seats_raise_a_flag(self):
        self.assertIn("seats_full", self.type("sh", "-ec", block("sh", "cyd")))

    def test_the_shell_sender_counts_its_event_once_however_it_is_sent(self):
        answer = self.type("sh", "-ec", block("sh", "--spool spool"))
        self.assertIn('"errors":[]', answer)
        self.assertEqual(self.events("acme"), 1)

    def test_the_lines_that_are_shown_are_taken(self):
        lines = block("", '"messageId":"m1"')
        # Their times may still be to come where this runs.
        past = lines.replace("2026-11-22", "2026-01-22").replace("1795341600", "1769076000")
        sent = self.daemon.tenure("send", input=past)
        self.assertEqual(sent.returncode, 0, sent.stderr)

    def test_every_file_and_place_that_is_linked_is_there(self):
        anchors = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")
                   for title in re.findall(r"^#+ (.*)$", README, re.MULTILINE)}
        for target in re.findall(r"\]\(([^)]+)\)", README):
            if target.startswith("#"):
                self.assertIn(target[1:], anchors)
            elif not target.startswith("http"):
                self.assertTrue(os.path.exists(os.path.join(ROOT, target)), target)


if __name__ == "__main__":
    unittest.main()
