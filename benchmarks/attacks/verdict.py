"""What a campaign found."""

from collections import Counter
from dataclasses import dataclass, field

from benchmarks.attacks.jail import Answer


@dataclass
class Verdict:
    """How many cases there were, how each ended, and which broke a law."""

    name: str
    num: int = 0
    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    """by kind of case and how it ended"""
    broken: list[str] = field(default_factory=list)
    longest_s: float = 0.0
    peak_bytes: int = 0

    def add(self, kind: str, end: str, faults: list[str], answer: Answer | None = None) -> None:
        """Counts one case, which broke the laws that `faults` names."""
        self.num += 1
        self.ends[kind, end] += 1
        self.broken += [f"{kind}: {fault}" for fault in faults]
        if answer:
            self.longest_s, self.peak_bytes = max(self.longest_s, answer.seconds), max(self.peak_bytes, answer.peak_bytes)

    def line(self) -> str:
        """The result in one line."""
        ends: Counter[str] = Counter()
        for (_, end), number in self.ends.items():
            ends[end] += number
        told = ", ".join(f"{number} {end}" for end, number in ends.most_common())
        cost = f"; at most {self.longest_s:.1f} s and {self.peak_bytes / 1e6:.0f} MB each" if self.peak_bytes else ""
        return f"{self.name}: {self.num} cases, {len(self.broken)} broken laws ({told}){cost}"

    def table(self) -> list[list[str]]:
        """A row per kind of case: its number, and how many ended how."""
        rows = []
        for kind in dict.fromkeys(kind for kind, _ in self.ends):
            own = Counter({end: number for (owner, end), number in self.ends.items() if owner == kind})
            rows.append([kind, str(own.total()), ", ".join(f"{number} {end}" for end, number in own.most_common())])
        return rows
