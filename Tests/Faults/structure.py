"""Ways to harm a state directory as a whole, and what must come of each."""

import os
import shutil
import struct

from regions import BLOCK_MAGIC, PAGE, places

# One of these stands in every complaint about a directory.
PLACES = ("log/", "/log", "tail", "format", "lock", "state/")
# FORMAT.md: where the versions stand.
BLOCK_VERSION_AT, META_VERSION_AT = 8, 20


def cases(whole, other, generator):
    """Name, what is done to a state directory, and the outcomes that are right: "found", "same", "newer"."""
    segments = [os.path.join("log", name) for name in whole.segments()]
    foreign = [os.path.join("log", name) for name in other.segments()]
    last_seq = len(whole.records)

    yield "nothing", lambda state: None, ["same"]
    for segment in segments:
        data = os.path.join(segment, "data.mdb")
        size = os.path.getsize(os.path.join(whole.daemon.state, data))
        for length in (0, 1, PAGE, 2 * PAGE, size // 2, size // 2 // PAGE * PAGE, generator.randrange(size)):
            yield f"{data} cut at {length}", truncate(data, length), ["found"]
        yield f"{data} without its last byte", truncate(data, size - 1), ["found", "same"]
        yield f"{data} with a page behind its end", truncate(data, size + PAGE), ["found", "same"]
        yield f"{data} missing", remove(data), ["found"]
        yield f"{segment} missing", remove(segment), ["found"]
        yield f"{segment} a file", replace_by_file(segment), ["found"]
        yield f"{segment}/lock.mdb missing", remove(os.path.join(segment, "lock.mdb")), ["same"]
        yield f"{segment} of another log", copy(other.daemon.state, foreign[0], segment), ["found"]
        yield f"{data} of a newer LMDB", patch(data, META_VERSION_AT, struct.pack("<I", 2)), ["newer"]
        yield f"{segment} of a newer format", patch_blocks(data, BLOCK_VERSION_AT, struct.pack("<H", 2)), ["newer"]
    for one, two in zip(segments, segments[1:]):
        yield f"{one} and {two} swapped", swap(one, two), ["found"]
        yield f"{one} twice", copy(whole.daemon.state, one, two), ["found"]
    behind = os.path.join("log", f"{last_seq + 1:020}")
    yield "a segment of another log behind the last", copy(other.daemon.state, foreign[0], behind), ["found"]
    yield "a segment of this log behind the last", copy(whole.daemon.state, segments[0], behind), ["found"]
    yield "a segment far behind the last", copy(whole.daemon.state, segments[-1], "log/00000000000999999999"), ["found"]
    yield "all segments missing", remove(*segments), ["found"]
    yield "the directory of the segments missing", remove("log"), ["found"]
    yield "the last segment as it was before", lambda state: go_back(state, whole), ["found"]
    yield "a draft that a crash left", copy(whole.daemon.state, segments[0], "log/new"), ["same"]
    yield "a file that is none of ours", write("log/notes", b"?"), ["same"]

    yield "tail missing", remove("tail"), ["same"]
    yield "tail as it was before", copy(whole.earlier, "tail", "tail"), ["same"]
    yield "tail empty", write("tail", b""), ["found"]
    yield "tail of another log", copy(other.daemon.state, "tail", "tail"), ["found"]
    yield "lock missing", remove("lock"), ["same"]
    yield "lock full of noise", write("lock", generator.randbytes(PAGE)), ["same"]

    # A checkpoint follows from the log, so whatever becomes of it, the answers are the same.
    yield "state missing", remove("state"), ["same"]
    yield "state as it was before", copy(whole.earlier, "state", "state"), ["same"]
    yield "state of another log", copy(other.daemon.state, "state", "state"), ["same"]
    yield "state/manifest of a newer version", rewrite(
        "state/manifest", b"tenure-checkpoint 2\n", b"tenure-checkpoint 3\n"), ["same"]
    for name in sorted(os.listdir(os.path.join(whole.daemon.state, "state"))):
        file = os.path.join("state", name)
        size = os.path.getsize(os.path.join(whole.daemon.state, file))
        yield f"{file} missing", remove(file), ["same"]
        yield f"{file} empty", write(file, b""), ["same"]
        yield f"{file} cut in half", truncate(file, size // 2), ["same"]
    for name in ("new", "new-duplicates", "merged-7", "manifest.new"):
        yield f"state/{name} that a crash left", write(f"state/{name}", b"TNRSTATE"), ["same"]

    yield "format missing", remove("format"), ["found"]
    yield "format empty", write("format", b""), ["found"]
    yield "format of another log", copy(other.daemon.state, "format", "format"), ["found"]
    yield "format of a newer version", rewrite("format", b"tenure-log 1\n", b"tenure-log 2\n"), ["newer"]


def truncate(file, length):
    return lambda state: os.truncate(os.path.join(state, file), length)


def remove(*names):
    def harm(state):
        for name in names:
            path = os.path.join(state, name)
            shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
    return harm


def replace_by_file(name):
    def harm(state):
        shutil.rmtree(os.path.join(state, name))
        write(name, b"")(state)
    return harm


def write(name, data):
    def harm(state):
        with open(os.path.join(state, name), "wb") as file:
            file.write(data)
    return harm


def copy(source, name, to):
    """Puts `name` of the directory `source` at `to`."""
    def harm(state):
        path = os.path.join(state, to)
        if os.path.isdir(os.path.join(source, name)):
            shutil.rmtree(path, ignore_errors=True)
            shutil.copytree(os.path.join(source, name), path)
        else:
            shutil.copy(os.path.join(source, name), path)
    return harm


def swap(one, two):
    def harm(state):
        one_path, two_path, aside = (os.path.join(state, name) for name in (one, two, "aside"))
        os.rename(one_path, aside)
        os.rename(two_path, one_path)
        os.rename(aside, two_path)
    return harm


def go_back(state, whole):
    """The log as it once was, beside the tail as it is."""
    shutil.rmtree(os.path.join(state, "log"))
    shutil.copytree(os.path.join(whole.earlier, "log"), os.path.join(state, "log"))


def patch(file, at, data):
    """In both meta pages."""
    def harm(state):
        with open(os.path.join(state, file), "r+b") as opened:
            for page in (0, 1):
                opened.seek(page * PAGE + at)
                opened.write(data)
    return harm


def patch_blocks(file, at, data):
    """In every block of the file."""
    def harm(state):
        with open(os.path.join(state, file), "r+b") as opened:
            for place in list(places(opened.read(), BLOCK_MAGIC)):
                opened.seek(place + at)
                opened.write(data)
    return harm


def rewrite(name, old, new):
    def harm(state):
        with open(os.path.join(state, name), "rb") as file:
            text = file.read()
        write(name, text.replace(old, new))(state)
    return harm
