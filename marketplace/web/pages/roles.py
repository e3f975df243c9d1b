"""What each role may do, as the table of rights says."""

from dataclasses import dataclass
from typing import ClassVar

from marketplace.access.model import Role
from marketplace.access.rights import RIGHTS, ROLE_WORDS, TIE_WORDS, Right, Tie
from marketplace.web.formats import label
from marketplace.web.pages.page import Page


@dataclass(frozen=True, slots=True)
class RoleLine:
    """A role and what it is for."""

    role: str
    name: str
    does: str


@dataclass(frozen=True, slots=True)
class Allowance:
    """One role that may do a thing, and by which ties."""

    role: str
    name: str
    ties: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True)
class RightLine:
    """One thing that can be done, and by whom."""

    action: str
    does: str
    people_only: bool
    allowed: tuple[Allowance, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RolesPage(Page):
    """The table of rights."""

    template: ClassVar[str] = "roles.html"
    section: ClassVar[str] = "help"
    roles: tuple[RoleLine, ...]
    rights: tuple[RightLine, ...]


def roles_page() -> RolesPage:
    """The page of the table that the policy reads."""
    return RolesPage(
        title="Who may do what",
        roles=tuple(RoleLine(role.value, label(role.value), ROLE_WORDS[role]) for role in Role),
        rights=tuple(map(_line, RIGHTS)),
    )


def _line(right: Right) -> RightLine:
    allowed = (
        _allowance(role, tuple(tie for tie in Tie if tie in right.ties[role]))
        for role in Role
        if role in right.ties
    )
    return RightLine(right.action, right.does, right.people_only, tuple(allowed))


def _allowance(role: Role, ties: tuple[Tie, ...]) -> Allowance:
    words = ", or ".join(TIE_WORDS[tie] for tie in ties)
    return Allowance(role.value, label(role.value), tuple(tie.value for tie in ties), words)
