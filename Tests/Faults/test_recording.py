"""The model of the disk keeps what was synced, and nothing else unless it is told to."""

import unittest

from recording import Image, Operation, acked_through, settle


def operation(kind, path="", data=b"", offset=0, second=""):
    return Operation(kind, path, second, data, offset)


def recorded(*operations):
    settle(operations)
    return operations


def image(operations, moment=None, names=0, sectors=False):
    """With `names` of the changes of names that were not synced, and all or none of such sectors."""
    made = Image(operations, len(operations) if moment is None else moment, lambda _: names, lambda: sectors)
    return {name: None if file is None else bytes(made.contents[file]) for name, file in made.names.items()}


class ImageTests(unittest.TestCase):
    def test_a_name_is_there_once_its_directory_was_synced(self):
        operations = recorded(operation("C", "a"), operation("S", "."), operation("C", "b"))
        self.assertEqual(image(operations, moment=1), {".": None})
        self.assertEqual(image(operations), {".": None, "a": b""})
        self.assertEqual(image(operations, names=1), {".": None, "a": b"", "b": b""})

    def test_bytes_are_there_once_their_file_was_synced(self):
        operations = recorded(
            operation("C", "a"), operation("S", "."), operation("W", "a", b"one"), operation("S", "a"),
            operation("W", "a", b"two", offset=3))
        self.assertEqual(image(operations, moment=3)["a"], b"")
        self.assertEqual(image(operations)["a"], b"one")
        self.assertEqual(image(operations, sectors=True)["a"], b"onetwo")

    def test_a_synchronous_write_makes_only_itself_durable(self):
        operations = recorded(
            operation("C", "a"), operation("S", "."), operation("W", "a", b"data", offset=512),
            operation("W", "a", b"root"), operation("D", "a", second="4"))
        self.assertEqual(image(operations)["a"], b"root")

    def test_a_write_is_torn_between_sectors_and_what_is_lost_before_the_end_reads_as_zeros(self):
        operations = recorded(operation("C", "a"), operation("S", "."), operation("W", "a", b"x" * 1_000, offset=100))
        keeps = iter([False, True, False])
        made = Image(operations, 3, lambda _: 0, lambda: next(keeps))
        self.assertEqual(bytes(made.contents[made.names["a"]]), bytes(512) + b"x" * 512)

    def test_a_renamed_directory_takes_its_files_along_and_may_come_back_under_its_old_name(self):
        operations = recorded(
            operation("M", "log"), operation("S", "."), operation("M", "log/new"), operation("C", "log/new/data"),
            operation("S", "log/new"), operation("S", "log"), operation("R", "log/new", second="log/1"),
            operation("W", "log/1/data", b"late"), operation("S", "log/1/data"))
        self.assertEqual(image(operations)["log/new/data"], b"late")
        self.assertEqual(image(operations, names=1)["log/1/data"], b"late")

    def test_a_lost_truncation_leaves_what_was_before(self):
        operations = recorded(
            operation("C", "a"), operation("S", "."), operation("W", "a", b"long"), operation("S", "a"),
            operation("T", "a", offset=1))
        self.assertEqual(image(operations)["a"], b"long")
        self.assertEqual(image(operations, sectors=True)["a"], b"l")

    def test_what_was_acked_is_the_greatest_seq_in_any_reply(self):
        replies = [operation("A", data=b'{"ack":3,"seq":9}\n{"ack":4,"seq":11}\n'), operation("A", data=b"HTTP/1.1")]
        self.assertEqual(acked_through(replies), 11)


if __name__ == "__main__":
    unittest.main()
