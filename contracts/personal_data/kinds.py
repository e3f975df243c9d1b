"""The kinds of personal data and secrets that are looked for, and how much of each is too much."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class PersonalKind(StrEnum):
    """What a value looks like."""

    NAME = "name"
    EMAIL = "email"
    NATIONAL_INSURANCE = "nationalInsurance"
    PHONE = "phone"
    SECRET = "secret"  # noqa: S105 - a kind, not one

    @property
    def plural(self) -> str:
        """The kind in a sentence."""
        return _WORDS[self]


_WORDS = {
    PersonalKind.NAME: "names of people",
    PersonalKind.EMAIL: "e-mail addresses",
    PersonalKind.NATIONAL_INSURANCE: "National Insurance numbers",
    PersonalKind.PHONE: "phone numbers",
    PersonalKind.SECRET: "secrets (keys, tokens, passwords)",
}


@dataclass(frozen=True, slots=True)
class Threshold:
    """From when on a column is held: so many different values, and such a share of them."""

    fewest: int
    share: float  # of the different values that were looked at
    reason: str

    def is_reached(self, hits: int, looked_at: int) -> bool:
        """Whether so many hits among so many different values are too many."""
        return hits >= self.fewest and hits >= self.share * looked_at


# Measured on 748 real columns (docs/explanation/personal-data.md): large columns of organisations,
# places, posts and accounts have up to 1.2% values that look like names, columns of suppliers with
# sole traders among them 1 to 14%, columns of people 63 to 94%. The other kinds were found in no
# column that has none.
THRESHOLDS: Mapping[PersonalKind, tuple[Threshold, ...]] = {
    PersonalKind.NAME: (
        Threshold(5, 0.03, "names of bodies look like people's now and then: John Lewis"),
        Threshold(2, 0.5, "in a column of few values, half of them"),
    ),
    PersonalKind.EMAIL: (Threshold(1, 0, "the form is exact: one is not there by chance"),),
    PersonalKind.NATIONAL_INSURANCE: (
        Threshold(1, 0, "the form is exact: one is not there by chance"),
    ),
    PersonalKind.PHONE: (Threshold(3, 0, "one account number may be a valid phone number too"),),
    PersonalKind.SECRET: (Threshold(1, 0, "one key opens what it opens"),),
}


def is_too_much(kind: PersonalKind, hits: int, looked_at: int) -> bool:
    """Whether a column with so many likely values awaits a steward's decision."""
    return any(each.is_reached(hits, looked_at) for each in THRESHOLDS[kind])
