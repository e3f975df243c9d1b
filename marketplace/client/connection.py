"""Requests to a marketplace: who asks, what was refused, what cannot be read."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from marketplace.client.errors import InsecureAddress, NotReachable, Refused, UnreadableAnswer

JSON = "application/json"
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


class Connection:
    """One marketplace and who asks it; closed by who opened it."""

    def __init__(self, base: str, headers: Mapping[str, str], client: httpx.Client) -> None:
        self._base = base
        self._headers = dict(headers)
        self._client = client

    @classmethod
    def opened(
        cls,
        base: str,
        token: str | None,
        timeout_seconds: float,
        transport: httpx.BaseTransport | None = None,
    ) -> Self:
        """To the marketplace at `base`, with a token or as a stranger.

        No proxy or other setting is read from the environment, and no redirect is followed: a
        token goes where it was meant to go. Raises InsecureAddress.
        """
        place = urlsplit(base)
        if token is not None and place.scheme != "https" and place.hostname not in _HERE:
            raise InsecureAddress(base)
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        client = httpx.Client(timeout=timeout_seconds, transport=transport, trust_env=False)
        return cls(base.rstrip("/"), headers, client)

    def get(self, address: str, parameters: Mapping[str, Any] | None = None) -> Any:
        """What stands at `address`, as JSON. Raises the ClientErrors."""
        return self._document(self.send("GET", address, parameters=parameters))

    def post(self, address: str, sent: Mapping[str, Any] | None = None) -> Any:
        """What sending `sent` led to, as JSON. Raises the ClientErrors."""
        return self._document(self.send("POST", address, sent=sent or {}))

    def send(
        self,
        method: str,
        address: str,
        *,
        parameters: Mapping[str, Any] | None = None,
        sent: Mapping[str, Any] | None = None,
        accept: str = JSON,
    ) -> httpx.Response:
        """The whole answer, where it is no refusal. Raises Refused, NotReachable."""
        headers = {**self._headers, "accept": accept}
        try:
            response = self._client.request(
                method, f"{self._base}{address}", params=parameters, json=sent, headers=headers
            )
        except httpx.HTTPError as error:
            raise NotReachable(self._base, str(error) or type(error).__name__) from error
        if response.is_success:
            return response
        raise self._refusal(response)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def unreadable(self, fault: str) -> UnreadableAnswer:
        """The error for an answer that says something else than was asked for."""
        return UnreadableAnswer(self._base, fault)

    def _document(self, response: httpx.Response) -> Any:
        try:
            return response.json()
        except ValueError as error:
            raise self.unreadable("it is not JSON") from error

    def _refusal(self, response: httpx.Response) -> Refused | UnreadableAnswer:
        try:
            said = response.json()["error"]
            return Refused(
                response.status_code,
                str(said["code"]),
                str(said["message"]),
                {str(name): str(fault) for name, fault in said.get("fields", {}).items()},
                tuple((str(link["text"]), str(link["href"])) for link in said.get("way_on", ())),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            return self.unreadable(f"status {response.status_code} without an explanation")
