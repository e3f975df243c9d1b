"""The way out to the organisation's sign-in and the way back, as two plain calls."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import httpx

from marketplace.access.group_map import GroupMap
from marketplace.access.model import Actor
from marketplace.config import Settings
from marketplace.web.openid.errors import SignInRefused
from marketplace.web.openid.identity import Sent, person_of, verified
from marketplace.web.openid.provider import Client, Provider
from marketplace.web.openid.ticket import Ticket, Tickets

_LONGEST_CODE = 4096
_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Door:
    """Signing in through one issuer."""

    provider: Provider
    tickets: Tickets
    groups: GroupMap
    groups_claim: str

    @classmethod
    def of(
        cls, settings: Settings, groups: GroupMap, key: bytes, now: Callable[[], datetime]
    ) -> Self:
        """The door to the issuer that the settings name. Asks nobody yet."""
        secret = settings.oidc_client_secret
        client = Client(
            issuer=settings.oidc_issuer or "",
            client_id=settings.oidc_client_id or "",
            secret=None if secret is None else secret.get_secret_value(),
            scope=settings.oidc_scope,
        )
        http = httpx.Client(timeout=_SECONDS, follow_redirects=False)
        return cls(
            provider=Provider(client, http, now),
            tickets=Tickets(key, lambda: secrets.token_urlsafe(32)),
            groups=groups,
            groups_claim=settings.oidc_groups_claim,
        )

    @property
    def issuer(self) -> str:
        """The issuer, exactly as its tokens name it."""
        return self.provider.client.issuer

    def out(self, way_back: str, redirect_uri: str, now: datetime) -> tuple[str, str]:
        """Where the browser goes, and the cookie that it keeps. Raises SignInUnavailable."""
        ticket, cookie = self.tickets.begin(way_back, now)
        return self.provider.authorization_url(ticket, redirect_uri), cookie

    def back(
        self, answered: Mapping[str, str], cookie: str | None, redirect_uri: str, now: datetime
    ) -> tuple[Actor, str]:
        """Who came back, and where they wanted to go.

        `answered` is what the provider put into the address. Raises SignInRefused or
        SignInUnavailable.
        """
        ticket = self.tickets.take(cookie, answered.get("state", ""), now)
        self._hold_issuer(answered)
        code = answered.get("code", "")
        if "error" in answered or not 0 < len(code) <= _LONGEST_CODE:
            raise SignInRefused("the organisation's sign-in was not completed")
        person = self._person(code, ticket, redirect_uri, now)
        return person, ticket.way_back

    def _person(self, code: str, ticket: Ticket, redirect_uri: str, now: datetime) -> Actor:
        found = self.provider.exchange(code, ticket, redirect_uri)
        sent = Sent(_text(found, "id_token"), _text(found, "access_token"))
        claims = verified(self.provider, sent, ticket.nonce, now)
        if self.groups_claim not in claims or "name" not in claims:
            claims = self._completed(claims, sent)
        return person_of(claims, self.groups_claim, self.groups)

    def _completed(self, claims: dict[str, Any], sent: Sent) -> dict[str, Any]:
        """The claims with those that only userinfo has; what the ID token says stays."""
        more = self.provider.claims_about(sent.access_token)
        if more and more.get("sub") != claims.get("sub"):
            raise SignInRefused("the organisation's answers speak of two people")
        return {**more, **claims}

    def _hold_issuer(self, answered: Mapping[str, str]) -> None:
        """An answer of another issuer is refused (RFC 9207)."""
        names_it = "authorization_response_iss_parameter_supported"
        is_needed = self.provider.metadata().get(names_it) is True
        if ("iss" in answered or is_needed) and answered.get("iss") != self.issuer:
            raise SignInRefused("what came back is another issuer's")


def _text(found: Mapping[str, Any], name: str) -> str:
    """One token of the answer. Raises SignInRefused where it is missing."""
    value = found.get(name)
    if not isinstance(value, str):
        raise SignInRefused("its proof of who you are was not valid")
    return value
