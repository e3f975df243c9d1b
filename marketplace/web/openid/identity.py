"""Who an ID token speaks of: only one that is the issuer's, for us, fresh, and of this sign-in."""

import hmac
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError

from marketplace.access.group_map import GroupMap
from marketplace.access.model import Actor
from marketplace.access.requests import clean
from marketplace.web.openid.errors import SignInRefused
from marketplace.web.openid.provider import Provider

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
_LEEWAY = 60  # seconds that the clocks may differ
_OLDEST = 600  # seconds; a token is made while the browser waits
_ID = re.compile(r"[!-~]{1,255}")
# Ids with which the platform itself acts, or its demo people did: nobody may arrive as one of them.
_TAKEN = frozenset(
    {"pipeline", "nobody", "system", "marketplace"}
    | {"analyst", "steward", "owner", "governance", "engineer"}
    | {"custodian", "administrator", "auditor"}
)
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Sent:
    """What the provider gave for a code."""

    id_token: str
    access_token: str


def verified(provider: Provider, sent: Sent, nonce: str, now: datetime) -> dict[str, Any]:
    """The claims of an ID token that proves who signed in. Raises SignInRefused.

    A key that is not known is looked for once more, as providers change their keys.
    """
    try:
        token = _decoded(provider, sent.id_token)
        claims = CodeIDToken(
            token.claims,
            token.header,
            options={"iss": {"essential": True, "value": provider.client.issuer}},
            params={
                "nonce": nonce,
                "client_id": provider.client.client_id,
                "access_token": sent.access_token,
            },
        )
        claims.validate(now=int(now.timestamp()), leeway=_LEEWAY)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise SignInRefused("its proof of who you are was not valid") from error
    _hold(claims, (provider.client.issuer, provider.client.client_id, nonce), now)
    return dict(claims)


def person_of(claims: Mapping[str, Any], groups_claim: str, groups: GroupMap) -> Actor:
    """The person whom claims speak of, with the teams and roles of their groups.

    Raises SignInRefused for an id that could be mistaken for something else.
    """
    subject = claims.get("sub")
    if not isinstance(subject, str) or not _ID.fullmatch(subject) or _is_taken(subject):
        raise SignInRefused("the id that the organisation gives you cannot be used here")
    named = _groups(claims.get(groups_claim))
    said = claims.get("name") or claims.get("preferred_username")
    name = " ".join(clean(said).split())[:_LONGEST_NAME] if isinstance(said, str) else ""
    return Actor(
        subject,
        name or subject,
        groups.teams_of(named),
        groups.roles_of(named),
        units=groups.units_of(named),
    )


def _decoded(provider: Provider, id_token: str) -> jwt.Token:
    try:
        return jwt.decode(id_token, provider.keys(), algorithms=ALGORITHMS)
    except (InvalidKeyIdError, BadSignatureError):
        return jwt.decode(id_token, provider.keys(must_be_new=True), algorithms=ALGORITHMS)


def _hold(claims: Mapping[str, Any], expected: tuple[str, str, str], now: datetime) -> None:
    """What the library leaves open: no audience but us, a nonce that is there, a fresh token."""
    issuer, client_id, nonce = expected
    audience = claims.get("aud")
    is_ours = audience in (client_id, [client_id])
    repeated = claims.get("nonce")
    is_of_this = isinstance(repeated, str) and hmac.compare_digest(
        repeated.encode("utf-8", "replace"), nonce.encode()
    )
    issued = claims.get("iat")
    is_fresh = (
        isinstance(issued, int | float) and abs(now.timestamp() - issued) <= _OLDEST + _LEEWAY
    )
    if claims.get("iss") != issuer or not (is_ours and is_of_this and is_fresh):
        raise SignInRefused("its proof of who you are was not valid")


def _is_taken(subject: str) -> bool:
    folded = subject.casefold()
    return folded in _TAKEN or folded.startswith("team:")


def _groups(said: Any) -> Collection[str]:
    """A list of texts, or one text; anything else is no group."""
    if isinstance(said, str):
        return (said,)
    return tuple(each for each in said if isinstance(each, str)) if isinstance(said, list) else ()
