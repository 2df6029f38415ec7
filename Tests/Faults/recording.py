"""What a run did to its state directory, as the shim recorded it, and what a power loss could have left of it.

The model of the disk: a name that was made, renamed or removed is there for good once its directory was synced; of the
changes of names after that, any first part may be there, as in a file system's journal. Bytes are there for good once
their file was synced, or when they were written through a descriptor with O_DSYNC. Of what was written later, any
sectors of 512 bytes may be there and any may not, in any mixture; a lost truncation leaves what was before.
"""

import os
import re
import struct

SECTOR = 512
HEAD = struct.Struct("<cIIIQ")
ACK = re.compile(rb'"seq":(\d+)')


class Operation:
    def __init__(self, kind, path, second, data, offset):
        # As shim/faults.c has them: W write, T truncate, C create, M mkdir, R rename, U unlink or rmdir,
        # S sync, D a write that is durable, A sent to a socket.
        self.kind = kind
        self.path = path
        self.second = second
        self.data = data
        self.offset = offset
        # The file that a C, W, T or D is about: names change, files stay.
        self.file = None
        # How many operations had happened when this one was durable; None: never.
        self.durable_at = None


def read(path, root):
    """The operations in their order; paths relative to `root`."""
    operations = []
    with open(path, "rb") as file:
        while head := file.read(HEAD.size):
            kind, *lengths, offset = HEAD.unpack(head)
            first, second, data = (file.read(length) for length in lengths)
            kind = kind.decode()
            # A file without a name is nobody's after a loss of power; /proc names it so.
            if first.endswith(b" (deleted)"):
                continue
            operations.append(Operation(
                kind, relative(first, root), second.decode() if kind == "D" else relative(second, root), data, offset))
    settle(operations)
    return operations


def relative(path, root):
    return os.path.relpath(path.decode(), root) if path else ""


def settle(operations):
    """Finds out which file each operation is about, and when each became durable."""
    files = {}
    for now, operation in enumerate(operations, 1):
        path = operation.path
        if operation.kind == "C":
            files[path] = operation.file = now
        elif operation.kind in "WTD":
            operation.file = files[path]
        elif operation.kind == "R":
            for name in [name for name in files if is_below(name, path)]:
                files[operation.second + name[len(path):]] = files.pop(name)
        elif operation.kind == "U":
            files.pop(path, None)
        if operation.kind == "S":
            sync(operations[:now], files.get(path), path, now)
        elif operation.kind == "D":
            low, high = operation.offset, operation.offset + int(operation.second)
            for other in operations[:now]:
                is_covered = low <= other.offset and other.offset + len(other.data) <= high
                if other.kind == "W" and other.file == operation.file and other.durable_at is None and is_covered:
                    other.durable_at = now


def sync(operations, file, path, now):
    """Of a file, when `file` is one, else of the directory `path`."""
    for other in operations:
        if other.durable_at is None:
            if file is not None and other.kind in "WT" and other.file == file:
                other.durable_at = now
            elif file is None and other.kind in "CMRU" and path in folders(other):
                other.durable_at = now


def folders(operation):
    """The directories in which an operation changes a name."""
    return {os.path.dirname(name) or "." for name in (operation.path, operation.second) if name}


def is_below(name, folder):
    return name == folder or name.startswith(folder + "/")


def acked_through(operations):
    """The greatest seq that any reply has promised."""
    seqs = [int(seq) for operation in operations if operation.kind == "A" for seq in ACK.findall(operation.data)]
    return max(seqs, default=0)


class Image:
    """What is on the disk when the power goes after the first `moment` operations.

    `keep_names(count)` says how many of `count` changes of names that are not durable are there all the same;
    `keep_sector()` the same of each sector of a write.
    """

    def __init__(self, operations, moment, keep_names, keep_sector):
        self.moment = moment
        happened = operations[:moment]
        self.contents = self.bytes_on_disk(happened, keep_sector)
        self.names = self.names_on_disk(happened, keep_names)

    def is_durable(self, operation):
        return operation.durable_at is not None and operation.durable_at <= self.moment

    def bytes_on_disk(self, happened, keep_sector):
        contents = {}
        for operation in happened:
            if operation.kind == "C":
                contents[operation.file] = bytearray()
            elif operation.kind == "W":
                content = contents[operation.file]
                for low, high in sectors(operation):
                    if self.is_durable(operation) or keep_sector():
                        if len(content) < high:
                            content.extend(bytes(high - len(content)))
                        content[low:high] = operation.data[low - operation.offset:high - operation.offset]
            elif operation.kind == "T" and (self.is_durable(operation) or keep_sector()):
                content = contents[operation.file]
                content.extend(bytes(max(0, operation.offset - len(content))))
                del content[operation.offset:]
        return contents

    def names_on_disk(self, happened, keep_names):
        """File by name; None for directories."""
        changes = [operation for operation in happened if operation.kind in "CMRU"]
        pending = [operation for operation in changes if not self.is_durable(operation)]
        lost = set(map(id, pending[keep_names(len(pending)):]))
        names = {".": None}
        for operation in changes:
            path = operation.path
            if id(operation) in lost or (os.path.dirname(path) or ".") not in names:
                continue
            if operation.kind in "CM":
                names[path] = operation.file
            elif operation.kind == "U":
                names.pop(path, None)
            else:
                for name in [name for name in names if is_below(name, path)]:
                    names[operation.second + name[len(path):]] = names.pop(name)
        return names

    def write(self, folder):
        os.makedirs(folder)
        for name, file in sorted(self.names.items()):
            path = os.path.join(folder, name)
            if file is None:
                os.makedirs(path, exist_ok=True)
            else:
                with open(path, "wb") as opened:
                    opened.write(self.contents[file])


def sectors(operation):
    """A write in pieces that the disk keeps or loses as a whole."""
    low, end = operation.offset, operation.offset + len(operation.data)
    while low < end:
        high = min(end, (low // SECTOR + 1) * SECTOR)
        yield low, high
        low = high
