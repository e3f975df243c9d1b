"""Production refuses to start on anything that only a laptop may have."""

import ipaddress
from urllib.parse import urlsplit

from marketplace.config import Environment, Settings
from marketplace.errors import UnsafeSettings

SHORTEST_SECRET = 32
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
    )
    return tuple(fault for fault in faults if fault is not None)


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


def _state(settings: Settings) -> str | None:
    if not settings.database_url.startswith("sqlite"):
        return None
    return (
        "`MARKETPLACE_STATE_URL` is an embedded SQLite file: set it to a PostgreSQL URL, so that "
        "grants and the audit log outlive this machine."
    )
