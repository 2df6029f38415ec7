"""A rule file tried on history: what the rules in force raised live, they raise again; truth is judged by hindsight."""

import json
import os
import threading
import time
import unittest

from daemon import Daemon
from test_determinism import DAY, RULES, START, ZONES, stream

QUIET = """
flags:
  - {name: quiet, kind: churn, severity: high, when: user_idle_days > 7 and active_days(90d) >= 3, clear: active_users(1d) > 0, summary: "{company}"}
  - {name: crowd, kind: upsell, severity: low, when: users_total >= 3, summary: crowd}
"""


def raises(daemon):
    """Every raise in the log, in its order."""
    found, next = [], 1
    while next:
        page = daemon.ask(f"/v1/events?from={next}&limit=10000")
        for record in page["events"]:
            if record["type"] != "move":
                continue
            move = record["move"] if isinstance(record["move"], dict) else record
            if "raised" in (move.get("move"), move.get("kind")):
                found.append((record["company"], move["rule"], move["at"]))
        next = page["next"]
    return found


def tried(report):
    return [(flag["company"], flag["rule"], flag["at"]) for flag in report["flags"]]


def use(company, days, users=3):
    """Events of a company on these days from `START`, by all its users."""
    return [
        {"company": company, "user": f"{company}-{user}", "task": "work", "time": START + day * DAY + user,
         "id": f"{company}-{day}-{user}"} for day in days for user in range(users)]


class BacktestTests(unittest.TestCase):
    def backtest(self, daemon, text, query=""):
        status, body = daemon.request("POST", "/v1/backtest?flags=1" + query, text)
        self.assertEqual(status, 200, body)
        return json.loads(body)

    def quiet_daemon(self):
        """`gone` leaves after 40 days, `back` pauses for 20 days, and `steady` goes on for 300."""
        lines = use("gone", range(40)) + use("back", [*range(30), *range(50, 300)]) + use("steady", range(300))
        lines.sort(key=lambda line: line["time"])
        daemon = Daemon(rules=QUIET)
        daemon.start()
        self.addCleanup(daemon.__exit__)
        daemon.send(json.dumps(line) for line in lines)
        return daemon

    def test_the_rules_in_force_raise_what_the_daemon_raised_live(self):
        with Daemon(rules=RULES) as daemon:
            daemon.send(stream(3, ZONES))
            live = raises(daemon)
            digest = daemon.ask("/v1/status?digest=1")["digest"]
            report = self.backtest(daemon, RULES)
            self.assertGreater(len(live), 50)
            self.assertEqual(tried(report), live)
            self.assertEqual(report["known_at"], "event")
            # The daemon's own state and log are as they were.
            status = daemon.ask("/v1/status?digest=1")
            self.assertEqual((status["digest"], status["seq"]), (digest, report["seq"]))
            # A stopped directory gives the same report.
            daemon.stop()
            answer = daemon.tenure(
                "--json", "rules", "backtest", daemon.rules, "--directory", daemon.state, "--flags")
            self.assertEqual(answer.returncode, 0, answer.stderr)
            self.assertEqual(json.loads(answer.stdout), report)
            daemon.start()

    def test_alerts_are_judged_by_who_never_came_back(self):
        daemon = self.quiet_daemon()
        report = self.backtest(daemon, QUIET, "&churned_after=60d")
        quiet, crowd = report["rules"]
        self.assertEqual((quiet["raised"], quiet["companies"], quiet["open"]), (2, 2, 1))
        self.assertEqual({key: quiet["precision"][key] for key in ("count", "of", "value")}, {"count": 1, "of": 2, "value": 0.5})
        # Wilson's interval of 1 of 2.
        self.assertAlmostEqual(quiet["precision"]["low"], 0.0945, places=4)
        self.assertAlmostEqual(quiet["precision"]["high"], 0.9055, places=4)
        # gone was named seven days after its last day: a right alert that names nobody in time.
        self.assertEqual(quiet["lead_days"], {"count": 1, "p10": -7, "p50": -7, "p90": -7, "p50_low": None, "p50_high": None})
        self.assertEqual((quiet["recall"]["count"], quiet["recall"]["of"]), (0, 1))
        self.assertNotIn("precision", crowd)
        # Only the alert of `gone` comes after its 45th day.
        self.assertEqual(self.backtest(daemon, QUIET, "&since=2026-02-12")["rules"][0]["raised"], 1)

    def test_an_outcome_is_truth_too(self):
        daemon = self.quiet_daemon()
        daemon.send([json.dumps({"type": "outcome", "company": "gone", "outcome": "churned", "time": START + 100 * DAY})])
        quiet = self.backtest(daemon, QUIET, "&against=outcome:churned")["rules"][0]
        self.assertEqual((quiet["precision"]["count"], quiet["precision"]["of"]), (1, 2))
        self.assertEqual(quiet["lead_days"]["p50"], 54)
        self.assertEqual((quiet["recall"]["count"], quiet["recall"]["of"]), (1, 1))

    def test_parts_hold_each_company_once(self):
        daemon = self.quiet_daemon()
        whole = self.backtest(daemon, QUIET, "&churned_after=60d")
        parts = [self.backtest(daemon, QUIET, f"&churned_after=60d&part={part}/3") for part in (1, 2, 3)]
        self.assertEqual(whole["part"], None)
        self.assertEqual([part["part"] for part in parts], ["1/3", "2/3", "3/3"])
        for field in ("companies", "events"):
            self.assertEqual(sum(part[field] for part in parts), whole[field])
        self.assertEqual(sorted(flag for part in parts for flag in tried(part)), sorted(tried(whole)))
        self.assertLess(max(part["companies"] for part in parts), whole["companies"])
        # The command asks for the same, of the daemon and of its directory.
        rules = os.path.join(daemon.directory, "quiet.yaml")
        with open(rules, "w") as file:
            file.write(QUIET)
        command = ["--json", "rules", "backtest", rules, "--churned-after", "60d", "--part", "2/3", "--flags"]
        self.assertEqual(json.loads(daemon.tenure(*command).stdout), parts[1])
        daemon.stop()
        self.assertEqual(json.loads(daemon.tenure(*command, "--directory", daemon.state).stdout), parts[1])
        daemon.start()

    def test_tasks_of_leavers_are_compared_with_those_of_stayers_in_the_same_weeks(self):
        lines = use("gone", range(40)) + use("steady", range(300))
        lines += [{**line, "task": "export", "id": line["id"] + "-x"} for line in use("gone", [39], users=1)]
        # Neither before nor after the weeks in question.
        lines += [{**line, "task": "export", "id": line["id"] + "-x"} for line in use("steady", [200], users=1)]
        lines.sort(key=lambda line: line["time"])
        with Daemon(rules=QUIET) as daemon:
            daemon.send(json.dumps(line) for line in lines)
            report = self.backtest(daemon, QUIET, "&churned_after=60d")
            tasks = {task["task"]: task for task in report["tasks"]}
            self.assertEqual(list(tasks), ["export", "work"])
            self.assertEqual((tasks["export"]["left"], tasks["export"]["stayed"]), ({"count": 1, "of": 1}, {"count": 0, "of": 1}))
            self.assertEqual((tasks["work"]["left"], tasks["work"]["stayed"]), ({"count": 1, "of": 1}, {"count": 1, "of": 1}))
            # 1.5 * 1.5 / (0.5 * 0.5), and nothing is certain of two companies.
            self.assertAlmostEqual(tasks["export"]["odds_ratio"], 9)
            self.assertLess(tasks["export"]["low"], 1)
            self.assertEqual(report["tasks_left_out"], 0)
            # Without a truth nobody is known to have left.
            self.assertEqual(self.backtest(daemon, QUIET)["tasks"], [])

    def test_known_at_log_knows_nothing_before_the_import(self):
        started = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
        daemon = self.quiet_daemon()
        report = self.backtest(daemon, QUIET, "&known_at=log")
        self.assertEqual(report["known_at"], "log")
        self.assertEqual({flag["company"] for flag in report["flags"] if flag["rule"] == "crowd"}, {"gone", "back", "steady"})
        self.assertGreaterEqual(min(flag["at"] for flag in report["flags"]), started)

    def test_two_files_differ_by_company(self):
        daemon = self.quiet_daemon()
        later = os.path.join(daemon.directory, "later.yaml")
        with open(later, "w") as file:
            file.write(QUIET.replace("> 7", "> 12").replace("users_total >= 3", "users_total > 3"))
        answer = daemon.tenure("--json", "rules", "diff", daemon.rules, later)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        changes = [json.loads(line) for line in answer.stdout.splitlines()]
        self.assertEqual(
            [(change["company"], change["rule"], change["change"], change["days"]) for change in changes],
            [("back", "crowd", "lost", None), ("back", "quiet", "later", 5), ("gone", "crowd", "lost", None),
             ("gone", "quiet", "later", 5), ("steady", "crowd", "lost", None)])

    def test_two_at_once_are_one_too_many_and_the_next_is_taken(self):
        with Daemon(rules=RULES) as daemon:
            daemon.send(stream(4, ["UTC"], events=20_000))
            answers = []
            ask = lambda: answers.append(daemon.request("POST", "/v1/backtest", RULES))
            threads = [threading.Thread(target=ask) for _ in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual({status for status, _ in answers}, {200, 409})
            self.assertTrue(all(b"another backtest" in body for status, body in answers if status == 409))
            self.backtest(daemon, RULES)

    def test_what_cannot_be_tried_is_refused_by_name(self):
        daemon = self.quiet_daemon()
        for query, word in [("?known_at=now", b"known_at"), ("?since=soon", b"since"), ("?churned_after=soon", b"churned_after"),
                            ("?against=outcome:gone", b"outcome"), ("?part=3/2", b"part"), ("?unknown=1", b"unknown")]:
            status, body = daemon.request("POST", "/v1/backtest" + query, QUIET)
            self.assertEqual(status, 400, query)
            self.assertIn(word, body)
        status, body = daemon.request("POST", "/v1/backtest", "flags: [{name: x, when: nonsense}]")
        self.assertEqual(status, 409)
        self.assertIn(b"nonsense", body)


if __name__ == "__main__":
    unittest.main()
