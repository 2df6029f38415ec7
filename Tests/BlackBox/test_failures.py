"""What must not end the daemon, and how it ends when it must."""

import http.client
import json
import os
import re
import resource
import signal
import subprocess
import time
import unittest

from daemon import Daemon, Sender, UnixHTTPConnection

GREATEST = 2**63 - 1


def event(**members):
    return json.dumps({"company": "acme", "user": "u1", "task": "t", **members})


class HostileInput(unittest.TestCase):
    def test_a_cursor_beyond_every_list_is_an_empty_page(self):
        with Daemon() as daemon:
            daemon.send([event(time="2026-01-01T00:00:00Z")])
            for path, name in (("companies", "companies"), ("companies/acme/users", "users"),
                               ("companies/acme/tasks", "tasks"), ("flags", "flags"), ("rejects", "rejects")):
                page = daemon.ask(f"/v1/{path}?limit=10000&cursor={GREATEST}")
                self.assertEqual((page[name], page["next"]), ([], None))

    def test_domains_of_e_mail_addresses_count_against_the_limit_of_companies(self):
        config = "ingest: {company_from_email: true}\nlimits: {companies: 2}\n"
        lines = [
            json.dumps({"type": "track", "event": "t", "userId": f"ann@firm{number}.example"}) for number in range(4)]
        with Daemon(config=config) as daemon:
            _, errors = daemon.send(lines + lines)
            self.assertEqual(
                {line: error["error"] for line, error in errors.items()},
                {3: "limit", 4: "limit", 7: "limit", 8: "limit"})
            self.assertEqual(daemon.ask("/v1/status")["events"], 4)

    def test_made_up_zones_do_not_fill_the_journal(self):
        with Daemon() as daemon:
            daemon.send([
                json.dumps({"type": "group", "groupId": "acme", "traits": {"timezone": f"Mars/Crater{number}"}})
                for number in range(1_000)])
            self.assertEqual(daemon.log_text().count("Mars/Crater"), 600)


class FailedCommit(unittest.TestCase):
    def test_it_ends_the_daemon_at_once_with_74_and_a_reason_and_without_an_ack(self):
        with Daemon(clock="wall") as daemon:
            daemon.send([event(id="kept")])
            # An idle client and an asking one: neither may hold up the end.
            idle = UnixHTTPConnection(os.path.join(daemon.run, "http.sock"))
            idle.request("GET", "/healthz")
            idle.getresponse().read()
            size = os.path.getsize(os.path.join(daemon.state, "log", "00000000000000000001", "data.mdb"))
            resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (size, size))
            with Sender(daemon) as sender:
                sender.write((event(id="lost", props={"text": os.urandom(12_000).hex()}) + "\n").encode())
                self.assertIsNone(sender.reply())
            self.assertEqual(daemon.process.wait(60), 74, daemon.log_text())
            self.assertIn("log/00000000000000000001", daemon.log_text())
            idle.close()
            daemon.restart()
            self.assertEqual(daemon.ask("/v1/status")["events"], 1)
            self.assertEqual(daemon.ask("/v1/verify")["ok"], True)


class UnreadableFile(unittest.TestCase):
    """What a mapped file no longer has cannot be read, as from a disk that fails: both are the same signal."""

    SEGMENT = os.path.join("log", "00000000000000000001", "data.mdb")
    EVENTS = 2_000

    def setUp(self):
        self.daemon = Daemon(clock="wall")
        self.addCleanup(self.daemon.__exit__)
        self.daemon.start()
        self.daemon.send([event(id=str(number), props={"text": os.urandom(500).hex()}) for number in range(self.EVENTS)])
        self.path = os.path.join(self.daemon.state, self.SEGMENT)

    def test_it_ends_the_daemon_with_74_and_is_named(self):
        os.truncate(self.path, 64 << 10)
        with self.assertRaises(OSError):
            self.daemon.ask("/v1/verify")
        self.assertEqual(self.daemon.process.wait(60), 74, self.daemon.log_text())
        self.assertRegex(
            self.daemon.log_text(), rf"(?m)^tenured: {re.escape(self.path)}, byte \d+: it cannot be read here, or was cut short; look for")

    def test_a_signal_that_tells_of_no_file_is_what_it_always_was(self):
        self.daemon.process.send_signal(signal.SIGBUS)
        self.assertEqual(self.daemon.process.wait(60), -signal.SIGBUS)


@unittest.skipUnless(os.geteuid() == 0, "needs a small file system of its own")
class FullDisk(unittest.TestCase):
    # 256 MiB stay in reserve and 64 MiB are asked for ahead, so this leaves 80 MiB to take away.
    SIZE, BALLAST = 400 << 20, 90 << 20

    def setUp(self):
        rules = "flags: [{name: full, kind: info, severity: low, when: seats_fill >= 1, summary: x}]"
        self.daemon = Daemon(clock="wall", rules=rules)
        self.addCleanup(self.daemon.__exit__)
        os.mkdir(self.daemon.state)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={self.SIZE}", "tmpfs", self.daemon.state]
        if subprocess.run(mount, capture_output=True).returncode != 0:
            self.skipTest("tmpfs cannot be mounted here")
        self.addCleanup(subprocess.run, ["umount", self.daemon.state])
        self.addCleanup(self.daemon.stop)
        self.daemon.start()

    def test_senders_and_operators_hear_it_and_work_goes_on_when_there_is_room(self):
        daemon = self.daemon
        daemon.send([json.dumps({"type": "group", "groupId": "acme", "traits": {"seats": 1}}), event(id="1")])
        flag = daemon.ask("/v1/flags")["flags"][0]["id"]
        ballast = os.path.join(daemon.state, "ballast")
        with open(ballast, "wb") as file:
            file.write(bytes(self.BALLAST))
        with Sender(daemon) as sender:
            sender.write((event(id="2") + "\n").encode())
            self.assertEqual(sender.reply(), {"busy": "disk"})
            status, answer = daemon.request("POST", f"/v1/flags/{flag}/ack")
            self.assertEqual(status, 409, answer)
            self.assertIn("free some space", json.loads(answer)["detail"])
            used = self.processor_seconds(daemon)
            time.sleep(1)
            self.assertLess(self.processor_seconds(daemon) - used, 0.5)
            self.assertEqual(daemon.ask("/v1/status")["events"], 1)
            os.remove(ballast)
            self.assertEqual(sender.reply()["ack"], 1)
        self.assertEqual(daemon.request("POST", f"/v1/flags/{flag}/ack")[0], 200)

    @staticmethod
    def processor_seconds(daemon):
        with open(f"/proc/{daemon.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    unittest.main()
