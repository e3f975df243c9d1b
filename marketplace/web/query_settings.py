"""How the query room is run, as the platform's settings say, and the secrets it rests on."""

import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import replace

from confinement.limits import Limits
from marketplace.access.model import Role
from marketplace.config import PREFIX, Environment, Settings
from marketplace.errors import UnknownRole
from marketplace.query.copies import CopySettings
from marketplace.query.limits import Allowance, QuerySettings


def query_settings(settings: Settings) -> QuerySettings:
    """The query room of these settings. Raises UnknownRole."""
    limits = Limits(
        seconds=settings.query_timeout_seconds,
        memory_mb=settings.query_memory_mb,
        rows=settings.query_row_limit,
        scan_mb=settings.query_scan_mb,
    )
    plain = QuerySettings(
        scratch=settings.home / "scratch",
        limits=limits,
        copies=CopySettings(settings.copies, _mask_key(settings), settings.copies_mb),
        # A laptop without Landlock may still try the sample; nothing else runs unconfined.
        confinement_required=settings.environment == Environment.PRODUCTION
        or not settings.is_sample,
    )
    return replace(plain, by_role=_by_role(settings, plain))


def form_key(settings: Settings) -> bytes:
    """The secret behind form tokens; made once for a laptop, in its owner's file."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    path = settings.home / "secret_key"
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(file, "w") as opened:
        opened.write(secrets.token_urlsafe(48))
    return path.read_bytes()


def _by_role(settings: Settings, plain: QuerySettings) -> Mapping[Role, Allowance]:
    found = {}
    for name, more in settings.query_role_limits.items():
        if name not in {role.value for role in Role}:
            known = tuple(role.value for role in Role)
            raise UnknownRole(f"{PREFIX}QUERY_ROLE_LIMITS", name, known)
        given = {
            "seconds": more.timeout_seconds,
            "memory_mb": more.memory_mb,
            "rows": more.row_limit,
            "result_mb": more.result_mb,
            "scan_mb": more.scan_mb,
        }
        kept = {limit: value for limit, value in given.items() if value is not None}
        at_once = plain.at_once_per_actor if more.at_once is None else more.at_once
        # Of the role alone; the engine takes the larger of it and everybody's.
        found[Role(name)] = Allowance(replace(plain.limits, **kept), at_once)
    return found


def _mask_key(settings: Settings) -> bytes:
    """The secret behind masked values; of its own, or made of the one behind form tokens."""
    if settings.mask_key is not None:
        return settings.mask_key.get_secret_value().encode()
    return hmac.digest(form_key(settings), b"masked values", "sha256")
