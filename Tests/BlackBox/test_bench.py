"""`tenure bench`: what it sent is what the daemon has, and every figure is there. `scripts/bench`: its table."""

import json
import os
import subprocess
import unittest

from daemon import BIN, ROOT, Daemon


class BenchTest(unittest.TestCase):
    def test_both_forms_are_taken_whole_and_measured(self):
        with Daemon(clock="wall") as daemon:
            for form, size in (("json", (150, 230)), ("line", (90, 150))):
                before = daemon.ask("/v1/status")["events"]
                done = daemon.tenure(
                    "bench", "--json", "--form", form, "--events", "3000", "--companies", "50", "--users", "500")
                self.assertEqual(done.returncode, 0, done.stderr)
                report = json.loads(done.stdout)
                self.assertEqual((report["events"], report["refused"], report["duplicates"]), (3000, 0, 0))
                self.assertEqual(daemon.ask("/v1/status")["events"] - before, 3000)
                self.assertTrue(size[0] < report["sent_bytes_per_event"] < size[1], report)
                for figure in ("daemon_cpu_us_per_event", "daemon_rss_bytes", "log_bytes_per_event"):
                    self.assertIsNotNone(report[figure])
                self.assertEqual(sum(bucket["events"] for bucket in report["ack_histogram"]), 3000)
                self.assertLessEqual(report["ack_ms"]["p50"], report["ack_ms"]["max"])
            # By Zipf's law the first of fifty companies has more than a fifth of all.
            first = daemon.ask("/v1/companies/c0")["events"]["lifetime"]
            self.assertGreater(first, 6000 / 5)

    def test_a_rate_is_kept_and_a_load_that_cannot_be_is_refused(self):
        with Daemon(clock="wall") as daemon:
            load = ("bench", "--json", "--events", "100", "--companies", "5", "--users", "50", "--late-share", "0")
            slow = json.loads(daemon.tenure(*load, "--rate", "200").stdout)
            self.assertGreater(slow["seconds"], 0.45)
            self.assertLess(slow["events_per_s"], 250)
            self.assertEqual(daemon.tenure(*load[:2], "--events", "10", "--users", "3").returncode, 2)

    def test_the_table_of_figures_has_a_row_each_with_its_verdict(self):
        table = subprocess.run(
            [os.path.join(ROOT, "scripts", "bench"), "--quick", "one-event", "cli"], capture_output=True, text=True,
            env={**os.environ, "TENURE_BIN": BIN})
        self.assertEqual(table.returncode, 0, table.stderr)
        rows = [line.split(" | ") for line in table.stdout.splitlines() if line.startswith("| ")][1:]
        self.assertEqual([row[0].split(",")[0] for row in rows], ["| one event alone"] * 2 + ["| CLI"])
        for _, must, _, measured, verdict, _ in rows:
            self.assertRegex(must, "^≤ [0-9.]+ ")
            self.assertRegex(measured, "^[0-9.,]+ (× fdatasync|ms)$")
            self.assertIn(verdict, ("aim reached", "must reached", "reached", "**missed**"))


if __name__ == "__main__":
    unittest.main()
