"""`flags why-not`: the nearest miss, the instant at which the flag would be raised, and that asking changes nothing."""

import json
import os
import unittest

from daemon import Daemon

RULES = """
flags:
  - name: idle
    kind: churn
    severity: high
    when: user_idle_days > 7 and events(28d) >= 3 and trait("plan") == "team"
  - name: busy
    kind: upsell
    severity: low
    when: events(28d) >= 2
"""

TEAM = '{"type":"group","groupId":"acme","userId":"u1","traits":{"plan":"team"},"timestamp":"2026-03-01T00:00:00Z"}'


def visit(day, hour=0, company="acme"):
    return json.dumps(
        {"company": company, "user": "u1", "task": "report.read", "time": f"2026-03-{day:02}T{hour:02}:00:00Z"})


class WhyNot(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(rules=RULES)
        self.daemon.start()
        self.addCleanup(self.daemon.__exit__, None, None, None)

    def why(self, rule, company="acme"):
        return self.daemon.ask(f"/v1/companies/{company}/why-not/{rule}")

    def test_the_nearest_miss_is_named_and_the_forecast_comes_true_to_the_millisecond(self):
        self.daemon.send([TEAM, visit(1, 1), visit(1, 2), visit(1, 10), visit(7, 15, "globex")])
        digest = self.daemon.ask("/v1/status?digest=1")["digest"]
        answer = self.why("idle")
        self.assertEqual(
            answer["sentence"],
            "user idle 6.2 of 7.0 days; 2 of 3 conditions hold; "
            "would raise at 2026-03-08 10:00 UTC if nothing happens")
        self.assertEqual(answer["raises_at"], "2026-03-08T10:00:00.001Z")
        self.assertEqual([term["verdict"] for term in answer["terms"]], ["fails", "holds", "holds"])
        self.assertAlmostEqual(answer["terms"][0]["value"], 6 + 5 / 24)
        self.assertEqual(answer["terms"][0]["threshold"], 7)
        self.assertEqual(self.daemon.ask("/v1/status?digest=1")["digest"], digest)
        self.daemon.send([visit(9, 0, "globex")])
        flags = self.daemon.ask("/v1/flags?company=acme&kind=churn")["flags"]
        self.assertEqual([(flag["rule"], flag["since"]) for flag in flags], [("idle", answer["raises_at"])])

    def test_an_answer_about_days_to_come_changes_no_later_answer(self):
        with Daemon(rules=RULES) as other:
            for daemon in (self.daemon, other):
                # An event of tomorrow lies ahead already when the question comes.
                daemon.send([TEAM, visit(1, 1), visit(2, 1), visit(3, 10, "globex")])
            for rule in ("idle", "busy"):
                self.why(rule)
            for daemon in (self.daemon, other):
                daemon.send([visit(3, 9), visit(4, 3), visit(5, 1, "globex")])
            cards = [daemon.ask("/v1/companies/acme") for daemon in (self.daemon, other)]
            self.assertEqual(*cards)
            digests = [daemon.ask("/v1/status?digest=1")["digest"] for daemon in (self.daemon, other)]
            self.assertEqual(*digests)

    def test_an_open_and_a_closed_flag_say_so(self):
        self.daemon.send([visit(1, 1), visit(1, 2)])
        self.assertEqual((self.why("busy")["situation"], self.why("busy")["flag"]), ("raised", "F1"))
        self.daemon.tenure("flags", "close", "F1", "--as", "false_alarm")
        closed = self.why("busy")
        self.assertEqual(closed["situation"], "closed")
        self.assertTrue(closed["sentence"].startswith("F1 was closed as false_alarm at 2026-03-01 02:00 UTC"))

    def test_the_command_prints_the_sentence_and_an_unknown_rule_or_company_is_not_found(self):
        self.daemon.send([visit(1, 1)])
        lines = self.daemon.tenure("flags", "why-not", "acme", "busy").stdout.splitlines()
        self.assertIn("sentence\tevents(28d) 1 of 2; would never raise if nothing happens", lines)
        printed = self.daemon.tenure("--json", "flags", "why-not", "acme", "busy").stdout
        self.assertEqual(json.loads(printed), self.why("busy"))
        for arguments in (("acme", "bsuy"), ("nobody", "busy")):
            refused = self.daemon.tenure("flags", "why-not", *arguments)
            self.assertEqual(refused.returncode, 4)
            self.assertIn("lists them all", refused.stderr)

    def test_a_rule_in_force_and_one_of_a_file_are_tested_and_neither_raises_anything(self):
        self.daemon.send([TEAM, visit(1, 1)])
        test = self.daemon.ask("/v1/rules/idle/test?company=acme")
        self.assertEqual((test["in_force"], test["clear"], test["when"]["verdict"]), (True, None, "fails"))
        self.assertEqual([part["verdict"] for part in test["when"]["all"]], ["fails", "fails", "holds"])
        path = os.path.join(self.daemon.directory, "new.yaml")
        with open(path, "w") as file:
            file.write(RULES.replace("events(28d) >= 2", "not events(28d) > 1 or trait(\"plan\") == \"x\""))
        arguments = ("--json", "rules", "test", "busy", "--company", "acme", "--file", path)
        tried = json.loads(self.daemon.tenure(*arguments).stdout)
        self.assertEqual((tried["in_force"], tried["when"]["verdict"]), (False, "holds"))
        self.assertEqual(tried["when"]["any"][0]["not"]["value"], 1)
        self.assertEqual(self.daemon.ask("/v1/flags?all=1")["flags"], [])

    def test_a_file_with_mistakes_is_refused_with_all_of_them(self):
        self.daemon.send([visit(1, 1)])
        rules = RULES.replace("user_idle_days", "user_idel_days").replace("events(28d) >= 2", "evnts(28d) >= 2")
        refused = self.daemon.tenure("rules", "test", "busy", "--company", "acme", "--file", "-", input=rules)
        self.assertEqual(refused.returncode, 2)
        for word in ("user_idel_days", "evnts"):
            self.assertIn(word, refused.stderr)


if __name__ == "__main__":
    unittest.main()
