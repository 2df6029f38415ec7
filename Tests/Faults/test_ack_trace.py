"""The checker of traces takes a good one and finds what is wrong in doctored ones."""

import struct
import unittest

from oracle import Mismatch
from ack_trace import Checker


def escaped(data):
    return "".join(f"\\x{byte:02x}" for byte in data)


PATH = escaped(b"/state/log/00000000000000000001/data.mdb")


def block(first, count):
    return b"page header, 16 b" + b"TNRBLOCK" + bytes(24) + struct.pack("<QI", first, count) + bytes(132)


def pages(first, count, thread=7):
    data = block(first, count)
    parts = f'[{{iov_base="{escaped(data)}", iov_len={len(data)}}}]'
    return f"{thread} writev(9<{PATH}>, {parts}, 1) = {len(data)}"


def ack(lines, seq, thread=8):
    reply = f'{{"ack":{lines},"seq":{seq}}}\n'.encode()
    return f'{thread} write(23<{escaped(b"socket:[77]")}>, "{escaped(reply)}", {len(reply)}) = {len(reply)}'


OPENED = f'7 openat(AT_FDCWD<{escaped(b"/")}>, "{PATH}", O_WRONLY|O_DSYNC|O_CLOEXEC) = 11<{PATH}>'
SYNC = f"7 fdatasync(9<{PATH}>) = 0"
ROOT = f'7 pwrite64(11<{PATH}>, "{escaped(bytes(112))}", 112, 4120) = 112'


class CheckerTests(unittest.TestCase):
    def check(self, *lines):
        return Checker().check([OPENED, *lines])

    def refuse(self, reason, *lines):
        with self.assertRaisesRegex(Mismatch, reason):
            self.check(*lines)

    def test_a_commit_and_its_ack_in_order_pass(self):
        checker = self.check(pages(1, 4), SYNC, ROOT, ack(4, 4), pages(5, 2), SYNC, ROOT, ack(6, 6))
        self.assertEqual((checker.commits, checker.acks, checker.committed), (2, 2, 6))

    def test_an_ack_before_the_sync_the_root_or_the_pages_is_found(self):
        self.refuse("durable through 0 only", pages(1, 4), ack(4, 4), SYNC, ROOT)
        self.refuse("durable through 0 only", pages(1, 4), SYNC, ack(4, 4), ROOT)
        self.refuse("durable through 4 only", pages(1, 4), SYNC, ROOT, ack(5, 5), pages(5, 1), SYNC, ROOT)

    def test_a_root_before_the_sync_of_its_pages_is_found(self):
        self.refuse("before blocks through 4 were synced", pages(1, 4), ROOT, SYNC, ack(4, 4))

    def test_a_sync_or_a_root_that_failed_covers_nothing(self):
        self.refuse("before blocks through 4", pages(1, 4), SYNC.replace("= 0", "= -1 EIO"), ROOT)
        self.refuse("durable through 0", pages(1, 4), SYNC, ROOT.replace("= 112", "= -1 EIO"), ack(4, 4))

    def test_a_root_through_a_descriptor_that_does_not_sync_covers_nothing(self):
        self.refuse("durable through 0", pages(1, 4), SYNC, ROOT.replace("(11<", "(9<"), ack(4, 4))

    def test_a_call_in_two_lines_counts_from_its_end_when_it_must_come_before(self):
        began, ended = SYNC.replace(") = 0", " <unfinished ...>"), "7 <... fdatasync resumed>) = 0"
        self.assertEqual(self.check(pages(1, 4), began, ended, ROOT, ack(4, 4)).committed, 4)
        self.refuse("before blocks", pages(1, 4), began, ROOT, ended)
        self.refuse("before blocks", began, pages(1, 4, thread=9), ended, ROOT)

    def test_an_ack_in_two_lines_counts_from_its_start(self):
        began = ack(4, 4).rsplit(")", 1)[0] + " <unfinished ...>"
        self.refuse("durable through 0", pages(1, 4), SYNC, began, ROOT, "8 <... write resumed>) = 18")


if __name__ == "__main__":
    unittest.main()
