"""Runs kinds of faults and prints the table: tried, survived, lost, skipped and why."""

import dataclasses
import random
import time

from study import Run


class Skip(Exception):
    """A kind of fault that this machine cannot bring about."""


@dataclasses.dataclass
class Scale:
    """How much to try: `quick` for scripts/test, `change` by default, `nightly`."""

    name: str

    def __call__(self, quick, change, nightly):
        return {"quick": quick, "change": change, "nightly": nightly}[self.name]


class Suite:
    """Kinds of faults by name."""

    def __init__(self, scale, seed, program):
        self.scale, self.seed, self.program = Scale(scale), seed, program
        self.rows, self.losses = [], []
        self.began = time.monotonic()

    def run(self, name, trials, *arguments):
        """Runs the trials of a kind; each gives None or a sentence on what was lost."""
        begin, hung = time.monotonic(), Run.hung_launchers
        tried = survived = 0
        note = ""
        try:
            # A generator of its own for each kind: what one draws changes nothing for the others.
            for loss in trials(self.scale, random.Random(f"{self.seed} {name}"), *arguments):
                tried += 1
                if loss is None:
                    survived += 1
                else:
                    self.losses.append(f"{name}, trial {tried}: {loss}")
                    print(f"  LOST {self.losses[-1]}", flush=True)
        except Skip as reason:
            note = f"skipped: {reason}"
        if hung := Run.hung_launchers - hung:
            note += f"  mpirun hung {hung} x without ranks, and was killed"
        row = (name, tried, survived, tried - survived, time.monotonic() - begin, note)
        self.rows.append(row)
        print(self.line(row), flush=True)

    @staticmethod
    def line(row):
        name, tried, survived, lost, seconds, note = row
        return f"{name:<44} {tried:>6} {survived:>9} {lost:>5} {seconds:>6.0f} s  {note}".rstrip()

    def finish(self):
        """Prints the whole table; the exit code."""
        print(f"\n{'fault':<44} {'tried':>6} {'survived':>9} {'lost':>5} {'time':>8}")
        for row in self.rows:
            print(self.line(row))
        total = [sum(row[column] for row in self.rows) for column in (1, 2, 3)]
        print(self.line(("all", *total, sum(row[4] for row in self.rows), "")))
        minutes, seconds = divmod(round(time.monotonic() - self.began), 60)
        print(f"{self.scale.name}, seed {self.seed}, {self.program}, {minutes} min {seconds} s")
        return 1 if self.losses else 0
