"""The way in for programs: one object per marketplace and person."""

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx

from marketplace.client import reading
from marketplace.client.answer import Answer, answer_of
from marketplace.client.connection import Connection
from marketplace.client.model import AccessRequest, Found, Port, Product

ARROW = "application/vnd.apache.arrow.stream"
SEARCH = "/search"
PRODUCT = "/products/{unit}/{product}"
PORT = "/api/v1/ports/{unit}/{port}"
QUERY = "/api/v1/query"
REQUESTS = "/access/requests"
REQUEST = "/access/requests/{request_id}"
_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError)
_Read = TypeVar("_Read")


class Marketplace:
    """Search, describe, request and query, as the person whose token it is.

    Without a token, what is public can be searched and described. Every method raises the
    ClientErrors; a refusal is `Refused`, whose message says what to do.
    """

    def __init__(
        self,
        address: str,
        token: str | None = None,
        *,
        timeout_seconds: float = 120.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._connection = Connection.opened(address, token, timeout_seconds, transport)

    def search(self, words: str = "", **facets: str) -> tuple[Found, ...]:
        """The first page of data products for `words`, best first; all of them without words.

        `facets` narrow it: `business_unit`, `theme`, `marking`, `access_rights`, `freshness`,
        `quality`; `sort` and `page` as on the search page.
        """
        page = self._connection.get(SEARCH, {"words": words, **facets})
        return self._read(lambda facts: tuple(map(reading.found, facts.each("results"))), page)

    def describe(self, reference: str) -> Product:
        """Data product `unit/product`: its terms, its ports and their columns."""
        unit, _, product = reference.partition("/")
        page = self._connection.get(_address(PRODUCT, unit=unit, product=product))
        return self._read(reading.product, page)

    def port(self, reference: str) -> Port:
        """Output port `unit.port`, and where the caller stands with it."""
        unit, _, name = reference.partition(".")
        page = self._connection.get(_address(PORT, unit=unit, port=name))
        return self._read(lambda facts: reading.port(facts.inner("port")), page)

    def request(
        self, port: str, purpose: str, days: int, answers: Mapping[str, str] | None = None
    ) -> AccessRequest:
        """Ask for access to output port `unit.port`; its approvers decide.

        `answers` are those to the further questions that the port's request form asks.
        """
        form = {**(answers or {}), "port": port, "purpose": purpose, "days": str(days)}
        made = self._connection.post(REQUESTS, form)
        return self.request_status(self._read(lambda facts: facts.text("id"), made))

    def request_status(self, request_id: str) -> AccessRequest:
        """What came of a request."""
        page = self._connection.get(_address(REQUEST, request_id=request_id))
        return self._read(lambda facts: reading.access_request(facts.inner("request")), page)

    def query(self, sql: str) -> Answer:
        """The rows of one SELECT over granted ports, as the marketplace serves them now."""
        response = self._connection.send("POST", QUERY, sent={"sql": sql}, accept=ARROW)
        counted = response.headers.get("x-row-count", "")
        rows = int(counted) if counted.isdecimal() else None
        try:
            return answer_of(response.content, rows)
        except _UNREADABLE as error:
            raise self._connection.unreadable(
                f"no Arrow stream with its terms ({error})"
            ) from error

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _read(self, read: Callable[[reading.Facts], _Read], document: Any) -> _Read:
        try:
            return read(reading.Facts(document))
        except _UNREADABLE as error:
            raise self._connection.unreadable(
                f"a fact is missing or of another kind ({error})"
            ) from error


def _address(pattern: str, **parts: str) -> str:
    return pattern.format(**{name: quote(part, safe="") for name, part in parts.items()})
