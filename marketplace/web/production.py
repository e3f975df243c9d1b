"""Production refuses to start on anything that only a laptop may have."""

import ipaddress
from urllib.parse import urlsplit

from marketplace.access.errors import GroupsUnreadable
from marketplace.access.group_map import group_map
from marketplace.access.model import Role
from marketplace.config import Environment, Settings
from marketplace.errors import SignInHalfSet, UnsafeSettings

SHORTEST_SECRET = 32
SHORTEST_CLIENT_SECRET = 16
LONGEST_SESSION_HOURS = 12
LONGEST_IDLE_MINUTES = 120
MOST_FAILURES = 30
_DEFAULT_SECRETS = {"secret", "changeme", "change-me", "password", "development", "marketplace"}


def unsafe(settings: Settings) -> tuple[str, ...]:
    """Every setting that is not safe in production, with what to set; empty in development."""
    if settings.environment != Environment.PRODUCTION:
        return ()
    faults = (
        _secret(settings),
        _mask_key(settings),
        _address(settings),
        _proxies(settings),
        _people(settings),
        _state(settings),
        *_sign_in(settings),
        *_sessions(settings),
    )
    return tuple(fault for fault in faults if fault is not None)


def half_set(settings: Settings) -> tuple[str, ...]:
    """What of the organisation's sign-in does not fit together, in any environment."""
    issuer = settings.oidc_issuer
    if issuer is None:
        left = settings.oidc_client_id is not None or settings.oidc_client_secret is not None
        return ("`MARKETPLACE_OIDC_ISSUER` is missing: set it, or nothing of it.",) if left else ()
    faults = []
    if not settings.oidc_client_id:
        faults.append("`MARKETPLACE_OIDC_CLIENT_ID` is missing: set it to what the issuer gave.")
    if not _is_protected(issuer):
        faults.append(
            f"`MARKETPLACE_OIDC_ISSUER` is `{issuer}`: set it to an https address without a query, "
            "exactly as the issuer spells it."
        )
    if "openid" not in settings.oidc_scope.split():
        faults.append(
            f"`MARKETPLACE_OIDC_SCOPE` is `{settings.oidc_scope}`: it must hold `openid`."
        )
    return tuple(faults)


def refuse_half_set(settings: Settings) -> None:
    """Raises SignInHalfSet naming every fault."""
    faults = half_set(settings)
    if faults:
        raise SignInHalfSet(faults)


def refuse_unsafe(settings: Settings) -> None:
    """Raises UnsafeSettings naming every fault."""
    faults = unsafe(settings)
    if faults:
        raise UnsafeSettings(faults)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _secret(settings: Settings) -> str | None:
    if settings.secret_key is None:
        return (
            "`MARKETPLACE_SECRET_KEY` is missing: set it to at least "
            f"{SHORTEST_SECRET} random characters."
        )
    return _weakness("MARKETPLACE_SECRET_KEY", settings.secret_key.get_secret_value())


def _mask_key(settings: Settings) -> str | None:
    if settings.mask_key is None:
        return None
    return _weakness("MARKETPLACE_MASK_KEY", settings.mask_key.get_secret_value())


def _weakness(name: str, secret: str) -> str | None:
    is_default = secret.lower() in _DEFAULT_SECRETS or len(set(secret)) < 8
    if len(secret) >= SHORTEST_SECRET and not is_default:
        return None
    return (
        f"`{name}` is a default or too short: set it to at least "
        f"{SHORTEST_SECRET} random characters."
    )


def _address(settings: Settings) -> str | None:
    address = urlsplit(settings.public_url or "")
    if address.scheme == "https" and address.hostname:
        return None
    return (
        f"`MARKETPLACE_PUBLIC_URL` is `{settings.public_url or ''}`: set it to the https address "
        "that people use, served by a TLS proxy."
    )


def _proxies(settings: Settings) -> str | None:
    named = [name.strip() for name in (settings.trusted_proxies or "").split(",") if name.strip()]
    if not named:
        return "`MARKETPLACE_TRUSTED_PROXIES` is missing: set it to the addresses of the TLS proxy."
    if any(not _is_network(name) for name in named):
        return (
            f"`MARKETPLACE_TRUSTED_PROXIES` is `{settings.trusted_proxies}`: name each proxy by "
            "its address or network; `*` and 0.0.0.0/0 would trust everyone."
        )
    return None


def _is_network(name: str) -> bool:
    try:
        return ipaddress.ip_network(name, strict=False).prefixlen > 0
    except ValueError:
        return False


def _people(settings: Settings) -> str | None:
    if not settings.demo_people:
        return None
    return "`MARKETPLACE_DEMO_PEOPLE` is true: set it to false, demo people sign in unchecked."


def _sign_in(settings: Settings) -> tuple[str, ...]:
    """Nobody signs in unproved, and somebody can decide."""
    if settings.oidc_issuer is None:
        return (
            "`MARKETPLACE_OIDC_ISSUER` is missing: set it to the organisation's OpenID Connect "
            "issuer, nobody could sign in.",
        )
    faults = [*half_set(settings)]
    if not settings.oidc_issuer.startswith("https://"):
        faults.append("`MARKETPLACE_OIDC_ISSUER` is not https: tokens and keys could be changed.")
    secret = settings.oidc_client_secret
    value = "" if secret is None else secret.get_secret_value()
    if len(value) < SHORTEST_CLIENT_SECRET or value.lower() in _DEFAULT_SECRETS:
        faults.append(
            "`MARKETPLACE_OIDC_CLIENT_SECRET` is missing, a default or too short: set it to the "
            f"issuer's, of at least {SHORTEST_CLIENT_SECRET} characters."
        )
    try:
        mapped = group_map(settings.oidc_groups)
    except GroupsUnreadable as error:
        return (*faults, str(error))
    if Role.GOVERNANCE not in frozenset().union(*mapped.roles.values()):
        faults.append(
            "`MARKETPLACE_OIDC_GROUPS` gives no group the role `governance`: nobody could end "
            "another person's access."
        )
    return tuple(faults)


def _sessions(settings: Settings) -> tuple[str, ...]:
    faults = []
    if settings.session_hours > LONGEST_SESSION_HOURS:
        faults.append(
            f"`MARKETPLACE_SESSION_HOURS` is `{settings.session_hours}`: set it to "
            f"{LONGEST_SESSION_HOURS} or fewer."
        )
    if settings.session_idle_minutes > LONGEST_IDLE_MINUTES:
        faults.append(
            f"`MARKETPLACE_SESSION_IDLE_MINUTES` is `{settings.session_idle_minutes}`: set it to "
            f"{LONGEST_IDLE_MINUTES} or fewer."
        )
    if settings.sign_in_failures > MOST_FAILURES:
        faults.append(
            f"`MARKETPLACE_SIGN_IN_FAILURES` is `{settings.sign_in_failures}`: set it to "
            f"{MOST_FAILURES} or fewer."
        )
    return tuple(faults)


def _is_protected(issuer: str) -> bool:
    try:
        parts = urlsplit(issuer)
        host = parts.hostname or ""
    except ValueError:
        return False
    plain_text_stays_here = parts.scheme == "http" and is_loopback(host)
    is_whole = bool(host) and not parts.query and not parts.fragment
    return is_whole and (parts.scheme == "https" or plain_text_stays_here)


def _state(settings: Settings) -> str | None:
    if not settings.database_url.startswith("sqlite"):
        return None
    return (
        "`MARKETPLACE_STATE_URL` is an embedded SQLite file: set it to a PostgreSQL URL, so that "
        "grants and the audit log outlive this machine."
    )
