"""Start, stop, restart, reload: what an operator does."""

import json
import os
import signal
import subprocess
import unittest

from daemon import BIN, DATA, Daemon, Sender

START = 1_767_225_600  # 2026-01-01T00:00:00Z
DAY = 86_400

IDLE = """
flags:
  - name: idle
    kind: churn
    severity: high
    when: user_idle_days > 7
    clear: active_users(1d) > 0
    summary: "Nobody at {company} for {user_idle_days:0} days"
"""


def use(company, day, user="u1", task="t"):
    return json.dumps({"company": company, "user": user, "task": task, "time": START + day * DAY, "id": f"{company}-{user}-{day}"})


class LifecycleTests(unittest.TestCase):
    def test_a_restart_raises_nothing_twice_and_keeps_the_digest(self):
        with Daemon(rules=IDLE) as daemon:
            daemon.send([use("acme", 0), use("busy", 0), use("busy", 5), use("busy", 9)])
            before = daemon.ask("/v1/flags?all=1")
            digest = daemon.ask("/v1/status?digest=1")
            for sig in (signal.SIGTERM, signal.SIGKILL):
                daemon.restart(sig)
                self.assertEqual(daemon.ask("/v1/flags?all=1"), before)
                again = daemon.ask("/v1/status?digest=1")
                self.assertEqual((again["digest"], again["seq"]), (digest["digest"], digest["seq"]))
            verified = daemon.tenure("verify", "--json")
            self.assertEqual(verified.returncode, 0, verified.stderr)
            daemon.stop()
            offline = daemon.tenure("verify", "--json", daemon.state)
            self.assertEqual(offline.returncode, 0, offline.stderr)
            self.assertEqual(json.loads(offline.stdout)["digest"], digest["digest"])
            daemon.start()

    def test_an_idle_flag_is_raised_at_the_true_instant(self):
        with Daemon(rules=IDLE) as daemon:
            daemon.send([use("acme", 0), use("clock", 20)])
            flags = daemon.ask("/v1/flags")["flags"]
            self.assertEqual([(flag["company"], flag["since"]) for flag in flags], [("acme", "2026-01-08T00:00:00.001Z")])

    def test_the_last_instant_that_there_is_stops_nothing(self):
        with Daemon(rules=IDLE) as daemon:
            daemon.send([use("acme", 0), '{"type":"clock","time":"9999-12-31T23:59:59.999Z"}'])
            self.assertEqual(daemon.ask("/v1/status")["now"], "9999-12-31T23:59:59.999Z")
            daemon.restart()
            self.assertEqual(len(daemon.ask("/v1/flags")["flags"]), 1)

    def test_a_clock_line_lets_control_records_that_came_before_it_be_judged(self):
        rules = "flags: [{name: seats, kind: info, severity: low, when: trait(\"seats\") >= 5, summary: x}]"
        group = {"type": "group", "groupId": "acme", "traits": {"seats": 20}, "timestamp": "2026-01-01T00:00:00Z"}
        with Daemon(rules=rules) as daemon:
            daemon.send([json.dumps(group), '{"type":"clock","time":"2026-01-02T00:00:00Z"}'])
            self.assertEqual([flag["rule"] for flag in daemon.ask("/v1/flags")["flags"]], ["seats"])

    def test_under_the_event_clock_nothing_is_judged_before_the_first_event(self):
        rules = "flags: [{name: old, kind: info, severity: low, when: known_days > 60, summary: x}]"
        group = {"type": "group", "groupId": "acme", "traits": {"seats": 20}, "timestamp": "2026-01-01T00:00:00Z"}
        with Daemon(rules=rules) as daemon:
            daemon.send([json.dumps(group)])
            self.assertEqual(daemon.ask("/v1/flags")["flags"], [])
            daemon.restart()
            daemon.send([use("acme", 29), use("acme", 58), use("acme", 65)])
            self.assertEqual([flag["since"] for flag in daemon.ask("/v1/flags")["flags"]], ["2026-03-02T00:00:00.001Z"])

    def test_sigterm_ends_cleanly(self):
        daemon = Daemon()
        with daemon:
            daemon.send([use("acme", 0)])
            self.assertEqual(daemon.stop(), 0)

    def test_a_second_daemon_on_the_same_directory_exits_and_says_so(self):
        with Daemon() as daemon:
            second = subprocess.run(
                [os.path.join(BIN, "tenured"), "--state-dir", daemon.state, "--run-dir", daemon.run + "2"],
                capture_output=True, text=True, timeout=60)
            self.assertNotEqual(second.returncode, 0)
            self.assertIn("another", second.stderr)

    def test_a_rule_with_a_typing_error_is_reported_with_its_place_and_changes_nothing(self):
        with Daemon(rules=IDLE) as daemon:
            before = daemon.ask("/v1/rules")
            with open(daemon.rules, "w") as file:
                file.write(IDLE.replace("user_idle_days > 7", "user_idel_days > 7"))
            reload = daemon.tenure("reload")
            self.assertEqual(reload.returncode, 5)
            self.assertIn("rules.yaml:6:11", reload.stderr)
            self.assertIn('did you mean "user_idle_days"?', reload.stderr)
            self.assertEqual(daemon.ask("/v1/rules"), before)
            check = daemon.tenure("rules", "check", daemon.rules)
            self.assertNotEqual(check.returncode, 0)
            self.assertIn("rules.yaml:6:11", check.stderr + check.stdout)

    def test_a_broken_rule_file_at_start_is_exit_78(self):
        daemon = Daemon(rules="flags: [{name: x}]")
        process = subprocess.run(
            [os.path.join(BIN, "tenured"), *daemon.arguments], capture_output=True, text=True, timeout=60)
        self.assertEqual(process.returncode, 78)
        self.assertIn("rules.yaml:1:", process.stderr)

    def test_unknown_options_are_exit_64(self):
        process = subprocess.run([os.path.join(BIN, "tenured"), "--frobnicate"], capture_output=True, timeout=60)
        self.assertEqual(process.returncode, 64)

    def test_the_first_flag_comes_with_the_default_rules(self):
        with Daemon(clock="wall") as daemon, Sender(daemon) as sender:
            sender.write(b'{"type":"group","groupId":"acme","traits":{"seats":2}}\n')
            for number in range(3):
                sender.write(json.dumps({"company": "acme", "user": f"u{number}", "task": "t"}).encode() + b"\n")
            sender.sync()
            flags = daemon.tenure("flags", "--json")
            self.assertEqual([json.loads(line)["rule"] for line in flags.stdout.splitlines()], ["seats_full"])


class HistoryTests(unittest.TestCase):
    """The real history: 44,127 events of 547 companies."""

    FILE = os.path.join(DATA, "openstack.tsv.gz")

    def setUp(self):
        if not os.path.exists(self.FILE):
            self.skipTest(f"{self.FILE} is missing; set TENURE_TEST_DATA to the folder that holds it")

    def load(self, daemon):
        done = daemon.tenure(
            "import", "--format", "tsv", "--columns", "time,company,user,task,id", "--json", self.FILE)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout.splitlines()[-1])

    def test_every_event_comes_in_once_and_hp_is_flagged_before_it_left(self):
        with Daemon() as daemon:
            first = self.load(daemon)
            self.assertEqual((first["accepted"], first["duplicates"], first["refused"]), (44_127, 0, 0))
            second = self.load(daemon)
            self.assertEqual((second["accepted"], second["duplicates"], second["refused"]), (0, 44_127, 0))
            card = daemon.ask("/v1/companies/hp.com")
            flags = daemon.ask("/v1/flags?all=1&company=hp.com&kind=churn")["flags"]
            named = [flag for flag in flags if flag["since"] < card["last_activity"] and flag["since"] >= "2015"]
            self.assertTrue(named, "hp.com was flagged before its last event")
            explained = daemon.ask("/v1/flags/" + named[-1]["id"])
            self.assertTrue(explained["evidence"])
            self.assertTrue(explained["witnesses"])


if __name__ == "__main__":
    unittest.main()
