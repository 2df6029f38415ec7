"""Backups while events stream in, and what they are worth: a daemon is started on one."""

import json
import os
import threading
import unittest

from daemon import Daemon

LINES = 20_000


def line(number):
    return json.dumps({"company": f"c{number % 50}", "user": f"u{number % 400}", "task": "work", "id": f"e{number}"})


class BackupTests(unittest.TestCase):
    def test_a_backup_under_load_is_a_whole_log_that_a_daemon_starts_on(self):
        with Daemon(clock="wall") as daemon:
            daemon.send([line(number) for number in range(1000)])
            sender = threading.Thread(target=lambda: daemon.send([line(number) for number in range(1000, LINES)]))
            sender.start()
            target = os.path.join(daemon.directory, "backup")
            backup = daemon.tenure("--json", "backup", target)
            sender.join()
            self.assertEqual(backup.returncode, 0, backup.stderr)
            seq = json.loads(backup.stdout)["seq"]
            self.assertGreaterEqual(seq, 1000)
            self.assertEqual(json.loads(daemon.tenure("--json", "verify", target).stdout)["seq"], seq)
            kept = daemon.ask("/v1/events?from=1&limit=1000")["events"]
            restored = Daemon(clock="wall", directory=os.path.join(daemon.directory, "restored"))
            os.makedirs(restored.directory)
            os.rename(target, restored.state)
            with restored:
                self.assertEqual(restored.ask("/v1/events?from=1&limit=1000")["events"], kept)
                # What came after the backup is sent again and taken; what is in it is known.
                restored.send([line(number) for number in range(LINES)])
                self.assertEqual(restored.ask("/v1/status")["events"], LINES)

    def test_a_backup_writes_over_nothing_and_says_why(self):
        with Daemon() as daemon:
            refused = daemon.tenure("backup", daemon.directory)
            self.assertEqual(refused.returncode, 5, refused.stderr)
            self.assertIn("writes over nothing; name another directory", refused.stderr)
            self.assertEqual(daemon.request("POST", "/v1/backup", b'{"directory":"relative"}')[0], 400)


if __name__ == "__main__":
    unittest.main()
