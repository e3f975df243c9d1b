"""The months that a sample covers, counted from its first register snapshot."""

import calendar
from dataclasses import dataclass
from datetime import date

SNAPSHOT_MONTHS = range(24)
REPORTED_MONTHS = range(-1, 23)  # whole months before the newest snapshot
LEDGER_MONTHS = range(-13, 23)  # ledgers reach a year further back
MONTH_NAMES = tuple(calendar.month_name)[1:]  # the C locale's: "January" ...


@dataclass(frozen=True, slots=True)
class Months:
    """Turns month numbers into dates: number 23 is the month of `until`."""

    until: date

    def first(self, month: int) -> date:
        """The first day of month `month`."""
        number = self.until.year * 12 + self.until.month - 1 + month - SNAPSHOT_MONTHS[-1]
        return date(number // 12, number % 12 + 1, 1)

    def name(self, month: int) -> str:
        """Month `month` as files are named: `2024-05`."""
        return f"{self.first(month):%Y-%m}"

    def season(self, month: int) -> float:
        """How much is spent in month `month` against a usual month: budgets end in March."""
        return (0.9, 1.0, 1.7, 0.7, 0.8, 1.0, 0.9, 0.7, 1.0, 1.1, 1.1, 1.1)[
            self.first(month).month - 1
        ]
