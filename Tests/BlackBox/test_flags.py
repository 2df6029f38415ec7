"""What operators do about flags: each action through the command, by whom, on the record, after a restart as well."""

import json
import os
import pwd
import subprocess
import unittest

from daemon import BIN, Daemon

RULES = """
flags:
  - name: idle
    kind: churn
    severity: medium
    when: user_idle_days > 7 and events(28d, ago: 7d) >= 1
    clear: active_users(1d) > 0
    due: 2d
    summary: "Nobody at {company} for {user_idle_days:0} days; call {last_user}."
  - name: busy
    kind: upsell
    severity: high
    when: events(1d) >= 4
"""
ME = pwd.getpwuid(os.getuid()).pw_name


def visit(day, user="u1", company="acme", hour=0):
    return json.dumps(
        {"company": company, "user": user, "task": "report.read", "time": f"2026-03-{day:02}T{hour:02}:00:00Z"})


def record(kind, day, **fields):
    return json.dumps({"type": kind, "company": "acme", "timestamp": f"2026-03-{day:02}T00:00:00Z", **fields})


class Flags(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(rules=RULES)
        self.daemon.start()
        self.addCleanup(self.daemon.__exit__, None, None, None)

    def act(self, *arguments):
        done = self.daemon.tenure("--json", "flags", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def explain(self, flag="F1"):
        return self.daemon.ask(f"/v1/flags/{flag}")

    def idle_flag(self):
        """F1, opened on 2026-03-08; the clock stands at 2026-03-09."""
        self.daemon.send([visit(1), visit(9, company="globex")])

    def test_a_tail_of_flags_sees_every_move_once_and_in_order_over_a_restart(self):
        first = self.daemon.ask("/v1/status")["seq"] + 1
        tail = subprocess.Popen(
            [os.path.join(BIN, "tenure"), "--socket", self.daemon.run, "tail", "flags", "--from", str(first)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(tail.kill)
        self.idle_flag()
        raised = json.loads(tail.stdout.readline())
        self.assertEqual((raised["type"], raised["move"], raised["flag"]), ("move", "raised", "F1"))
        self.daemon.send([visit(9, user=f"u{n}", company="globex", hour=n) for n in range(1, 3)])
        self.act("ack", "F1")
        seen = [raised, json.loads(tail.stdout.readline())]
        self.daemon.restart()
        self.daemon.send([visit(9, company="globex", hour=5)])
        self.act("note", "F1", "called")
        while seen[-1]["move"] != "noted":
            seen.append(json.loads(tail.stdout.readline()))
        tail.kill()
        tail.stdout.close()
        tail.wait()
        every = self.daemon.ask(f"/v1/events?from={first}&limit=1000")["events"]
        self.assertEqual(seen, [record for record in every if record["type"] == "move"])
        self.assertGreater(len(every), len(seen))
        self.assertEqual(seen, self.daemon.ask(f"/v1/events?from={first}&kind=move&limit=1000")["events"])

    def test_every_action_is_on_the_record_with_who_did_it_also_after_a_restart(self):
        self.idle_flag()
        self.assertEqual(self.act("ack", "F1")["state"], "acked")
        self.assertEqual(self.act("assign", "F1", "dana")["owner"], "dana")
        self.assertEqual(self.act("assign", "F1", "--nobody")["owner"], None)
        self.act("note", "F1", "called,", "no answer")
        self.assertEqual(self.act("snooze", "F1", "--until", "36h")["state"], "snoozed")
        self.assertEqual(self.act("wake", "F1")["state"], "acked")
        self.assertEqual(self.act("snooze", "F1", "2026-03-20")["state"], "snoozed")
        closed = self.act("close", "F1", "--as", "false_alarm")
        self.assertEqual((closed["state"], closed["verdict"]), ("closed", "false_alarm"))
        before = self.explain()
        self.assertEqual(
            [(move["move"], move.get("by")) for move in before["history"]],
            [("raised", None)] + [(move, ME) for move in (
                "acked", "assigned", "assigned", "noted", "snoozed", "woken", "snoozed", "closed")])
        self.assertEqual(before["history"][4]["note"], "called, no answer")
        self.assertEqual(before["history"][5]["until"], "2026-03-10T12:00:00Z")
        self.assertEqual(before["history"][7]["until"], "2026-03-20T00:00:00Z")
        self.daemon.restart()
        self.assertEqual(self.explain()["history"], before["history"])

    def test_a_flag_that_cleared_by_itself_still_gets_a_verdict_and_rules_count_it(self):
        self.idle_flag()
        self.daemon.send([visit(9, hour=1), visit(10, company="globex")])
        self.assertEqual(self.explain()["state"], "cleared")
        judged = self.act("close", "F1", "--as", "saved")
        self.assertEqual((judged["state"], judged["verdict"]), ("cleared", "saved"))
        rules = [json.loads(line) for line in self.daemon.tenure("--json", "rules", "list").stdout.splitlines()]
        counts = {name: rules[0][name] for name in ("open", "raised", "acted_on", "saved", "lost", "false_alarms")}
        self.assertEqual(
            counts, {"open": 0, "raised": 1, "acted_on": 1, "saved": 1, "lost": 0, "false_alarms": 0})
        self.act("close", "F1", "--as", "lost")
        again = json.loads(self.daemon.tenure("--json", "rules", "list").stdout.splitlines()[0])
        self.assertEqual((again["saved"], again["lost"]), (0, 1), "the last verdict counts")
        header = self.daemon.tenure("rules", "list").stdout.splitlines()[0].split("\t")
        for name in ("open", "raised", "acted_on", "false_alarms", "saved", "lost", "retracted"):
            self.assertIn(name, header)

    def test_what_cannot_be_done_says_why_and_is_exit_2_4_or_5(self):
        self.idle_flag()
        cases = (
            (("ack", "F99"), 4, "there is no flag F99"),
            (("explain", "F99"), 4, "lists them all"),
            (("wake", "F1"), 5, "flag F1 is not snoozed"),
            (("snooze", "F1", "--until", "2020-01-01"), 5, "it must end later than now"),
            (("snooze", "F1"), 2, "say until when"),
            (("snooze", "F1", "--until", "soon"), 2, "no time to snooze until"),
            (("assign", "F1"), 2, "say who, or --nobody"),
            (("close", "F1", "--as", "removed"), 2, "removed"),
            (("close", "F1"), 2, "--as"),
        )
        for arguments, code, words in cases:
            with self.subTest(arguments):
                refused = self.daemon.tenure("flags", *arguments)
                self.assertEqual(refused.returncode, code, refused.stderr)
                self.assertIn(words, refused.stderr)
        self.act("close", "F1", "--as", "lost")
        for action in (("ack", "F1"), ("assign", "F1", "dana"), ("snooze", "F1", "--until", "7d")):
            refused = self.daemon.tenure("flags", *action)
            self.assertEqual(refused.returncode, 5)
            self.assertIn("only a note and a verdict can be added", refused.stderr)
        self.assertEqual(len(self.explain()["history"]), 2, "what is refused leaves no trace")

    def test_the_list_begins_with_what_is_most_urgent_and_says_what_is_late(self):
        self.idle_flag()
        self.daemon.send([visit(9, hour=hour, company="globex") for hour in range(1, 4)])
        flags = self.daemon.ask("/v1/flags")["flags"]
        self.assertEqual([(flag["rule"], flag["severity"]) for flag in flags], [("busy", "high"), ("idle", "medium")])
        self.daemon.send([visit(11, company="initech")])
        flags = self.daemon.ask("/v1/flags")["flags"]
        self.assertEqual([flag["rule"] for flag in flags][:1], ["idle"], "a step more severe, and due first")
        self.assertEqual(flags[0]["overdue_since"], "2026-03-10T00:00:00.001Z")
        everything = self.daemon.ask("/v1/flags?all=1")["flags"]
        self.assertEqual([flag["id"] for flag in everything], ["F1", "F2"], "a history in order of raising")

    def test_explain_says_in_one_sentence_what_is_and_names_whom_to_call(self):
        people = [
            record("identify", 1, userId="u1", traits={"name": "Ann Lee", "email": "ann@acme.example", "role": "buyer"},
                   context={"groupId": "acme"}),
            record("identify", 1, userId="u2", traits={"staff": True}, context={"groupId": "acme"})]
        self.daemon.send(people + [visit(1), visit(1, hour=1), visit(1, "u3", hour=2), visit(9, company="globex")])
        flag = self.explain()
        self.assertEqual(
            flag["sentence"],
            "Nobody at acme for 7 days; call u3 – open for 21 hours, and what raised it still holds")
        called = [(person["user"], person["as"], person["name"], person["email"], person["role"])
                  for person in flag["call"]]
        self.assertEqual(
            called, [("u1", ["most_active"], "Ann Lee", "ann@acme.example", "buyer"), ("u3", ["last"], None, None, None)])
        self.assertEqual(flag["last_touch"], None)
        idle = flag["evidence"][0]
        self.assertEqual((idle["term"], idle["holds"], idle["side"]), ("user_idle_days > 7", True, "above"))
        self.assertAlmostEqual(idle["now"]["value"], 8 - 2 / 24)
        self.assertEqual(flag["ending"]["words"], "clears when active_users(1d) > 0 (now 0); does not clear by itself")
        self.assertEqual([witness["user"] for witness in flag["witnesses"]], ["u3", "u1", "u1"])

        self.daemon.send([
            record("touch", 9, by="dana", channel="call", note="on holiday"),
            record("leave", 9, userId="u1"), visit(9, hour=1, company="globex")])
        touched = self.explain()
        self.assertEqual([person["user"] for person in touched["call"]], ["u3"], "nobody who has left")
        self.assertEqual((touched["last_touch"]["by"], touched["last_touch"]["channel"]), ("dana", "call"))
        self.assertEqual(touched["followed_up_at"], "2026-03-09T00:00:00Z")

        self.daemon.send([visit(10), visit(10, hour=5, company="globex")])
        self.assertTrue(self.explain()["sentence"].endswith("call u3 – cleared after 45 hours"))

    def test_an_edited_rule_is_said_to_be_edited_and_nothing_is_made_up(self):
        self.idle_flag()
        with open(self.daemon.rules, "w") as file:
            file.write(RULES.replace("user_idle_days > 7", "user_idle_days > 6"))
        self.daemon.tenure("reload")
        flag = self.explain()
        self.assertEqual(flag["rule_state"], "edited")
        self.assertIn("user_idle_days > 7", flag["rule_text"])
        self.assertEqual([term["term"] for term in flag["evidence"]][0], "user_idle_days > 7")
        self.assertAlmostEqual(flag["evidence"][0]["now"]["value"], 8)


if __name__ == "__main__":
    unittest.main()
