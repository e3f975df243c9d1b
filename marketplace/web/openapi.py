"""What OpenAPI says of every route: the page's facts as JSON, and the one error shape."""

from dataclasses import dataclass
from types import UnionType
from typing import Any

from marketplace.web.pages.page import Link, Page


@dataclass(frozen=True, slots=True)
class ErrorFacts:
    """What was refused, why, and the ways on."""

    code: str
    message: str
    way_on: tuple[Link, ...]
    fields: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ErrorDocument:
    """The one shape of every error."""

    error: ErrorFacts


Responses = dict[int | str, dict[str, Any]]
ERRORS: Responses = {
    status: {"model": ErrorDocument, "description": meaning}
    for status, meaning in (
        ("4XX", "Refused; `way_on` says what to do next."),
        (422, "What was sent lacks something; `fields` names it."),
        ("5XX", "Not available for now."),
    )
}


def page_of(kind: type[Page] | UnionType) -> Responses:
    """A page as HTML, and its JSON twin."""
    return {
        200: {
            "model": kind,
            "description": "The page; `Accept: application/json` or `.json` gives its facts.",
            "content": {"text/html": {"schema": {"type": "string"}}},
        }
    }
