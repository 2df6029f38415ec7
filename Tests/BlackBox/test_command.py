"""The operator's command: its answers on a pipe, its errors, its exit codes, imports and tails."""

import gzip
import json
import os
import signal
import subprocess
import tempfile
import time
import unittest

from daemon import BIN, PATIENCE_SECONDS, Daemon

TENURE = os.path.join(BIN, "tenure")
COLUMNS = ("--columns", "time,company,user,task")


def row(number, company="acme"):
    return f"2026-01-01T00:00:{number:02}Z\t{company}\tu{number}\treport.exported\n"


def event(number, company="acme"):
    return json.dumps(
        {"company": company, "user": f"u{number}", "task": "report.exported", "time": f"2026-01-01T00:00:{number:02}Z"})


def alone(*arguments, **options):
    """Runs the command without any daemon."""
    environment = {name: value for name, value in os.environ.items() if name not in ("TENURE_SOCKET", "XDG_STATE_HOME")}
    return subprocess.run(
        [TENURE, *arguments], capture_output=True, text=True, timeout=PATIENCE_SECONDS,
        env=environment | {"HOME": "/nonexistent"}, **options)


class WithoutDaemon(unittest.TestCase):
    def test_a_missing_socket_and_one_that_nobody_listens_at_are_told_apart(self):
        with tempfile.TemporaryDirectory() as directory:
            missing = alone("--socket", os.path.join(directory, "http.sock"), "status")
            self.assertEqual(missing.returncode, 3)
            self.assertIn("there is no socket at", missing.stderr)
            with Daemon(directory=directory) as daemon:
                daemon.stop(signal.SIGKILL)
                left = alone("--socket", daemon.run, "status")
                self.assertEqual(left.returncode, 3)
                self.assertIn("nobody listens at", left.stderr)

    def test_nothing_to_find_names_every_place(self):
        with tempfile.TemporaryDirectory() as directory:
            found = alone("status", cwd=directory)
            self.assertEqual(found.returncode, 3)
            self.assertIn("./tenure-data/run", found.stderr)

    def test_a_mistyped_command_line_is_exit_2(self):
        for arguments in (["frobnicate"], ["flags", "close", "F1", "--as", "won"], ["import", "x"], ["company"]):
            self.assertEqual(alone(*arguments).returncode, 2, arguments)

    def test_mistakes_of_a_rule_file_stand_under_their_lines_at_the_start_at_a_reload_and_in_a_check(self):
        good = "flags:\n  - {name: idle, kind: churn, severity: high, when: idle_days > 7d}\n"
        bad = good.replace("idle_days > 7d", "idel_days > 7d and events(28d) > 7d")
        line = bad.splitlines()[1]

        def under(part):
            return "    | " + " " * line.index(part) + "^" * len(part)

        places = [
            f'rules.yaml:2:{line.index("idel_days") + 1}: flag "idle": unknown metric "idel_days" '
            '(did you mean "idle_days"?)', "  2 | " + line, under("idel_days"),
            f'rules.yaml:2:{line.index("events") + 1}: flag "idle": events(28d) is a number, but 7d is a duration '
            "(write 7)", "  2 | " + line, under("events(28d) > 7d")]
        with Daemon(rules=good) as daemon:
            with open(daemon.rules, "w") as file:
                file.write(bad)
            reload = daemon.tenure("reload")
            check = alone("rules", "check", daemon.rules)
            daemon.stop()
            log = os.path.join(daemon.directory, "log")
            with self.assertRaisesRegex(AssertionError, "exited with 78"):
                daemon.start()
            with open(log) as file:
                started = file.read()
            self.assertEqual((reload.returncode, check.returncode), (5, 5))
            self.assertIn("refused for 2 reasons", reload.stderr)
            for said in (reload.stderr, check.stderr, started):
                said = [line.strip().removeprefix("tenured: ") for line in said.splitlines()]
                first = next(index for index, line in enumerate(said) if line.endswith(places[0]))
                shown = said[first:first + len(places)]
                self.assertEqual(
                    [line.replace(daemon.rules, "rules.yaml") for line in shown], [place.strip() for place in places])

    def test_version_and_help_need_nothing(self):
        self.assertEqual(alone("version", "--json").returncode, 0)
        self.assertIn("SUBCOMMANDS", alone("--help").stdout)

    def test_decode_says_what_each_line_says(self):
        points = alone("decode", "--format", "line", "--default-time", "7", input='m,a=b v=1i\nbad\nm s="x\ny"\n')
        self.assertEqual(points.returncode, 0)
        lines = [json.loads(line) for line in points.stdout.splitlines()]
        self.assertEqual(lines[0], {"name": "m", "tags": {"a": "b"}, "fields": {"v": {"int": 1}}, "time": 7})
        self.assertEqual((lines[1]["error"], lines[2]["fields"]["s"]), ("bad_line", {"string": "x\ny"}))

    def test_a_dry_run_needs_no_daemon_and_names_the_rows_that_would_be_refused(self):
        dry = alone("import", "--dry-run", "--json", "--format", "tsv", *COLUMNS, "-", input=row(1) + "short\n" + row(2))
        self.assertEqual(dry.returncode, 7)
        self.assertEqual(json.loads(dry.stdout)["events"], 2)
        self.assertIn("line 2: bad_line", dry.stderr)


class WithDaemon(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.daemon.start()
        self.addCleanup(self.daemon.__exit__, None, None, None)

    def file(self, content, suffix=""):
        file = tempfile.NamedTemporaryFile(suffix=suffix, delete=False)
        self.addCleanup(os.remove, file.name)
        with file:
            file.write(gzip.compress(content.encode()) if suffix == ".gz" else content.encode())
        return file.name

    def test_an_import_run_again_counts_nothing_twice_although_its_rows_have_no_ids(self):
        name = self.file("".join(row(number) for number in range(20)) + "short\n", ".gz")
        for accepted, duplicates in ((20, 0), (0, 20)):
            done = self.daemon.tenure("import", "--json", "--format", "tsv", *COLUMNS, name)
            self.assertEqual(done.returncode, 7, done.stderr)
            summary = json.loads(done.stdout)
            self.assertEqual((summary["accepted"], summary["duplicates"]), (accepted, duplicates))
            self.assertEqual(summary["reasons"], {"bad_line": 1})
        self.assertEqual(self.daemon.ask("/v1/companies/acme")["events"]["lifetime"], 20)

    def test_a_file_cut_short_is_taken_as_far_as_it_goes_and_named(self):
        with open(self.file("".join(row(number % 60) for number in range(50_000)), ".gz"), "rb") as whole:
            packed = whole.read()
        name = self.file("")
        with open(name, "wb") as cut:
            cut.write(packed[:-20])
        done = self.daemon.tenure("import", "--format", "tsv", *COLUMNS, name)
        self.assertEqual(done.returncode, 7)
        self.assertIn("cut short", done.stderr)

    def test_json_lines_get_ids_in_every_form(self):
        lines = [event(1), '{"type":"track","event":"x","userId":"u2","context":{"groupId":"acme"},'
                 '"timestamp":"2026-01-01T00:00:02Z"}', "x,company=acme,user=u3 amount=1 1767225603000000000"]
        name = self.file("\n".join(lines))
        for duplicates in (0, 3):
            done = self.daemon.tenure("import", "--json", "--format", "ndjson", name)
            self.assertEqual((done.returncode, json.loads(done.stdout)["duplicates"]), (0, duplicates), done.stderr)

    def test_send_reports_each_refused_line_and_is_exit_7(self):
        sent = self.daemon.tenure("send", input=event(1) + "\n{bad\n" + event(2))
        self.assertEqual(sent.returncode, 7)
        self.assertIn("line 2: bad_json", sent.stderr)
        self.assertIn("settled\t3", sent.stdout)
        replies = self.daemon.tenure("send", "--json", input=event(3) + "\n")
        self.assertEqual(json.loads(replies.stdout.splitlines()[-1])["ack"], 1)

    def test_answers_on_a_pipe_are_columns_under_their_names(self):
        self.daemon.send([event(1), event(2, "globex")])
        lines = self.daemon.tenure("companies").stdout.splitlines()
        self.assertEqual(lines[0].split("\t")[0], "company")
        self.assertEqual([line.split("\t")[0] for line in lines[1:]], ["acme", "globex"])
        self.assertIn("users.total\t1", self.daemon.tenure("company", "acme").stdout.splitlines())
        self.assertEqual(json.loads(self.daemon.tenure("--json", "company", "acme").stdout)["company"], "acme")
        for arguments, code in ((["company", "nobody"], 4), (["companies", "--where", "idel_days > 1"], 2)):
            self.assertEqual(self.daemon.tenure(*arguments).returncode, code)

    def test_an_export_imported_elsewhere_gives_the_same_company(self):
        self.daemon.send([event(number) for number in range(5)] + [
            '{"company":"acme","user":"u1","task":"invoice.sent","amount":12.50,"unit":"EUR","count":3,'
            '"time":"2026-01-02T00:00:00Z","id":"i1","props":{"plan":"team"}}',
            '{"type":"identify","userId":"u9","context":{"groupId":"acme"},"traits":{"role":"admin"},'
            '"timestamp":"2026-01-02T00:00:01Z"}',
            '{"type":"alias","previousId":"u2","userId":"u1","timestamp":"2026-01-02T00:00:02Z"}',
            '{"type":"outcome","company":"acme","outcome":"renewed","time":"2026-01-02T00:00:03Z"}'])
        self.assertEqual(len(self.daemon.tenure("export", "events", "--format", "csv").stdout.splitlines()), 10)
        exported = self.daemon.tenure("export", "events").stdout
        with Daemon() as other:
            taken = other.tenure("import", "--format", "ndjson", "-", input=exported)
            self.assertEqual(taken.returncode, 0, taken.stderr)
            cards = [daemon.ask("/v1/companies/acme") for daemon in (self.daemon, other)]
            for card in cards:
                del card["seq"], card["flags"]
            self.assertEqual(*cards)

    def test_a_tail_goes_on_after_a_restart_and_says_where_it_stopped(self):
        self.daemon.send([event(1)])
        first = self.daemon.ask("/v1/status")["seq"] + 1
        tail = subprocess.Popen(
            [TENURE, "--socket", self.daemon.run, "tail"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(tail.kill)
        time.sleep(0.5)
        self.daemon.send([event(2)])
        self.assertEqual(json.loads(tail.stdout.readline())["seq"], first)
        self.daemon.restart()
        self.daemon.send([event(3)])
        record = json.loads(tail.stdout.readline())
        while record["type"] == "move":
            record = json.loads(tail.stdout.readline())
        self.assertEqual(record["user"], "u3")
        tail.send_signal(signal.SIGINT)
        _, errors = tail.communicate(timeout=PATIENCE_SECONDS)
        self.assertEqual(tail.returncode, 0)
        self.assertIn("go on with --from", errors)

    def test_a_command_that_fails_ends_the_tail_at_its_record(self):
        self.daemon.send([event(number) for number in range(3)])
        output = os.path.join(self.daemon.directory, "output")
        tail = self.daemon.tenure("tail", "--from", "1", "--exec", f"cat >> {output}; ! grep -q '\"u1\"' {output}")
        self.assertEqual(tail.returncode, 1)
        with open(output) as file:
            last = json.loads(file.readlines()[-1])
        self.assertEqual(last["user"], "u1")
        self.assertIn(f"--from {last['seq']} ", tail.stderr)


if __name__ == "__main__":
    unittest.main()
