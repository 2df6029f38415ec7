"""Monday morning: what one owner has to do, on a terminal, on a pipe and as a digest."""

import html.parser
import json
import os
import pty
import select
import signal
import struct
import termios
import unittest
from fcntl import ioctl

from daemon import BIN, PATIENCE_SECONDS, Daemon

TENURE = os.path.join(BIN, "tenure")
RULES = """
flags:
  - name: quiet
    kind: churn
    severity: high
    when: user_idle_days > 7
    clear: active_users(1d) > 0
    cooldown: 60d
    due: 2d
    owner: trait("csm")
    summary: "Nobody at {company} for {user_idle_days:0} days"
    brief: "nobody here for {user_idle_days:0}d"
  - name: full_house
    kind: upsell
    severity: medium
    when: seats_fill >= 1
    owner: trait("csm")
    summary: "{company} is full"
  - name: small_thing
    kind: info
    severity: low
    when: users_total == 1
    owner: trait("csm")
"""
NOW = "2026-11-23T09:00:00Z"


def group(company, **traits):
    return json.dumps({"type": "group", "groupId": company, "timestamp": "2026-09-01T00:00:00Z", "traits": traits})


def identify(company, user, **traits):
    return json.dumps({
        "type": "identify", "userId": user, "timestamp": "2026-09-01T00:00:00Z", "traits": traits,
        "context": {"groupId": company}})


def visit(company, user, day):
    return json.dumps({"company": company, "user": user, "task": "report", "time": f"{day}T08:00:00Z"})


def clock(time):
    return json.dumps({"type": "clock", "time": time})


STREAM = [
    group("hooli", csm="maria", arr=48000, renewal="2026-12-27", name="Hooli Inc"),
    group("acme", csm="maria", arr=22000, seats=2), group("initech", csm="maria", arr=90000),
    group("globex", csm="sam"),
    identify("hooli", "u1", name="Ana Diaz", email="ana@hooli.example", role="admin"),
    *[visit("hooli", user, f"2026-{month:02}-{day:02}") for month in (9, 10) for day in range(2, 29)
      for user in ("u1", "u2")],
    *[visit("initech", "u9", f"2026-{month:02}-{day:02}") for month in (9, 10) for day in range(2, 29)],
    *[visit("hooli", user, day) for day in ("2026-11-03", "2026-11-10") for user in ("u1", "u2")],
    visit("acme", "a1", "2026-11-22"), visit("globex", "g1", "2026-11-22"), visit("initech", "u9", "2026-11-22"),
    visit("acme", "a2", "2026-11-22"),
    json.dumps({"type": "touch", "company": "hooli", "channel": "call", "by": "maria", "time": "2026-10-13T10:00:00Z"}),
    json.dumps({"type": "outcome", "company": "globex", "outcome": "renewed", "time": "2026-11-20T10:00:00Z"}),
    clock(NOW),
]


def on_terminal(daemon, *arguments, columns=80, rows=24, enough=None):
    """What the command writes on a terminal of that size; Ctrl-C is typed once `enough` of the output is true."""
    process, terminal = pty.fork()
    if process == 0:
        environment = os.environ | {"TERM": "xterm", "NO_COLOR": "1", "COLUMNS": str(columns)}
        # Not before the terminal has its size.
        os.read(0, 1)
        os.execve(TENURE, [TENURE, "--socket", daemon.run, *arguments], environment)
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    os.write(terminal, b"\n")
    output = b""
    while select.select([terminal], [], [], PATIENCE_SECONDS)[0]:
        try:
            data = os.read(terminal, 1 << 16)
        except OSError:
            break
        output += data
        if enough and enough(output):
            os.write(terminal, b"\x03")
            enough = None
    else:
        os.kill(process, signal.SIGKILL)
    os.close(terminal)
    text = output.decode().replace("\r\n", "\n").removeprefix("\n")
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), text


class OutsideReferences(html.parser.HTMLParser):
    """Collects what a page would load from elsewhere."""

    def __init__(self):
        super().__init__()
        self.found = []
        self.tags = set()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.found += [value for name, value in attributes if name in ("src", "href") and "mailto:" not in value]


class WorklistTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(rules=RULES)
        cls.daemon.start()
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)
        _, errors = cls.daemon.send(STREAM)
        assert not errors, errors

    def test_one_entry_a_company_by_severity_and_then_revenue_with_everything_for_the_call(self):
        answer = self.daemon.ask("/v1/worklist?owner=maria")
        self.assertEqual(
            [(entry["company"], entry["severity"], entry["revenue"]) for entry in answer["entries"]],
            [("hooli", "high", 48000), ("acme", "medium", 22000)])
        hooli = answer["entries"][0]
        self.assertEqual((hooli["renewal"], hooli["renews_in_days"]), ("2026-12-27", 34))
        self.assertEqual(
            {name: hooli["call"][name] for name in ("user", "name", "email", "role", "last")},
            {"user": "u1", "name": "Ana Diaz", "email": "ana@hooli.example", "role": "admin",
             "last": "2026-11-10T08:00:00Z"})
        self.assertEqual(hooli["last_touch"], "2026-10-13T10:00:00Z")
        self.assertEqual((hooli["users"], len(hooli["weeks"]["events"])), ({"then": 2, "now": 2}, 12))
        self.assertEqual(sum(hooli["weeks"]["events"]), 2 * (54 + 2))
        self.assertEqual(hooli["flags"][0]["brief"], "nobody here for 13d")
        # A rule without a brief goes by its name, in words.
        self.assertEqual(answer["entries"][1]["flags"][0]["brief"], "full house")
        self.assertEqual(answer["counts"], {"entries": 2, "to_do": 2, "overdue": 1})
        # Raised on the 17th at hooli, on the 22nd at acme; initech's came on the 4th and cleared on the 22nd.
        self.assertEqual(answer["changes"], {"new": 2, "recovered": 1, "renewed": 0, "churned": 0})
        self.assertEqual(answer["quiet"]["low"], 1)
        self.assertEqual((answer["companies"], answer["data_to"]), (4, "2026-11-22T08:00:00Z"))
        self.assertEqual(self.daemon.ask("/v1/worklist?owner=sam")["changes"]["renewed"], 1)

    def test_since_decides_what_is_new_and_by_default_it_is_the_monday_before(self):
        self.assertEqual(self.daemon.ask("/v1/worklist?owner=maria")["since"], "2026-11-16T00:00:00Z")
        late = self.daemon.ask("/v1/worklist?owner=maria&since=2026-11-20")
        self.assertEqual(late["changes"]["new"], 1)
        self.assertEqual([entry["flags"][0]["is_new"] for entry in late["entries"]], [False, True])

    def test_the_screen_fits_its_terminal_and_shows_what_is_late(self):
        for columns in (80, 120):
            code, text = on_terminal(self.daemon, "flags", "--owner", "maria", columns=columns)
            self.assertEqual(code, 0, text)
            lines = text.splitlines()
            self.assertLessEqual(max(map(len, lines)), columns)
            self.assertLessEqual(len(lines), 23)
            self.assertEqual(lines[0], "Mon 23 Nov 2026 09:00 UTC   4 companies   data to 22 Nov 08:00")
            self.assertEqual(lines[1], "maria: 2 to do, 1 overdue   since Mon 16 Nov: 2 new, 1 recovered")
            hooli = next(line for line in lines if line.startswith("!! hooli"))
            for part in ("48k", "34d", "2→2", "nobody here for 13d", "4d LATE"):
                self.assertIn(part, hooli)
            self.assertIn("call Ana Diaz, admin, last here 13d", text)
            self.assertIn("ana@hooli.example", text)
            self.assertIn("no touch 41d", text)

    def test_on_a_pipe_it_is_the_list_of_flags_and_the_digest_gives_the_rest(self):
        rows = self.daemon.tenure("flags", "--owner", "maria").stdout.splitlines()
        self.assertEqual(rows[0].split("\t")[0], "id")
        self.assertEqual(len(rows), 4)
        whole = json.loads(self.daemon.tenure("digest", "--owner", "maria", "--json").stdout)
        self.assertEqual([entry["company"] for entry in whole["entries"]], ["hooli", "acme"])
        plain = self.daemon.tenure("digest", "--owner", "maria").stdout
        self.assertIn("!! hooli", plain)
        self.assertNotIn("\x1b", plain)
        self.assertIn("- **!! hooli** nobody here for 13d, **4d LATE**",
                      self.daemon.tenure("digest", "--owner", "maria", "--format", "md").stdout)
        everybody = self.daemon.tenure("digest", "--since", "1d", "--limit", "1").stdout
        self.assertIn("everybody: 2 to do", everybody)
        self.assertIn("1 more company; --limit 0 shows all", everybody)

    def test_the_html_digest_is_one_page_that_loads_nothing(self):
        page = self.daemon.tenure("digest", "--owner", "maria", "--format", "html").stdout
        references = OutsideReferences()
        references.feed(page)
        self.assertEqual((references.found, references.tags & {"script", "img", "link", "iframe"}), ([], set()))
        for part in ("<h1 class=overdue>maria: 2 to do, 1 overdue</h1>", "!! hooli", "mailto:ana@hooli.example"):
            self.assertIn(part, page)

    def test_a_mistyped_owner_company_rule_or_command_is_told_with_what_was_meant(self):
        for arguments, code, meant in (
                (["digest", "--owner", "mraia"], 4, "maria"), (["company", "hoolli"], 4, "hooli"),
                (["flags", "why-not", "hooli", "queit"], 4, "quiet"), (["compnies"], 2, "companies"),
                (["flags", "explian", "F1"], 2, "explain"), (["flags", "--onwer", "maria"], 2, "--owner")):
            said = self.daemon.tenure(*arguments)
            self.assertEqual(said.returncode, code, said.stderr)
            self.assertRegex(said.stderr.lower(), f"did you mean ['\"]{meant}['\"]", arguments)

    def test_watching_draws_again_until_ctrl_c_and_leaves_the_last_answer(self):
        code, text = on_terminal(
            self.daemon, "flags", "--owner", "maria", "--watch", "--interval", "0.1",
            enough=lambda output: output.count(b"!! hooli") >= 2)
        self.assertEqual(code, 0)
        self.assertGreaterEqual(text.count("!! hooli"), 3)
        self.assertTrue(text.rstrip().endswith("0 called false alarm"), text[-200:])


class TraitNames(unittest.TestCase):
    def test_traits_of_other_names_are_found_where_the_configuration_says_so(self):
        config = "traits: {revenue: mrr, owner: account_manager, user_email: mail}\n"
        rules = RULES.replace('trait("csm")', 'trait("account_manager")')
        with Daemon(rules=rules, config=config) as daemon:
            daemon.send([
                group("hooli", account_manager="maria", mrr=4000), identify("hooli", "u1", mail="ana@hooli.example"),
                visit("hooli", "u1", "2026-11-10"), clock(NOW)])
            entry, = daemon.ask("/v1/worklist?owner=maria")["entries"]
            self.assertEqual(
                (entry["revenue"], entry["owner"], entry["call"]["email"]), (4000, "maria", "ana@hooli.example"))
            self.assertEqual(daemon.ask("/v1/companies/hooli")["account"]["revenue"], 4000)


if __name__ == "__main__":
    unittest.main()
