"""Production refuses what only a laptop may have, and says all of it at once."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from marketplace.config import Environment, Settings
from marketplace.errors import UnsafeSettings
from marketplace.web.app import create_app
from marketplace.web.production import is_loopback, unsafe
from marketplace.web.security import hosts_of
from marketplace.web.sessions import Cookies

SECRET = "k3J9-vQ2m_Lx7Rt5Wz8Yb1Nc4Hd6Gf0Ps"


def production(tmp_path: Path, **changes: Any) -> Settings:
    """Settings that are safe in production, but for `changes`."""
    safe = {
        "environment": Environment.PRODUCTION,
        "home": tmp_path,
        "secret_key": SecretStr(SECRET),
        "public_url": "https://data.example.gov.uk",
        "trusted_proxies": "10.0.0.2, 10.1.0.0/24",
        "demo_people": False,
        "state_url": "postgresql+psycopg://state@db/state",
        "oidc_issuer": "https://login.example.gov.uk",
        "oidc_client_id": "marketplace",
        "oidc_client_secret": SecretStr(SECRET),
        "oidc_groups": '{"data-governance": ["role:governance"]}',
    }
    return Settings(**{**safe, **changes})


def test_safe_settings_have_no_fault(tmp_path: Path) -> None:
    assert unsafe(production(tmp_path)) == ()


def test_development_refuses_nothing(tmp_path: Path) -> None:
    assert unsafe(Settings(home=tmp_path)) == ()


@pytest.mark.requirement("SEC-03")
@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        ("secret_key", None, "MARKETPLACE_SECRET_KEY"),
        ("secret_key", SecretStr("changeme"), "MARKETPLACE_SECRET_KEY"),
        ("secret_key", SecretStr("a" * 64), "MARKETPLACE_SECRET_KEY"),
        ("mask_key", SecretStr("changeme"), "MARKETPLACE_MASK_KEY"),
        ("public_url", None, "MARKETPLACE_PUBLIC_URL"),
        ("public_url", "http://data.example.gov.uk", "MARKETPLACE_PUBLIC_URL"),
        ("trusted_proxies", None, "MARKETPLACE_TRUSTED_PROXIES"),
        ("trusted_proxies", "*", "MARKETPLACE_TRUSTED_PROXIES"),
        ("trusted_proxies", "0.0.0.0/0", "MARKETPLACE_TRUSTED_PROXIES"),
        ("demo_people", True, "MARKETPLACE_DEMO_PEOPLE"),
        ("state_url", None, "MARKETPLACE_STATE_URL"),
        ("oidc_issuer", None, "MARKETPLACE_OIDC_ISSUER"),
        ("oidc_issuer", "http://127.0.0.1:9000", "MARKETPLACE_OIDC_ISSUER"),
        ("oidc_client_id", None, "MARKETPLACE_OIDC_CLIENT_ID"),
        ("oidc_client_secret", None, "MARKETPLACE_OIDC_CLIENT_SECRET"),
        ("oidc_client_secret", SecretStr("password"), "MARKETPLACE_OIDC_CLIENT_SECRET"),
        ("oidc_scope", "profile", "MARKETPLACE_OIDC_SCOPE"),
        ("oidc_groups", None, "MARKETPLACE_OIDC_GROUPS"),
        ("oidc_groups", '{"x": ["role:king"]}', "MARKETPLACE_OIDC_GROUPS"),
        ("session_hours", 24, "MARKETPLACE_SESSION_HOURS"),
        ("session_idle_minutes", 480, "MARKETPLACE_SESSION_IDLE_MINUTES"),
        ("sign_in_failures", 100, "MARKETPLACE_SIGN_IN_FAILURES"),
    ],
)
def test_each_unsafe_setting_is_named_alone(
    tmp_path: Path, setting: str, value: Any, named: str
) -> None:
    faults = unsafe(production(tmp_path, **{setting: value}))

    assert len(faults) == 1
    assert faults[0].startswith(f"`{named}`")
    if setting == "secret_key" and value is not None:
        assert value.get_secret_value() not in faults[0]


@pytest.mark.requirement("SEC-03")
def test_the_application_does_not_start_and_names_every_fault(tmp_path: Path) -> None:
    settings = Settings(environment=Environment.PRODUCTION, home=tmp_path)

    with pytest.raises(UnsafeSettings) as refused:
        create_app(settings)

    assert len(refused.value.faults) == 6
    assert not (tmp_path / "secret_key").exists()


def test_cookies_are_bound_to_https_and_the_host(tmp_path: Path) -> None:
    cookies = Cookies.of(production(tmp_path))

    assert cookies.secure
    assert cookies.session == "__Host-session"
    assert hosts_of(production(tmp_path)) == {"data.example.gov.uk"}


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("db", False)],
)
def test_loopback_is_only_this_machine(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
