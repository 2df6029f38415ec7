"""What a part has done: one row of the table that stands at the end of a run."""


class Row:
    def __init__(self, fault):
        self.fault = fault
        self.cycles = 0
        # Events acknowledged on the directories that this fault met.
        self.acked = 0
        # Of these, what was not there afterwards, or was there twice.
        self.losses = 0
        self.note = ""

    def count(self, oracle):
        self.acked += oracle.acked
        self.losses += len(oracle.lost) + len(oracle.doubled)

    @property
    def text(self):
        note = f"; {self.note}" if self.note else ""
        return f"{self.fault}: {self.cycles} cycles, {self.acked} events acked, {self.losses} lost{note}"


def text(rows):
    """The table, as README has it."""
    lines = ["| fault | cycles | events acknowledged | lost |  |", "|---|---:|---:|---:|---|"]
    lines += [f"| {row.fault} | {row.cycles:,} | {row.acked:,} | {row.losses:,} | {row.note} |" for row in rows]
    return "\n".join(lines)
