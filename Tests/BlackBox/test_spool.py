"""`tenure send --spool`: a sender whose events outlive the daemon, itself, and both."""

import calendar
import json
import os
import signal
import subprocess
import tempfile
import time
import unittest

from daemon import BIN, PATIENCE_SECONDS, Daemon

TENURE = os.path.join(BIN, "tenure")


def event(number, **more):
    return json.dumps({"company": "acme", "user": f"u{number}", "task": "report", **more})


class SpoolTest(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.daemon.start()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.spool = os.path.join(directory.name, "spool")

    def sender(self, *options):
        sender = subprocess.Popen(
            [TENURE, "--socket", self.daemon.run, "send", "--spool", self.spool, *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(sender.kill)
        return sender

    def write(self, sender, lines):
        sender.stdin.write("".join(line + "\n" for line in lines))
        sender.stdin.flush()

    def counted(self):
        return self.daemon.ask("/v1/companies/acme")["events"]["lifetime"]

    def wait_for(self, condition):
        end = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            self.assertLess(time.monotonic(), end, "it did not come about in time")
            time.sleep(0.02)

    def lines(self):
        try:
            with open(os.path.join(self.spool, "lines")) as file:
                return len(file.readlines())
        except FileNotFoundError:
            return 0

    def kept(self):
        """Bytes that are neither settled nor lost."""
        with open(os.path.join(self.spool, "settled"), "rb") as file:
            settled = int(file.read() or b"0")
        return os.path.getsize(os.path.join(self.spool, "lines")) - settled

    def test_lines_written_while_the_daemon_is_away_arrive_once_it_is_back_each_once(self):
        sender = self.sender("--wait", str(PATIENCE_SECONDS))
        self.write(sender, [event(number) for number in range(100)])
        self.wait_for(lambda: self.daemon.ask("/v1/status")["events"] == 100)
        self.daemon.stop(signal.SIGKILL)
        self.write(sender, [event(number) for number in range(100, 200)])
        self.wait_for(lambda: self.kept() > 0)
        self.daemon.start()
        self.write(sender, [event(number) for number in range(200, 300)])
        out, errors = sender.communicate(timeout=PATIENCE_SECONDS)
        self.assertEqual(sender.returncode, 0, errors)
        self.assertIn("settled\t300", out)
        self.assertIn("connected again", errors)
        self.assertEqual((self.counted(), self.kept()), (300, 0))

    def test_what_is_left_at_the_end_is_named_and_goes_with_the_next_run_at_its_own_time(self):
        self.daemon.stop()
        sender = self.sender("--wait", "0")
        before = time.time()
        _, errors = sender.communicate("\n".join([event(1), "report,company=acme,user=u2 count=1i"]))
        self.assertEqual(sender.returncode, 7, errors)
        self.assertIn(f"kept in {self.spool}", errors)
        after = time.time()
        time.sleep(0.2)
        self.daemon.start()
        again = self.sender()
        again.communicate("")
        self.assertEqual(again.returncode, 0)
        self.assertEqual(self.counted(), 2)
        for record in self.daemon.ask("/v1/companies/acme/events")["events"]:
            sent = time.strptime(record["time"][:19], "%Y-%m-%dT%H:%M:%S")
            self.assertTrue(int(before) <= calendar.timegm(sent) <= after, record)

    def test_a_sender_that_is_killed_loses_and_doubles_nothing_that_it_had_read(self):
        for round, signum in enumerate((signal.SIGKILL, signal.SIGTERM), 1):
            self.daemon.stop()
            sender = self.sender()
            self.write(sender, [event(number) for number in range(50)])
            self.wait_for(lambda: self.lines() == 50 * round)
            sender.send_signal(signum)
            sender.communicate()
            self.daemon.start()
        # Whatever of it is sent twice has the same ids.
        with open(os.path.join(self.spool, "settled"), "w") as file:
            file.write("0" * 20)
        last = self.sender()
        last.communicate("")
        self.assertEqual(last.returncode, 0)
        self.assertEqual(self.counted(), 100)

    def test_refused_lines_are_named_and_cost_their_neighbours_nothing(self):
        sender = self.sender()
        out, errors = sender.communicate("\n".join([event(1), "{bad", event(2, task=""), event(3), ""]))
        self.assertEqual(sender.returncode, 7)
        self.assertIn("line 2: bad_json", errors)
        self.assertIn("no_task", errors)
        self.assertEqual(self.counted(), 2)

    def test_two_senders_cannot_share_a_spool(self):
        first = self.sender()
        self.wait_for(lambda: os.path.exists(os.path.join(self.spool, "settled")))
        second = self.sender()
        _, errors = second.communicate("")
        self.assertEqual(second.returncode, 5)
        self.assertIn("another `tenure send`", errors)
        first.communicate("")


if __name__ == "__main__":
    unittest.main()
