"""The organisation's provider: what it publishes of itself, its keys, and codes for tokens."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.client import OAuth2Client
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from marketplace.web.openid.errors import SignInRefused, SignInUnavailable
from marketplace.web.openid.ticket import Ticket
from marketplace.web.production import is_loopback

_KEPT = timedelta(hours=1)  # so that a withdrawn key stops opening the door
_REFETCHED_EVERY = timedelta(seconds=30)  # forged key ids must not make us knock at the provider
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Client:
    """What the provider knows the marketplace as."""

    issuer: str
    client_id: str
    secret: str | None
    scope: str


class Provider:
    """One issuer. Its documents are kept for an hour; safe to share between threads."""

    def __init__(self, client: Client, http: httpx.Client, now: Callable[[], datetime]) -> None:
        self.client = client
        self._http = http
        self._now = now
        self._lock = Lock()
        self._metadata: tuple[datetime, dict[str, Any]] | None = None
        self._keys: tuple[datetime, KeySet] | None = None

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def authorization_url(self, ticket: Ticket, redirect_uri: str) -> str:
        """Where the browser goes to sign in. Raises SignInUnavailable."""
        url, _ = self._oauth(redirect_uri).create_authorization_url(
            self.metadata()["authorization_endpoint"],
            state=ticket.state,
            nonce=ticket.nonce,
            code_verifier=ticket.verifier,
        )
        return str(url)

    def exchange(self, code: str, ticket: Ticket, redirect_uri: str) -> dict[str, Any]:
        """The tokens that the code stands for. Raises SignInRefused or SignInUnavailable."""
        client = self.client
        authentication: Any = httpx.Auth()  # a public client names itself, and proves nothing
        named: dict[str, str] = {"client_id": client.client_id}
        if client.secret is not None:
            authentication, named = (client.client_id, client.secret), {}
        try:
            found = self._oauth(redirect_uri).fetch_token(
                self.metadata()["token_endpoint"],
                grant_type="authorization_code",
                code=code,
                redirect_uri=redirect_uri,
                code_verifier=ticket.verifier,
                auth=authentication,
                **named,
            )
        except AuthlibBaseError as error:
            raise SignInRefused("the organisation did not accept the code") from error
        except httpx.HTTPStatusError as error:
            raise SignInUnavailable("the organisation's sign-in fails") from error
        except (httpx.HTTPError, ValueError) as error:
            raise SignInUnavailable("the organisation's sign-in does not answer") from error
        return dict(found)

    def claims_about(self, access_token: str) -> dict[str, Any]:
        """What userinfo says; nothing where the provider offers none."""
        address = self.metadata().get("userinfo_endpoint")
        if address is None:
            return {}
        return self._document(address, {"authorization": f"Bearer {access_token}"})

    def keys(self, must_be_new: bool = False) -> KeySet:
        """The keys that the provider signs with, read again after an hour.

        `must_be_new`: a token is signed with another one, so it may have changed them. They are
        then read again, but at most every 30 seconds. Raises SignInUnavailable.
        """
        with self._lock:
            now = self._now()
            kept_for = _REFETCHED_EVERY if must_be_new else _KEPT
            if self._keys is not None and now < self._keys[0] + kept_for:
                return self._keys[1]
        document = self._document(self.metadata()["jwks_uri"])
        signing = [key for key in document.get("keys", []) if _signs(key)]
        try:
            found = KeySet.import_key_set({"keys": signing})
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise SignInUnavailable("its keys cannot be read") from error
        with self._lock:
            self._keys = (now, found)
        return found

    def metadata(self) -> dict[str, Any]:
        """What the provider publishes of itself. Raises SignInUnavailable."""
        with self._lock:
            now = self._now()
            if self._metadata is not None and now < self._metadata[0] + _KEPT:
                return self._metadata[1]
        issuer = self.client.issuer
        found = self._document(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != issuer:
            raise SignInUnavailable("its issuer is not the one that is set")
        addresses = [found.get(name) for name in _NEEDED]
        addresses += [found[name] for name in ("userinfo_endpoint",) if name in found]
        if not all(isinstance(each, str) and is_protected(each) for each in addresses):
            raise SignInUnavailable("it does not name the https addresses that are needed")
        with self._lock:
            self._metadata = (now, found)
        return found

    def _document(self, address: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        try:
            answered = self._http.get(address, headers=headers)
            answered.raise_for_status()
            found = answered.json()
        except (httpx.HTTPError, ValueError) as error:
            raise SignInUnavailable("the organisation's sign-in does not answer") from error
        if not isinstance(found, dict):
            raise SignInUnavailable("the organisation's sign-in answers what cannot be read")
        return found

    def _oauth(self, redirect_uri: str) -> Any:
        return OAuth2Client(
            session=self._http,
            client_id=self.client.client_id,
            scope=self.client.scope,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
        )


def is_protected(address: str) -> bool:
    """Whether nobody on the way can read or change what goes to `address`."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    )


def _signs(key: Any) -> bool:
    """Whether a published key is one of a pair that signs; a shared secret is none."""
    return isinstance(key, dict) and key.get("kty") != "oct" and key.get("use", "sig") == "sig"
