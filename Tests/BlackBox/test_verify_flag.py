"""A flag re-derived from the log alone: every raise of a lively stream holds, live and from a stopped directory."""

import collections
import gzip
import json
import os
import unittest

from daemon import DATA, Daemon
from test_acceptance import DAY, START, clock, flags, rule, rules, use
from test_determinism import RULES, ZONES, stream

HISTORY = os.path.join(DATA, "openstack.tsv.gz")
IDLE_RULES = rules(rule("idle", "user_idle_days > 7"))


def real_lines(companies):
    """All that some companies of middling size ever did, in order of time."""
    rows = collections.defaultdict(list)
    with gzip.open(HISTORY, "rt") as file:
        for row in file:
            at, company, user, task, identity = row.rstrip("\n").split("\t")
            rows[company].append({"time": int(at), "company": company, "user": user, "task": task, "id": identity})
    chosen = sorted(company for company, own in rows.items() if 100 <= len(own) <= 300)[:companies]
    return [json.dumps(row) for row in sorted((row for company in chosen for row in rows[company]),
                                              key=lambda row: row["time"])]


class VerifyFlagTests(unittest.TestCase):
    def assert_holds(self, answer):
        differing = [check for check in answer["checks"] if not check["ok"]]
        self.assertTrue(answer["holds"], (answer["sentence"], differing))

    def test_every_flag_of_a_lively_stream_holds_and_hindsight_agrees_with_what_was_retracted(self):
        with Daemon(rules=RULES) as daemon:
            daemon.send(stream(3, ZONES))
            raised = flags(daemon)
            self.assertGreater(len(raised), 50)
            for flag in raised[::2]:
                answer = daemon.ask(f"/v1/flags/{flag['id']}/verify")
                self.assert_holds(answer)
                self.assertEqual(answer["hindsight"]["retracted_at"], flag["retracted_at"])
                if flag["retracted_at"]:
                    self.assertEqual(answer["hindsight"]["verdict"], "fails")

    def test_the_command_says_it_in_one_sentence_and_by_its_exit_code_also_on_a_stopped_directory(self):
        with Daemon(rules=IDLE_RULES) as daemon:
            daemon.send([use("acme", 0), clock(10 * DAY)])
            live = daemon.tenure("--json", "flags", "verify", "F1")
            self.assertEqual(live.returncode, 0, live.stderr)
            self.assertEqual(
                json.loads(live.stdout)["sentence"],
                "F1 holds: from 1 record of acme alone, user_idle_days was 7 (user_idle_days > 7) at "
                "2026-01-08T00:00:00.001Z, as recorded")
            unknown = daemon.tenure("flags", "verify", "F2")
            self.assertEqual(unknown.returncode, 4)
            self.assertIn("there is no flag F2 in the log", unknown.stderr)
            daemon.stop()
            stopped = daemon.tenure("--json", "flags", "verify", "F1", "--directory", daemon.state)
            self.assertEqual((stopped.returncode, stopped.stdout), (0, live.stdout), stopped.stderr)
            self.assertEqual(daemon.tenure("flags", "verify", "F2", "--directory", daemon.state).returncode, 4)
            daemon.start()

    def test_flags_hold_that_an_operator_an_edit_and_a_restart_brought_about(self):
        with Daemon(clock="wall", rules=IDLE_RULES) as daemon:
            daemon.send([json.dumps({"company": "acme", "user": "ann", "task": "t", "time": 1_700_000_000})])
            self.assertEqual([flag["rule"] for flag in flags(daemon)], ["idle"])
            daemon.request("POST", "/v1/flags/F1/snooze", json.dumps({"until": "2100-01-01T00:00:00Z"}))
            with open(daemon.rules, "w") as file:
                file.write(IDLE_RULES + IDLE_RULES.replace("flags:\n", "").replace("name: idle", "name: second"))
            self.assertEqual(daemon.request("POST", "/v1/reload")[0], 200)
            with open(daemon.rules, "a") as file:
                file.write(IDLE_RULES.replace("flags:\n", "").replace("name: idle", "name: third"))
            daemon.restart()
            self.assertEqual([flag["rule"] for flag in flags(daemon)], ["idle", "second", "third"])
            for flag in flags(daemon):
                self.assert_holds(daemon.ask(f"/v1/flags/{flag['id']}/verify"))

    def test_what_a_silent_source_withheld_holds_once_settled_and_its_own_flag_has_nothing_to_derive_it_from(self):
        def hours(days, company, source):
            return [json.dumps({"company": company, "user": "ann", "task": "t", "source": source,
                                "time": START + day * DAY + hour * 3_600}) for day in days for hour in range(24)]

        with Daemon(rules=rules(rule("idle", "user_idle_days > 2")), config="sources:\n  app: {heartbeat: 6h}\n") as daemon:
            daemon.send(hours([0], "gone", "app") + hours([0], "late", "app") + hours([1, 2, 3], "other", "billing"))
            self.assertEqual([flag["rule"] for flag in flags(daemon)], ["source:app"])
            daemon.send(hours([1, 2, 3, 4, 5], "late", "app"))
            source, settled = flags(daemon)
            self.assertEqual((settled["rule"], settled["company"]), ("idle", "gone"))
            self.assert_holds(daemon.ask(f"/v1/flags/{settled['id']}/verify"))
            answer = daemon.tenure("--json", "flags", "verify", source["id"])
            self.assertEqual((answer.returncode, json.loads(answer.stdout)["holds"]), (0, None), answer.stderr)

    @unittest.skipUnless(os.path.exists(HISTORY), "no openstack.tsv.gz")
    def test_flags_of_real_companies_under_the_built_in_rules_hold(self):
        lines = real_lines(companies=6)
        with Daemon() as daemon:
            daemon.send(lines)
            raised = flags(daemon)
            self.assertGreater(len(raised), 40)
            # Each takes a reading of the whole log; these are of every year.
            for flag in raised[::max(1, len(raised) // 20)]:
                self.assert_holds(daemon.ask(f"/v1/flags/{flag['id']}/verify"))


if __name__ == "__main__":
    unittest.main()
