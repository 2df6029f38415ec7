"""What came late and makes a flag wrong marks it as retracted, with the cause; nothing else does."""

import json
import signal
import time
import unittest

from daemon import Daemon
from test_acceptance import DAY, START, clock, flags, instant, moves, rule, rules, traits, use

IDLE = rules(rule("idle", "user_idle_days > 7"))


class RetractionTests(unittest.TestCase):
    def idle(self, daemon):
        """`acme` and `globex` were last used at the start, ten days ago; both are flagged."""
        daemon.send([use("acme", 0), use("globex", 0), clock(10 * DAY)])
        self.assertEqual([flag["retracted_at"] for flag in flags(daemon)], [None, None])
        return flags(daemon, "acme")[0]["id"]

    def test_a_late_visit_retracts_the_flag_and_explain_names_it_also_after_a_restart(self):
        with Daemon(rules=IDLE) as daemon:
            flag = self.idle(daemon)
            daemon.send([use("acme", 3 * DAY, id="late")])
            for _ in range(2):
                detail = daemon.ask("/v1/flags/" + flag)
                self.assertEqual(detail["retracted_at"], instant(START + 10 * DAY))
                move = [move for move in detail["history"] if move["move"] == "retracted"][0]
                cause = daemon.ask(f"/v1/events?from={move['seq'] - 1}&limit=1")["events"][0]
                self.assertEqual(cause["id"], "late")
                self.assertEqual(
                    move["reason"], f"event {cause['seq']} of 2026-01-04 00:00 UTC, which came 7 d late: "
                    "as of the raise the condition was false")
                record = daemon.ask(f"/v1/events?from={move['seq']}&limit=1")["events"][0]
                self.assertEqual(record["witnesses"], [cause["seq"]])
                self.assertEqual([(term["metric"], term["holds"]) for term in record["evidence"]], [("user_idle_days", False)])
                self.assertEqual(moves(daemon, flag), ["raised", "retracted", "cleared"])
                other = flags(daemon, "globex")[0]
                self.assertEqual((other["retracted_at"], other["state"]), (None, "open"))
                counts = [row for row in daemon.ask("/v1/rules")["rules"] if row["name"] == "idle"][0]
                self.assertEqual((counts["raised"], counts["retracted"]), (2, 1))
                digest = daemon.ask("/v1/status?digest=1")["digest"]
                daemon.restart()
                self.assertEqual(daemon.ask("/v1/status?digest=1")["digest"], digest)

    def test_a_late_event_that_does_not_change_the_truth_retracts_nothing(self):
        with Daemon(rules=IDLE) as daemon:
            flag = self.idle(daemon)
            daemon.send([use("acme", -DAY), json.dumps({"company": "acme", "task": "nightly", "time": START + 5 * DAY})])
            self.assertEqual(moves(daemon, flag), ["raised"])

    def test_an_alias_that_makes_one_user_of_two_retracts_what_counted_both(self):
        with Daemon(rules=rules(rule("crowd", "active_users(7d) >= 3"))) as daemon:
            daemon.send([use("acme", number, user) for number, user in enumerate(["ann", "bob", "anonymous"])])
            daemon.send([use("globex", 10 + number, user) for number, user in enumerate(["eve", "fay", "gil"])])
            flag = flags(daemon, "acme")[0]["id"]
            daemon.send([json.dumps({"type": "alias", "previousId": "anonymous", "userId": "ann", "timestamp": START + 60})])
            self.assertEqual(moves(daemon, flag), ["raised", "retracted", "cleared"])
            self.assertIn("which made one user of two", daemon.ask("/v1/flags/" + flag)["history"][1]["reason"])
            self.assertIsNone(flags(daemon, "globex")[0]["retracted_at"])

    def test_a_flag_is_judged_by_the_rule_that_raised_it_after_an_edit_and_a_restart(self):
        with Daemon(rules=IDLE) as daemon:
            flag = self.idle(daemon)
            with open(daemon.rules, "w") as file:
                file.write(rules(rule("idle", "user_idle_days > 2"), rule("other", "users_total > 9")))
            self.assertEqual(daemon.request("POST", "/v1/reload")[0], 200)
            daemon.restart()
            # Under the new rule three days without use would still be idle.
            daemon.send([use("acme", 4 * DAY)])
            self.assertIn("retracted", moves(daemon, flag))

    def test_a_late_event_that_no_look_had_covered_when_the_daemon_was_killed_still_retracts(self):
        with Daemon(rules=IDLE) as daemon:
            flag = self.idle(daemon)
            connection = daemon.connect()
            connection.sendall((use("acme", 3 * DAY) + "\n").encode())
            connection.recv(1 << 12)
            daemon.stop(signal.SIGKILL)
            connection.close()
            daemon.start()
            daemon.send([clock(10 * DAY + 7_200)])
            self.assertEqual(moves(daemon, flag), ["raised", "retracted", "cleared"])

    def test_under_the_wall_clock_late_visits_retract_in_the_block_that_brings_them(self):
        with Daemon(clock="wall", rules=rules(rule("few", "active_users(7d) < 2"))) as daemon:
            now = time.time()
            daemon.send([json.dumps({"type": "group", "groupId": "acme", "traits": {"plan": "team"}})])
            flag = flags(daemon)[0]["id"]
            visit = {"company": "acme", "task": "t", "time": now - 2 * DAY}
            daemon.send([json.dumps(visit | {"user": "ann"})])
            self.assertEqual(moves(daemon, flag), ["raised"])
            daemon.send([json.dumps(visit | {"user": "bob"})])
            self.assertEqual(moves(daemon, flag), ["raised", "retracted", "cleared"])


if __name__ == "__main__":
    unittest.main()
