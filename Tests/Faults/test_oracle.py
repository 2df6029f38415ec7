"""The judge of the fault runs sees every kind of fault."""

import unittest

from oracle import Line, Mismatch, Oracle


class OracleTests(unittest.TestCase):
    def setUp(self):
        self.oracle = Oracle()
        self.line = Line("k1", "{}", user="u1")
        self.oracle.sent(self.line)

    @staticmethod
    def record(seq, key="k1", user="u1"):
        return {"seq": seq, "type": "track", "id": key, "user": user}

    def check(self, *records):
        self.oracle.look(records)
        self.oracle.look_for_acked()
        self.oracle.look_at_flags()

    def test_what_is_right_passes(self):
        self.oracle.settled(self.line, 1, None)
        self.check(self.record(1))
        self.assertEqual((self.oracle.acked, self.oracle.found), (1, {"k1": 1}))

    def test_an_acked_event_that_is_missing_or_behind_its_ack_is_lost(self):
        self.oracle.settled(self.line, 1, None)
        with self.assertRaisesRegex(Mismatch, "acked and not in the log: 1"):
            self.check()
        with self.assertRaisesRegex(Mismatch, "acked and not in the log: 1"):
            self.check({"seq": 1, "type": "rules"}, self.record(2))

    def test_an_event_twice_in_the_log_is_doubled_also_when_no_ack_came(self):
        with self.assertRaisesRegex(Mismatch, "twice in the log: 1"):
            self.check(self.record(1), self.record(2))

    def test_a_gap_an_invention_and_a_changed_member_are_named(self):
        with self.assertRaisesRegex(Mismatch, "seq 2 stands where 1 must"):
            self.check(self.record(2))
        with self.assertRaisesRegex(Mismatch, "nobody sent"):
            self.check(self.record(1, key="k2"))
        self.oracle.records.clear()
        with self.assertRaisesRegex(Mismatch, "user of seq 1 is 'u2', not 'u1'"):
            self.check(self.record(1, user="u2"))

    def test_a_refusal_must_be_the_one_that_was_asked_for_and_stay_out_of_the_log(self):
        refused = Line("k2", "{", "bad_json")
        self.oracle.sent(refused)
        with self.assertRaisesRegex(Mismatch, "not taken"):
            self.oracle.settled(self.line, 1, {"error": "conflict"})
        with self.assertRaisesRegex(Mismatch, "not bad_json"):
            self.oracle.settled(refused, 1, None)
        with self.assertRaisesRegex(Mismatch, "all were refused"):
            self.check(self.record(1, key="k2"))

    def test_a_flag_raised_again_without_a_clear_is_raised_twice(self):
        move = {"type": "move", "company": "c", "rule": "r"}
        moves = ["raised", "cleared", "raised", "raised"]
        with self.assertRaisesRegex(Mismatch, "raised twice"):
            self.check(*({"seq": seq, "move": name, **move} for seq, name in enumerate(moves, 1)))


if __name__ == "__main__":
    unittest.main()
