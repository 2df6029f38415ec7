"""Where in a state directory's files what lies, so that each region is met by some damage."""

import collections
import os
import struct

PAGE = 4_096
PAGE_HEADER = 16
# The part of a meta page that LMDB reads: page header and MDB_meta.
META = 152
BRANCH, LEAF, OVERFLOW = 0x01, 0x02, 0x04
KINDS = {BRANCH: "branch page", LEAF: "leaf page", OVERFLOW: "large value's page"}
BLOCK_MAGIC, NAMES_MAGIC = b"TNRBLOCK", b"TNRNAMES"
BLOCK_HEADER, BODY_SIZE_AT = 176, 88
# The head of a names value and its first name's.
NAMES_HEAD = 44


def regions(state):
    """Ranges of bytes by file (relative to `state`) and name of the region."""
    found = collections.defaultdict(list)
    for folder, _, names in os.walk(state):
        for name in names:
            path = os.path.join(folder, name)
            file = os.path.relpath(path, state)
            size = os.path.getsize(path)
            if size == 0:
                continue
            found[file, "anywhere"].append((0, size))
            if name == "data.mdb":
                with open(path, "rb") as data:
                    for region, low, high in data_regions(data.read()):
                        found[file, region].append((low, high))
    return found


def data_regions(data):
    """Of an LMDB data file; old copies of pages are among them, which nothing refers to."""
    for meta in (0, 1):
        yield f"meta page {meta}", meta * PAGE, meta * PAGE + META
    page = 2
    while (page + 1) * PAGE <= len(data):
        start = page * PAGE
        flags, lower, upper = struct.unpack_from("<HHH", data, start + 10)
        kind = KINDS.get(flags)
        pages = 1
        if kind is not None:
            yield f"{kind}: header", start, start + PAGE_HEADER
        if flags == OVERFLOW:
            pages, = struct.unpack_from("<I", data, start + 12)
        elif kind is not None and PAGE_HEADER < lower <= upper < PAGE:
            yield f"{kind}: pointers", start + PAGE_HEADER, start + lower
            yield f"{kind}: nodes", start + upper, start + PAGE
        page += max(1, min(pages, len(data) // PAGE - page))
    for place in places(data, BLOCK_MAGIC):
        size, = struct.unpack_from("<I", data, place + BODY_SIZE_AT)
        yield "block: header", place, place + BLOCK_HEADER
        if 0 < size <= len(data) - place - BLOCK_HEADER:
            yield "block: body", place + BLOCK_HEADER, place + BLOCK_HEADER + size
    for place in places(data, NAMES_MAGIC):
        yield "names", place, min(place + NAMES_HEAD, len(data))


def places(data, magic):
    place = data.find(magic)
    while place >= 0:
        yield place
        place = data.find(magic, place + 1)
