"""What every copy of an answer says of itself: marking, versions, and the terms of its use."""

from dataclasses import dataclass
from datetime import datetime

from marketplace.web.pages.notices import PortNotice


@dataclass(frozen=True, slots=True)
class PortTerms:
    """On which terms one port's rows were given."""

    port: str
    contract_version: str
    delta_version: int | None
    marking: str
    licence: str
    permitted_purposes: tuple[str, ...]
    prohibited_uses: tuple[str, ...]
    onward_sharing: str
    handling: tuple[str, ...]  # instructions and descriptors that go with the marking
    granted_for: tuple[str, ...]  # the purposes of the reader's standing grants
    granted_until: datetime | None
    in_part: bool  # no grant shows all rows and columns: totals are of what is shown
    small_numbers: int | None  # numbers of people below it are withheld, and what would tell them


@dataclass(frozen=True, slots=True)
class Terms:
    """What every copy of an answer says of itself."""

    marking: str
    is_sample: bool
    written_at: datetime
    ports: tuple[PortTerms, ...]
    notices: tuple[PortNotice, ...] = ()
    served_until: datetime | None = None  # the first end of any port that was read

    @property
    def licences(self) -> tuple[str, ...]:
        """Every licence once, in the order of the ports."""
        return tuple(dict.fromkeys(each.licence for each in self.ports if each.licence))
