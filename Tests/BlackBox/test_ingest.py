"""Events in: acks, refusals, what counts when nobody reads the answers."""

import json
import random
import threading
import unittest
import uuid

from daemon import Daemon, Sender

DAY = 86_400
START = 1_767_225_600  # 2026-01-01T00:00:00Z


def event(number, **members):
    return json.dumps(
        {"company": f"c{number % 50}", "user": f"u{number % 997}", "task": f"t{number % 7}",
         "time": START + number // 10, "id": str(uuid.UUID(int=number + 1)), **members})


class IngestTests(unittest.TestCase):
    def test_100_000_mixed_lines_some_broken_are_each_accounted_for(self):
        generator = random.Random(7)
        lines, broken = [], {}
        for number in range(1, 100_001):
            kind = generator.randrange(100)
            if kind < 2:
                lines.append('{"company":"c1","task":')
                broken[number] = "bad_json"
            elif kind < 3:
                lines.append(json.dumps({"user": "nobody", "task": "t"}))
                broken[number] = "no_company"
            elif kind < 4:
                lines.append("measurement,company=c1 amount=")
                broken[number] = "bad_line"
            elif kind < 40:
                lines.append(f't{number % 5},company=c{number % 50} user="u{number % 300}",count=2i {(START + number) * 10**9}')
            elif kind < 60:
                lines.append(json.dumps(
                    {"type": "track", "event": "opened", "userId": f"u{number % 300}", "messageId": f"m{number}",
                     "context": {"groupId": f"c{number % 50}"}, "timestamp": "2026-01-02T03:04:05.678Z"}))
            else:
                lines.append(event(number))
        with Daemon() as daemon, Sender(daemon) as sender:
            data = ("\n".join(lines) + "\n").encode()
            reader = threading.Thread(target=lambda: sender.sync())
            sender.write(data)
            reader.start()
            reader.join()
            self.assertEqual(sender.ack, 100_000)
            self.assertEqual({line: error["error"] for line, error in sender.errors.items()}, broken)
            status = daemon.ask("/v1/status")
            self.assertEqual(status["events"], 100_000 - len(broken))
            self.assertEqual(status["rejects"], len(broken))
            listed = daemon.ask("/v1/rejects?limit=10")["rejects"]
            self.assertEqual(listed[0]["code"], broken[listed[0]["line"]])

    def test_a_question_after_an_ack_sees_the_event_and_one_after_a_sync_its_flags(self):
        rules = """
flags:
  - {name: full, kind: upsell, severity: high, when: seats_fill >= 1, summary: "{company} is full"}
"""
        with Daemon(clock="wall", rules=rules) as daemon, Sender(daemon) as sender:
            sender.write(b'{"type":"group","groupId":"acme","traits":{"seats":2}}\n')
            for number in range(3):
                sender.write(json.dumps({"company": "acme", "user": f"u{number}", "task": "t"}).encode() + b"\n")
                while sender.ack < number + 2:
                    sender.reply()
                self.assertEqual(daemon.ask("/v1/companies/acme")["events"]["lifetime"], number + 1)
            sender.sync()
            self.assertEqual([flag["rule"] for flag in daemon.ask("/v1/flags")["flags"]], ["full"])

    def test_a_resend_is_a_duplicate_and_another_payload_under_the_same_id_is_a_conflict(self):
        with Daemon() as daemon:
            first = event(1)
            daemon.send([first])
            self.assertEqual(daemon.send([first])[1], {})
            _, errors = daemon.send([event(1, task="other")])
            self.assertEqual(errors[1]["error"], "conflict")
            other = json.loads(first)
            other["company"] = "elsewhere"
            self.assertEqual(daemon.send([json.dumps(other)])[1], {})
            status = daemon.ask("/v1/status")
            self.assertEqual((status["events"], status["duplicates"], status["conflicts"]), (2, 1, 1))

    def test_a_producer_learns_where_to_go_on(self):
        with Daemon() as daemon:
            with Sender(daemon) as sender:
                sender.write(b'{"type":"hello","producer":"billing-3"}\n')
                self.assertEqual(sender.reply(), {"hello": "billing-3", "producer_seq": 0})
                for number in range(1, 6):
                    sender.write(event(number, producer_seq=number).encode() + b"\n")
                sender.sync()
            daemon.restart()
            with Sender(daemon) as sender:
                sender.write(b"#!hello billing-3\n")
                self.assertEqual(sender.reply(), {"hello": "billing-3", "producer_seq": 5})
                for number in (4, 5, 6):
                    sender.write(event(number + 100, producer_seq=number).encode() + b"\n")
                sender.sync()
            self.assertEqual(daemon.ask("/v1/status")["events"], 6)

    def test_posted_lines_are_answered_after_the_commit(self):
        with Daemon() as daemon:
            status, body = daemon.request("POST", "/v1/events", "\n".join([event(1), "nonsense", event(2)]))
            reply = json.loads(body)
            self.assertEqual(status, 200)
            self.assertEqual(reply["ack"], 3)
            self.assertEqual([(error["line"], error["error"]) for error in reply["errors"]], [(2, "bad_line")])
            self.assertEqual(daemon.ask("/v1/status")["events"], 2)

    def test_a_string_left_open_is_given_up_after_a_silence_and_its_neighbours_count(self):
        with Daemon() as daemon, Sender(daemon) as sender:
            sender.write(b'opened,company=acme user="u1\nclosed,company=acme count=1i\n')
            while sender.ack < 2:
                sender.reply()
            self.assertEqual({line: error["error"] for line, error in sender.errors.items()}, {1: "bad_line"})
            self.assertEqual(daemon.ask("/v1/status")["events"], 1)


if __name__ == "__main__":
    unittest.main()
