"""scripts/install into a directory of its own, and what it installs: units, manual pages, completions."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

from daemon import BIN, PATIENCE_SECONDS, ROOT, Daemon


def run(*arguments, **options):
    return subprocess.run(arguments, capture_output=True, text=True, timeout=PATIENCE_SECONDS, **options)


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="tenure-install-")
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        cls.installed = cls.install()

    @classmethod
    def install(cls, *arguments):
        return run(
            os.path.join(ROOT, "scripts", "install"), "--from", BIN, "--destdir", cls.directory, "--prefix", "/opt/tenure",
            *arguments)

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def files(self):
        return sorted(
            os.path.relpath(os.path.join(folder, name), self.directory)
            for folder, _, names in os.walk(self.directory) for name in names)

    def test_1_units_lie_where_systemd_looks_and_name_the_programs_where_they_are(self):
        self.assertEqual(self.installed.returncode, 0, self.installed.stderr)
        with open(self.path("etc/systemd/system/tenured.service")) as file:
            unit = file.read()
        self.assertIn("ExecStart=/opt/tenure/bin/tenured\n", unit)
        self.assertIn("ExecReload=/opt/tenure/bin/tenure ", unit)
        self.assertNotIn("/usr/bin/", unit)
        self.assertEqual(run(self.path("opt/tenure/bin/tenure"), "version").stdout, run(os.path.join(BIN, "tenure"), "version").stdout)

    def test_2_the_manual_has_every_setting_and_every_command(self):
        with open(self.path("opt/tenure/share/man/man5/tenured.yaml.5")) as file:
            page = file.read()
        with Daemon() as daemon:
            settings = [json.loads(line)["name"] for line in daemon.tenure("config", "show", "--effective", "--json").stdout.splitlines()]
        self.assertGreater(len(settings), 40)
        for name in settings:
            self.assertIn(f".B {name.split('.')[-1]}\n", page)
        with open(self.path("opt/tenure/share/man/man1/tenure.1")) as file:
            page = file.read()
        commands = json.loads(run(os.path.join(BIN, "tenure"), "--experimental-dump-help").stdout)["command"]["subcommands"]
        for command in commands:
            if command["commandName"] != "help":
                self.assertRegex(page, rf"(?m)^\.SS {command['commandName']}\b")

    def test_3_a_shell_completes_commands_and_the_daemons_own_names(self):
        # As bash calls it with the cursor at the end of the last word.
        complete = (
            'source "$1"; COMP_WORDS=("${@:2}"); COMP_CWORD=$(($# - 2)); COMP_LINE="${*:2}"; COMP_POINT=${#COMP_LINE}; '
            '_tenure; printf "%s\\n" "${COMPREPLY[@]}"')

        def completions(*words):
            path = self.path("opt/tenure/share/bash-completion/completions/tenure")
            environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
            done = run("bash", "-c", complete, "bash", path, "tenure", *words, env=environment)
            return [word.strip() for word in done.stdout.split()]

        self.assertIn("doctor", completions("doc"))
        with Daemon(clock="wall") as daemon:
            daemon.send(['{"company":"acme","user":"u","task":"t"}', '{"company":"bolt","user":"u","task":"t"}'])
            socket = os.path.join(daemon.run, "http.sock")
            self.assertEqual(completions("--socket", socket, "company", "ac"), ["acme"])
            self.assertIn("seats_full", completions("--socket", socket, "flags", "why-not", "acme", "seats"))
        self.assertEqual(completions("--socket", "/nowhere", "company", "ac"), [])

    def test_4_a_configuration_that_is_there_stays(self):
        with open(self.path("etc/tenured/tenured.yaml"), "w") as file:
            file.write("log_level: warning\n")
        self.assertEqual(self.install().returncode, 0)
        with open(self.path("etc/tenured/tenured.yaml")) as file:
            self.assertEqual(file.read(), "log_level: warning\n")

    def test_5_uninstalling_leaves_the_configuration_and_nothing_else(self):
        self.assertGreater(len(self.files()), 15)
        self.assertEqual(self.install("--uninstall").returncode, 0)
        self.assertEqual(self.files(), ["etc/tenured/rules.yaml", "etc/tenured/tenured.yaml"])


if __name__ == "__main__":
    unittest.main()
