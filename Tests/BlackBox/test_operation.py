"""What operators run: check-config, config, doctor, check, wait, metrics; and who may do what."""

import http.client
import json
import os
import re
import socket
import subprocess
import tempfile
import time
import unittest

from daemon import BIN, PATIENCE_SECONDS, Daemon, Sender, UnixHTTPConnection

TOKENS = "ann change 0123456789abcdef0123456789abcdef\ndash read fedcba9876543210fedcba9876543210\n"


def event(number, **members):
    return json.dumps({"company": "acme", "user": "u1", "task": "t", "time": "2026-01-01T00:00:00Z", "id": str(number), **members})


def tenured(*arguments):
    return subprocess.run(
        [os.path.join(BIN, "tenured"), *arguments], capture_output=True, text=True, timeout=PATIENCE_SECONDS)


def samples(text):
    """Prometheus text as a dictionary; fails on a line that is neither a comment nor a sample."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, value = re.fullmatch(r"([a-z_0-9]+(?:\{.*\})?) (\S+)", line).groups()
            found[name] = float(value)
    return found


class Configuration(unittest.TestCase):
    def write(self, name, text, mode=0o600):
        path = os.path.join(self.directory, name)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="tenure-test-")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def test_a_good_configuration_is_said_to_be_good_and_nothing_is_started(self):
        path = self.write("t.yaml", f"log_level: warning\nstate_dir: {self.directory}/state\n")
        checked = tenured("--config", path, "--check-config")
        self.assertEqual(checked.returncode, 0, checked.stderr)
        self.assertIn(f"{path}: good", checked.stdout)
        self.assertIn("built-in rules: good", checked.stdout)
        self.assertFalse(os.path.exists(os.path.join(self.directory, "state")))

    def test_mistakes_are_exit_78_with_line_and_suggestion(self):
        rules = self.write("r.yaml", "flags: []\n")
        path = self.write("t.yaml", f"rules: {rules}\nlimits:\n  line: 64KiB\n  propz: 1\n")
        checked = tenured("--config", path, "--check-config")
        self.assertEqual(checked.returncode, 78)
        self.assertIn(f'{path}:4:3: unknown setting "limits.propz" (did you mean "limits.props"?)', checked.stderr)

    def test_the_rule_file_is_checked_as_well(self):
        rules = self.write("r.yaml", "flags:\n  - {name: x, kind: churn, severity: high, when: idel_days > 3, summary: x}\n")
        checked = tenured("--config", self.write("t.yaml", f"rules: {rules}\n"), "--check-config")
        self.assertEqual(checked.returncode, 78)
        self.assertIn("r.yaml:2:", checked.stderr)
        self.assertIn('did you mean "idle_days"?', checked.stderr)

    def test_a_group_that_is_not_there_and_tokens_that_everybody_reads_are_mistakes(self):
        checked = tenured("--config", self.write("t.yaml", "http: {change_group: no-such-group}\n"), "--check-config")
        self.assertEqual(checked.returncode, 78)
        self.assertIn('no group "no-such-group"', checked.stderr)
        tokens = self.write("tokens", TOKENS, 0o644)
        checked = tenured("--config", self.write("t.yaml", f"http: {{tokens: {tokens}}}\n"), "--check-config")
        self.assertEqual(checked.returncode, 78)
        self.assertIn("chmod o=", checked.stderr)

    def test_the_effective_settings_are_a_configuration_file(self):
        with Daemon(config="limits: {line: 128KiB}\nsources: {app.eu: {heartbeat: 2h}}\n") as daemon:
            short = daemon.tenure("config", "show")
            self.assertEqual(short.returncode, 0, short.stderr)
            self.assertIn("limits:\n  line: 128KiB\n", short.stdout)
            self.assertIn("sources:\n  app.eu:\n    heartbeat: 2h\n", short.stdout)
            self.assertIn("clock:\n  mode: event\n", short.stdout, "the command line counts")
            self.assertNotIn("props:", short.stdout)
            whole = daemon.tenure("config", "show", "--effective")
            self.assertIn("props: 32KiB", whole.stdout)
            again = tenured("--config", self.write("t.yaml", whole.stdout), "--check-config")
            self.assertEqual(again.returncode, 0, again.stderr)


class Observation(unittest.TestCase):
    def test_metrics_tell_events_by_source_and_code(self):
        with Daemon() as daemon:
            lines = [event(1, source="billing"), event(1, source="billing"), event(2), event(1, source="billing", task="x"), "{"]
            daemon.send(lines)
            metrics = daemon.tenure("metrics")
            self.assertEqual(metrics.returncode, 0, metrics.stderr)
            found = samples(metrics.stdout)
            self.assertEqual(found['tenure_events_accepted_total{source="billing"}'], 1)
            self.assertEqual(found['tenure_events_accepted_total{source=""}'], 1)
            self.assertEqual(found['tenure_events_duplicate_total{source="billing"}'], 1)
            self.assertEqual(found['tenure_events_rejected_total{source="billing",code="conflict"}'], 1)
            self.assertEqual(found['tenure_events_rejected_total{source="",code="bad_json"}'], 1)
            self.assertEqual(found["tenure_commit_duration_seconds_count"], found["tenure_commit_records_count"])
            self.assertEqual(found["tenure_commit_records_sum"], daemon.ask("/v1/status")["seq"])
            self.assertEqual(sum(value for name, value in found.items() if name.startswith("tenure_companies{")), 1)
            as_json = daemon.tenure("metrics", "--json").stdout.splitlines()
            self.assertIn("tenure_log_seq", {json.loads(line)["sample"] for line in as_json})

    def test_companies_are_in_the_metrics_for_who_asks(self):
        with Daemon() as daemon:
            daemon.send([event(1)])
            self.assertNotIn("company=", daemon.tenure("metrics").stdout)
            found = samples(daemon.tenure("metrics", "--companies").stdout)
            self.assertEqual(found['tenure_company_events_28d{company="acme"}'], 1)

    def test_the_doctor_names_what_is_wrong_with_a_remedy(self):
        with Daemon(config="log_level: info\n") as daemon:
            daemon.send([event(1)])
            well = daemon.tenure("doctor", "--json")
            self.assertEqual(well.returncode, 0, well.stdout)
            levels = {json.loads(line)["level"] for line in well.stdout.splitlines()}
            self.assertEqual(levels, {"good"}, well.stdout)
            daemon.send(["{"] * 3)
            with open(os.path.join(daemon.directory, "tenured.yaml"), "a") as file:
                file.write("log: {}\n")
            ill = [json.loads(line) for line in daemon.tenure("doctor", "--json").stdout.splitlines()]
            found = {finding["subject"]: finding for finding in ill if finding["level"] == "warning"}
            self.assertEqual(set(found), {"lines", "settings"})
            self.assertTrue(all(finding["remedy"] for finding in found.values()))

    def test_the_doctor_of_a_daemon_that_is_not_there_exits_1_and_says_what_to_do(self):
        daemon = Daemon()
        found = daemon.tenure("doctor", "--json")
        self.assertEqual(found.returncode, 1)
        self.assertEqual(json.loads(found.stdout)["level"], "problem")
        self.assertTrue(json.loads(found.stdout)["remedy"])

    def test_the_check_is_a_monitoring_plugin(self):
        with Daemon() as daemon:
            daemon.send([event(1)])
            good = daemon.tenure("check")
            self.assertEqual(good.returncode, 0, good.stdout)
            self.assertRegex(good.stdout, r"^TENURE OK - [^|\n]+ \| seq=\d+c accepted=1c .*available=\d+B;\d+:;\d+:\n$")
            daemon.send(["{"] * 3)
            bad = daemon.tenure("check")
            self.assertEqual(bad.returncode, 1)
            self.assertRegex(bad.stdout, r"^TENURE WARNING - lines: 3 refused")
            daemon.stop()
            gone = daemon.tenure("check")
            self.assertEqual(gone.returncode, 2)
            self.assertRegex(gone.stdout, r"^TENURE CRITICAL - daemon: ")

    def test_waiting_ends_when_the_daemon_is_ready_and_when_nobody_sends(self):
        daemon = Daemon()
        early = daemon.tenure("wait", "ready", "--timeout", "0")
        self.assertEqual(early.returncode, 6)
        waiting = subprocess.Popen(
            [os.path.join(BIN, "tenure"), "--socket", os.path.join(daemon.run, "http.sock"), "wait", "ready",
             "--timeout", str(PATIENCE_SECONDS)], stderr=subprocess.PIPE)
        with daemon:
            self.assertEqual(waiting.wait(PATIENCE_SECONDS), 0)
            waiting.stderr.close()
            with Sender(daemon) as sender:
                sender.write((event(1) + "\n").encode())
                sender.sync()
                self.assertEqual(daemon.tenure("wait", "drained", "--timeout", "0").returncode, 6)
            self.assertEqual(daemon.tenure("wait", "drained").returncode, 0)


@unittest.skipUnless(os.geteuid() == 0, "changing users takes root")
class Groups(unittest.TestCase):
    """Reading and changing on the same socket, told apart by the caller's groups."""

    NOBODY, OPERATORS = 65534, "games"

    def request_as(self, daemon, groups, method, path, body=None):
        """The status and answer of a request by a process of user nobody in `groups`."""
        readable, writable = os.pipe()
        child = os.fork()
        if child == 0:
            os.setgroups(groups)
            os.setgid(self.NOBODY)
            os.setuid(self.NOBODY)
            connection = UnixHTTPConnection(os.path.join(daemon.run, "http.sock"))
            connection.request(method, path, body)
            response = connection.getresponse()
            os.write(writable, json.dumps([response.status, json.loads(response.read())]).encode())
            os._exit(0)
        os.close(writable)
        with open(readable) as pipe:
            answer = pipe.read()
        os.waitpid(child, 0)
        return json.loads(answer)

    def test_members_of_the_group_change_and_others_look(self):
        import grp

        operators = grp.getgrnam(self.OPERATORS).gr_gid
        with Daemon(clock="wall", config=f"http: {{change_group: {self.OPERATORS}}}\n") as daemon:
            os.chmod(daemon.directory, 0o755)
            os.chmod(daemon.run, 0o755)
            os.chmod(os.path.join(daemon.run, "http.sock"), 0o666)
            group = '{"type":"group","groupId":"acme","traits":{"seats":1}}'
            daemon.send([group] + [json.dumps({"company": "acme", "user": f"u{n}", "task": "t"}) for n in range(3)])
            flag = daemon.ask("/v1/flags")["flags"][0]["id"]
            status, answer = self.request_as(daemon, [], "GET", "/v1/status")
            self.assertEqual((status, answer["you"]), (200, {"name": "nobody", "may_change": False}))
            for path, body in ((f"/v1/flags/{flag}/ack", None), ("/v1/reload", None), ("/v1/events", event(1))):
                status, answer = self.request_as(daemon, [], "POST", path, body)
                self.assertEqual((status, answer["code"]), (403, "forbidden"))
                self.assertIn(f"usermod -aG {self.OPERATORS}", answer["detail"])
            status, _ = self.request_as(daemon, [operators], "POST", f"/v1/flags/{flag}/ack")
            self.assertEqual(status, 200)
            history = daemon.ask(f"/v1/flags/{flag}")["history"]
            self.assertEqual([move["by"] for move in history if move.get("by")], ["nobody"])
            self.assertIn(f"POST /v1/flags/{flag}/ack by nobody", daemon.log_text())


class Tokens(unittest.TestCase):
    def tokens_file(self):
        directory = tempfile.TemporaryDirectory(prefix="tenure-test-")
        self.addCleanup(directory.cleanup)
        path = os.path.join(directory.name, "tokens")
        with open(path, "w") as file:
            file.write(TOKENS)
        os.chmod(path, 0o600)
        return path

    def test_tcp_without_tokens_answers_nobody(self):
        with Daemon(config="http: {tcp: '127.0.0.1:0'}\n") as daemon:
            connection = http.client.HTTPConnection(daemon.ask("/v1/status")["sockets"]["http_tcp"], timeout=PATIENCE_SECONDS)
            connection.request("GET", "/v1/status", headers={"Authorization": "Bearer "})
            response = connection.getresponse()
            self.assertEqual(response.status, 401)
            self.assertIn("http.tokens", json.loads(response.read())["detail"])
            connection.close()

    def test_lines_over_tcp_begin_with_a_token_that_may_change_something(self):
        tokens = self.tokens_file()
        config = f"http: {{tokens: {tokens}}}\ningest: {{tcp: '127.0.0.1:0'}}\n"
        reading, changing = "fedcba9876543210fedcba9876543210", "0123456789abcdef0123456789abcdef"
        line = b'{"company":"acme","user":"u","task":"t"}\n'
        with Daemon(clock="wall", config=config) as daemon:
            host, port = daemon.ask("/v1/status")["sockets"]["ingest_tcp"].rsplit(":", 1)

            def replies(*pieces):
                with socket.create_connection((host, int(port)), PATIENCE_SECONDS) as sender:
                    for piece in pieces:
                        sender.sendall(piece)
                        time.sleep(0.05)
                    sender.shutdown(socket.SHUT_WR)
                    return [json.loads(reply) for reply in sender.makefile()]

            for first in (b"", b"#!token wrong\n", b"#!token " + reading.encode() + b"\n", b"x" * 5_000):
                self.assertEqual([reply.get("error") for reply in replies(first + line)], ["unauthorized"], first[:20])
            token = b"#!token " + changing.encode()
            self.assertEqual(replies(token + b"\r\n" + line + line)[-1]["ack"], 2)
            # Cut anywhere, it is the same.
            self.assertEqual(replies(token[:9], token[9:] + b"\n" + line[:20], line[20:])[-1]["ack"], 1)
            self.assertEqual(daemon.ask("/v1/companies/acme")["events"]["lifetime"], 3)
            # Elsewhere it is a comment.
            self.assertEqual(daemon.send([token.decode(), line.decode()]), (1, {}))

    def test_tcp_takes_only_callers_with_a_token_and_only_what_it_allows(self):
        tokens = self.tokens_file()
        with Daemon(clock="wall", config=f"http: {{tcp: '127.0.0.1:0', tokens: {tokens}}}\n") as daemon:
            address = daemon.ask("/v1/status")["sockets"]["http_tcp"]

            def request(method, path, token=None, body=None):
                connection = http.client.HTTPConnection(address, timeout=PATIENCE_SECONDS)
                connection.request(method, path, body, {"Authorization": f"Bearer {token}"} if token else {})
                response = connection.getresponse()
                answer = response.status, response.headers.get("WWW-Authenticate"), response.read()
                connection.close()
                return answer

            self.assertEqual(request("GET", "/healthz")[0], 200)
            for token in (None, "wrong", "0123456789abcdef0123456789abcde"):
                status, challenge, body = request("GET", "/v1/status", token)
                self.assertEqual((status, challenge), (401, "Bearer"))
                self.assertEqual(json.loads(body)["code"], "unauthorized")
            reading, changing = "fedcba9876543210fedcba9876543210", "0123456789abcdef0123456789abcdef"
            status, _, body = request("GET", "/v1/status", reading)
            self.assertEqual(json.loads(body)["you"], {"name": "dash@127.0.0.1", "may_change": False})
            self.assertEqual(request("POST", "/v1/reload", reading)[0], 403)
            self.assertEqual(request("POST", "/v1/reload", changing)[0], 200)
            group = '{"type":"group","groupId":"acme","traits":{"seats":1}}'
            daemon.send([group] + [json.dumps({"company": "acme", "user": f"u{n}", "task": "t"}) for n in range(3)])
            flag = daemon.ask("/v1/flags")["flags"][0]["id"]
            self.assertEqual(request("POST", f"/v1/flags/{flag}/ack", changing)[0], 200)
            history = daemon.ask(f"/v1/flags/{flag}")["history"]
            self.assertEqual([move["by"] for move in history if move.get("by")], ["ann@127.0.0.1"])


if __name__ == "__main__":
    unittest.main()
