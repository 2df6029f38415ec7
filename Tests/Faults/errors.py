"""The disk says no: the N-th write, sync, truncation, rename, … fails, N = 1, 2, 3 … until none does.

Nothing may be acknowledged that is not durable; the daemon ends with 74 and says where, why and what to do; the next
start, on a disk that works again, recovers.
"""

import errno

from nth_call import NthCall

FAULTS = {
    "EIO at the N-th call": {"kind": "fail", "code": errno.EIO},
    "EIO from the N-th call on": {"kind": "fail", "code": errno.EIO, "forever": True},
    "ENOSPC at the N-th call": {"kind": "fail", "code": errno.ENOSPC},
    "ENOSPC from the N-th call on": {"kind": "fail", "code": errno.ENOSPC, "forever": True},
    "EIO though the N-th call was done": {"kind": "late", "code": errno.EIO},
    "the N-th write by half": {"kind": "short"},
}
# The short form takes some of the faults, and skips calls between two that fail.
COUNT = {"short": 2, "long": len(FAULTS)}
STRIDE = {"short": 31, "long": 1}


def run(form, cycles, generator):
    for name in sorted(generator.sample(sorted(FAULTS), COUNT[form])):
        yield NthCall(name, generator, STRIDE[form], **FAULTS[name]).run()
