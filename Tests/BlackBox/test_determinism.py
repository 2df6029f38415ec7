"""State is a function of the log, and under the event clock the log is one of the stream alone."""

import json
import random
import time
import unittest

from daemon import Daemon, Sender

START = 1_767_225_600  # 2026-01-01T00:00:00Z
DAY = 86_400
ZONES = ["America/New_York", "Asia/Tokyo", "Europe/Berlin", "Pacific/Auckland", "UTC"]

RULES = """
flags:
  - {name: idle, kind: churn, severity: high, when: user_idle_days > 4 and active_days(28d) >= 2, clear: active_users(1d) > 0, summary: "{company} idle {user_idle_days:0} days"}
  - {name: full, kind: upsell, severity: medium, when: seats_fill >= 1, clear: seats_fill < 0.9, cooldown: 3d, summary: full}
  - {name: busy, kind: info, severity: low, when: events(3d) > 30, clear: events(3d) < 20, keep: 1d, summary: busy}
stages:
  - {name: new, when: known_days < 10}
  - {name: quiet, when: flag("idle")}
  - {name: steady, when: known_days >= 10}
"""

# The digest of `stream(1, ["UTC"])` under RULES: the same in debug and release builds and under every
# hash seed. (Other zones' rules are state too, and differ between versions of tzdata.) A change of it is
# a change of what numbers mean, or of the digest itself.
DIGEST = "cc3e53b8af1866a5bcd70a1f90ab5cb4"


def stream(seed, zones, events=6_000):
    """Four months of thirty companies: zones, seats, late events, aliases, people who leave, amounts."""
    generator = random.Random(seed)
    lines = []
    for company in range(30):
        lines.append({"type": "group", "groupId": f"c{company}", "messageId": f"g{company}", "timestamp": START,
                      "traits": {"timezone": zones[company % len(zones)], "seats": 3 + company % 7}})
    now = START
    for number in range(events):
        now += generator.randrange(3_400)
        company, user = f"c{int(30 * generator.random() ** 2)}", f"u{generator.randrange(12)}"
        late = generator.randrange(40 * DAY) if generator.random() < 0.1 else 0
        kind = generator.random()
        if kind < 0.01:
            lines.append({"type": "identify", "userId": user, "messageId": f"m{number}", "timestamp": now,
                          "context": {"groupId": company}, "traits": {"email": f"{user}@{company}.example", "role": "admin"}})
        elif kind < 0.013:
            lines.append({"type": "leave", "company": company, "user": user, "time": now})
        elif kind < 0.015:
            lines.append({"type": "alias", "previousId": f"anonymous{number % 9}", "userId": user, "timestamp": now})
        elif kind < 0.017:
            lines.append({"type": "outcome", "company": company, "outcome": generator.choice(["renewed", "churned"]), "time": now})
        elif kind < 0.05:
            lines.append({"company": company, "task": "sync.nightly", "time": now, "id": f"e{number}"})
        else:
            person = f"anonymous{number % 9}" if kind < 0.08 else user
            lines.append({"company": company, "user": person, "task": f"t{number % 6}", "time": now - late, "id": f"e{number}",
                          "amount": round(generator.random() * 100, 6), "unit": "USD", "count": 1 + number % 3})
    return [json.dumps(line) + "\n" for line in lines]


class DeterminismTests(unittest.TestCase):
    def outcome(self, daemon):
        flags = daemon.ask("/v1/flags?all=1&limit=10000")["flags"]
        return daemon.ask("/v1/status?digest=1")["digest"], flags

    def test_the_digest_is_the_known_one_and_a_replay_gives_it_again(self):
        with Daemon(rules=RULES) as daemon:
            daemon.send(stream(1, ["UTC"]))
            digest, flags = self.outcome(daemon)
            self.assertGreater(len(flags), 50)
            self.assertEqual(digest, DIGEST)
            daemon.restart()
            self.assertEqual(self.outcome(daemon), (digest, flags))

    def test_a_stream_gives_the_same_flags_however_it_is_cut_into_packets(self):
        data = "".join(stream(2, ZONES)).encode()
        with Daemon(rules=RULES) as daemon:
            with Sender(daemon) as sender:
                sender.write(data)
                sender.sync()
            whole = self.outcome(daemon)
        generator = random.Random(2)
        with Daemon(rules=RULES) as daemon:
            with Sender(daemon) as sender:
                position = 0
                while position < len(data):
                    size = generator.choice([1, 7, 300, 4_000, 60_000])
                    sender.write(data[position:position + size])
                    position += size
                    if generator.random() < 0.2:
                        time.sleep(0.002)
                sender.sync()
            self.assertEqual(self.outcome(daemon), whole)


if __name__ == "__main__":
    unittest.main()
