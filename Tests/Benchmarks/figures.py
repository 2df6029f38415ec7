"""Figures with what is asked of them, and the table they are printed in."""

import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class Figure:
    """One row of the table: what is measured, in which unit, and the bounds it is held against."""

    name: str
    unit: str
    must: float
    aim: float | None = None
    # Throughput: the bounds are the least that is asked, everywhere else the most.
    more_is_better: bool = False

    def reaches(self, bound, measured):
        return measured >= bound if self.more_is_better else measured <= bound

    def bound(self, value):
        sign = "≥" if self.more_is_better else "≤"
        return "" if value is None else f"{sign} {number(value)} {self.unit}"

    def verdict(self, measured):
        if not self.reaches(self.must, measured):
            return "**missed**"
        if self.aim is None:
            return "reached"
        return "aim reached" if self.reaches(self.aim, measured) else "must reached"

    def row(self, measured, remarks):
        return (f"| {self.name} | {self.bound(self.must)} | {self.bound(self.aim)} | {number(measured)} {self.unit} "
                f"| {self.verdict(measured)} | {remarks} |")


HEAD = "| figure | must | aim | measured | | how, and what else was seen |\n|---|---:|---:|---:|---|---|"


def number(value):
    """Three digits: more would be noise."""
    if value == 0:
        return "0"
    decimals = 2 - math.floor(math.log10(abs(value)))
    text = f"{round(value, decimals):,.{max(0, decimals)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percentile(samples, share):
    """The least sample that so great a share of them does not exceed."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def median(samples):
    return percentile(samples, 0.5)


def spread(samples):
    return f"{number(min(samples))}–{number(max(samples))}"
