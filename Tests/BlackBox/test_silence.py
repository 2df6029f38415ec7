"""Producer silence is not customer silence: what an operator sees while a source is down, and after."""

import json
import time
import unittest

from daemon import PATIENCE_SECONDS, Daemon

RULES = """
flags:
  - name: idle
    kind: churn
    severity: high
    when: user_idle_days > 2d
    summary: "Nobody at {company} for {user_idle_days:0} days"
  - {name: busy, kind: upsell, severity: low, when: "events(7d) >= 5"}
"""

CONFIG = """
sources:
  app: {heartbeat: 6h}
"""


def event(company, day, hour, source="app"):
    return json.dumps({
        "company": company, "user": "ada", "task": "t", "time": f"2026-03-{day:02}T{hour:02}:00:00Z", "source": source,
    })


class SilenceTests(unittest.TestCase):
    def hours(self, days, companies, source="app"):
        """Something every hour of `days`, so that the source is never silent."""
        return [event(company, day, hour, source) for day in days for hour in range(24) for company in companies]

    def flags(self, daemon, query=""):
        return daemon.ask("/v1/flags" + query)["flags"]

    def companies_flags(self, daemon):
        return [(f["rule"], f["company"], f["since"]) for f in self.flags(daemon, "?all=1") if f["company"]]

    def test_a_silent_source_raises_one_flag_withholds_and_settles_when_its_data_come_back(self):
        with Daemon(rules=RULES, config=CONFIG) as daemon:
            # Both work on the 1st; then the source of both falls silent, while another one goes on.
            daemon.send(self.hours([1], ["gone", "late"]))
            daemon.send(self.hours([2, 3, 4], ["other"], "billing"))

            source = [f for f in self.flags(daemon) if f["rule"] == "source:app"]
            self.assertEqual(len(source), 1)
            self.assertIsNone(source[0]["company"])
            self.assertEqual((source[0]["source"], source[0]["kind"], source[0]["severity"]), ("app", "info", "high"))
            self.assertEqual(source[0]["since"], "2026-03-01T23:00:00Z")
            self.assertIn("2 companies are fed by it", source[0]["summary"])
            detail = daemon.ask("/v1/flags/" + source[0]["id"])
            self.assertEqual(detail["opened"], "2026-03-02T05:00:00.001Z")
            self.assertEqual(detail["rule_text"], "sources:\n  app: {heartbeat: 6h}\n")
            self.assertEqual(detail["evidence"][0]["holds"], True)

            # Idle since the 3rd, 23:00, were the source not silent.
            self.assertEqual([f for f in self.companies_flags(daemon) if f[0] == "idle"], [])
            withheld = self.flags(daemon, "?withheld=1")
            self.assertEqual(
                [(f["company"], f["rule"], f["since"], f["source"]) for f in withheld],
                [(c, "idle", "2026-03-03T23:00:00.001Z", "app") for c in ("gone", "late")])
            why = daemon.ask("/v1/companies/gone/why-not/idle")
            self.assertTrue(why["sentence"].startswith("withheld: source app is silent since 2026-03-02T05:00:00.001Z"))
            self.assertEqual(why["withheld_by"], "app")
            status = [s for s in daemon.ask("/v1/status")["sources"] if s["name"] == "app"]
            self.assertEqual(status, [{
                "name": "app", "heartbeat_s": 21600, "data_to": "2026-03-01T23:00:00Z",
                "silent_since": "2026-03-02T05:00:00.001Z"}])

            # A restart in the middle changes nothing.
            daemon.restart()
            self.assertEqual(self.flags(daemon, "?withheld=1"), withheld)

            # The data come: `late` had been there all the time, `gone` had not.
            daemon.send(self.hours([2, 3, 4], ["late"]) + [event("late", 5, 0)])
            self.assertEqual(
                [f for f in self.companies_flags(daemon) if f[0] == "idle"],
                [("idle", "gone", "2026-03-03T23:00:00.001Z")])
            self.assertEqual(self.flags(daemon, "?withheld=1"), [])
            self.assertEqual(daemon.ask("/v1/flags/" + source[0]["id"])["state"], "cleared")
            self.assertTrue(daemon.ask("/v1/verify")["ok"])

    def test_a_source_given_up_by_the_operator_withholds_nothing(self):
        with Daemon(rules=RULES, config=CONFIG) as daemon:
            daemon.send(self.hours([1], ["gone"]))
            daemon.send(self.hours([2, 3, 4], ["other"], "billing"))
            flag = [f for f in self.flags(daemon) if f.get("source") == "app"][0]["id"]
            table = daemon.tenure("flags")
            self.assertIn("(source app)", table.stdout)
            explained = daemon.tenure("flags", "explain", flag)
            self.assertEqual(explained.returncode, 0, explained.stderr)
            listed = daemon.tenure("flags", "--withheld")
            self.assertIn("gone\tidle", listed.stdout)
            closed = daemon.tenure("flags", "close", flag, "--as", "false_alarm")
            self.assertEqual(closed.returncode, 0, closed.stderr)
            self.assertIn(("idle", "gone", "2026-03-03T23:00:00.001Z"), self.companies_flags(daemon))
            self.assertEqual(self.flags(daemon, "?withheld=1"), [])
            # Heard again, it is watched again.
            daemon.restart()
            daemon.send([event("gone", 5, 0), event("other", 5, 8, "billing")])
            self.assertEqual(len([f for f in self.flags(daemon) if f.get("source") == "app"]), 1)

    def test_the_settings_of_sources_are_checked_and_removed_ones_end_their_flags(self):
        with Daemon(rules=RULES, config=CONFIG) as daemon:
            daemon.send(self.hours([1], ["gone"]))
            daemon.send(self.hours([2, 3, 4], ["other"], "billing"))
            daemon.stop()
            with open(daemon.directory + "/tenured.yaml", "w") as file:
                file.write("sources: {}\n")
            daemon.start()
            flags = self.flags(daemon, "?all=1")
            self.assertEqual([f["verdict"] for f in flags if f["rule"] == "source:app"], ["removed"])
            self.assertIn("idle", [f["rule"] for f in flags if f["company"] == "gone"])
            self.assertTrue(daemon.ask("/v1/verify")["ok"])

    def test_under_the_wall_clock_a_source_falls_silent_by_itself(self):
        with Daemon(clock="wall", rules=RULES, config="sources: {app: {heartbeat: 2s}}\n") as daemon:
            daemon.send(['{"company":"acme","user":"ada","task":"t","source":"app"}'])
            self.assertEqual(self.flags(daemon), [])
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not self.flags(daemon) and time.monotonic() < deadline:
                time.sleep(0.1)
            self.assertEqual([f["rule"] for f in self.flags(daemon)], ["source:app"])
            daemon.restart()
            self.assertEqual([f["rule"] for f in self.flags(daemon)], ["source:app"])
            daemon.send(['{"company":"acme","user":"ada","task":"t","source":"app"}'])
            self.assertEqual(self.flags(daemon), [])

    def test_a_reload_or_restart_in_a_silence_judges_no_past_moment_by_what_came_since(self):
        rules = """
flags:
  - {name: back, kind: upsell, severity: low, when: user_idle_days <= 0.2 and known_days > 0.3 and events(7d) < 3}
"""
        for disturb in (lambda daemon: None, lambda daemon: daemon.request("POST", "/v1/reload", "{}"), Daemon.restart):
            with Daemon(rules=rules, config=CONFIG.replace("6h", "9h")) as daemon:
                daemon.send([event("a", 1, 10), event("z", 1, 12, "other")])
                daemon.send(self.hours([2, 3, 4], ["z"], "other") + [event("a", 5, 3, "other")])
                disturb(daemon)
                daemon.send([event("a", 6, 3, "other")] + self.hours([7], ["z"], "other"))
                self.assertNotIn("a", [f["company"] for f in self.flags(daemon, "?all=1")])
                self.assertTrue(daemon.ask("/v1/verify")["ok"])


if __name__ == "__main__":
    unittest.main()
