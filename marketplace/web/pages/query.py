"""The query page: one statement, the ports that it may read, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from marketplace.web.errors import Problem
from marketplace.web.pages.notices import PortNotice
from marketplace.web.pages.page import Link, Page
from marketplace.web.pages.terms import PortTerms

SHOWN_ROWS = 200


@dataclass(frozen=True, slots=True)
class GrantedPort:
    """A port that the reader may query, with its columns."""

    reference: str
    marking: str
    delta_version: int | None
    expires_at: str
    href: str
    columns: tuple[tuple[str, str, str], ...]  # name, type, description


@dataclass(frozen=True, slots=True)
class Example:
    """A statement to begin with."""

    title: str
    sql: str
    href: str


@dataclass(frozen=True, slots=True)
class Running:
    """A statement of the reader that runs or waits."""

    sql: str
    asked_at: datetime
    cancellation: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a statement gave."""

    columns: tuple[tuple[str, str], ...]  # name, type
    rows: tuple[tuple[Any, ...], ...]
    row_count: int
    truncated: bool  # the statement's row limit was reached
    cut: bool  # more rows came than the page shows
    milliseconds: float
    ports: tuple[str, ...]
    delta_versions: Mapping[str, int]
    notices: tuple[PortNotice, ...] = ()
    terms: tuple[PortTerms, ...] = ()  # of each port that was read


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryPage(Page):
    """One statement over granted ports."""

    template: ClassVar[str] = "query.html"
    section: ClassVar[str] = "query"
    sql: str
    ports: tuple[GrantedPort, ...]
    examples: tuple[Example, ...]
    formats: tuple[Link, ...]
    row_limit: int
    timeout_seconds: int
    shown_rows: int = SHOWN_ROWS
    running: tuple[Running, ...] = ()
    answer: Answer | None = None
    problem: Problem | None = None
