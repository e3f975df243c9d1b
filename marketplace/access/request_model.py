"""What an access request says beside its purpose, and what was done about it, as frozen values."""

import json
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self

from marketplace.access.restriction import WHOLE, Restriction


class Review(StrEnum):
    """The professional reviews without which nothing is shared with another organisation."""

    LEGAL = "legal"
    DATA_PROTECTION = "data_protection"
    SECURITY = "security"


@dataclass(frozen=True, slots=True)
class SharingAgreement:
    """What another organisation says about how it will hold the data, and until when.

    Source: CMP-07, after the sections of the UK Government's data-share request.
    """

    organisation: str
    reference: str  # under which both sides have signed it
    ends_on: date  # the last day on which it holds
    legal_power: str  # and the gateway through which the data may pass
    data_protection: str
    security: str
    disposal: str


@dataclass(frozen=True, slots=True)
class Answers:
    """What the form asks beside purpose and period; what was left out is empty."""

    permitted_purpose: str = ""  # one of the contract's
    lawful_basis: str = ""  # one of the contract's
    rows: str = ""  # the name of the part that the contract offers; empty: every row
    restriction: Restriction = WHOLE  # what of the port is asked for
    accepts_conditions: bool = False
    agreement: SharingAgreement | None = None  # only for another organisation
    asked_for: tuple[str, ...] = ()  # `team:<id>`s for which a team or a service asks

    def text(self) -> str:
        """The answers as they are kept: one spelling of each, empty where nothing was said."""
        if self == Answers():
            return ""
        agreement = None if self.agreement is None else asdict(self.agreement)
        if agreement is not None:
            agreement["ends_on"] = agreement["ends_on"].isoformat()
        document = {
            "permitted_purpose": self.permitted_purpose,
            "lawful_basis": self.lawful_basis,
            "rows": self.rows,
            "restriction": self.restriction.text(),
            "accepts_conditions": self.accepts_conditions,
            "agreement": agreement,
            "asked_for": self.asked_for,
        }
        return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str | None) -> Self:
        """The answers that `text` was made of. Raises ValueError or KeyError where it is none."""
        if not text:
            return cls()
        document: dict[str, Any] = json.loads(text)
        agreement = document["agreement"]
        if agreement is not None:
            ends_on = date.fromisoformat(agreement["ends_on"])
            agreement = SharingAgreement(**{**agreement, "ends_on": ends_on})
        return cls(
            permitted_purpose=document["permitted_purpose"],
            lawful_basis=document["lawful_basis"],
            rows=document["rows"],
            restriction=Restriction.from_text(document["restriction"]),
            accepts_conditions=document["accepts_conditions"],
            agreement=agreement,
            asked_for=tuple(document.get("asked_for", ())),
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """An ask before it is a request."""

    port: str  # unit.port
    purpose: str
    days: int
    answers: Answers = field(default_factory=Answers)


class RequestActKind(StrEnum):
    """What happens to an open request."""

    ENDORSE = "endorse"  # approved at a stage that is not the last
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class RequestAct:
    """One thing that was done about an open request. Acts are only added."""

    position: int  # from 1
    kind: RequestActKind
    actor_id: str
    at: datetime  # UTC
    reason: str = ""
    review: Review | None = None
    is_passed: bool = True  # of a review
    restriction: Restriction = WHOLE  # of an endorsement: what it narrows to
    days: int | None = None
    purpose: str | None = None
    conditions: tuple[str, ...] = ()
    review_days: int | None = None
