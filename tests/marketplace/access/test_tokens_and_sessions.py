"""Keys are shown once, kept as hashes, and end when they should."""

from datetime import timedelta

import pytest
from sqlalchemy import create_engine, text

from marketplace.access.errors import NotYourToken, PeriodOutOfRange, TokenNameMissing, UnknownToken


def _everything_kept(state_url: str) -> str:
    engine = create_engine(state_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        tables = ("tokens", "sessions", "audit")
        rows = [connection.execute(text(f"SELECT * FROM {table}")).all() for table in tables]
    engine.dispose()
    return repr(rows)


def test_a_token_acts_for_its_owner(store, cast, now):
    token_id, secret = store.create_token(cast.ada, "  Notebook ", 30, now)

    assert store.token(secret, now).actor_id == "ada"
    (token,) = store.tokens_of("ada")
    assert (token.id, token.name, token.scope) == (token_id, "Notebook", "metadata")
    assert secret.startswith(token_id)


def test_no_secret_is_kept(store, state_url, cast, now):
    _, secret = store.create_token(cast.ada, "Notebook", 30, now)
    session = store.open_session("ada", now, 8)

    kept = _everything_kept(state_url)

    assert secret.partition(".")[2] not in kept
    assert session.partition(".")[2] not in kept
    assert session.partition(".")[0] not in kept


@pytest.mark.parametrize(
    "spoil",
    [
        lambda secret: secret[:-1] + ("a" if secret[-1] != "a" else "b"),
        lambda secret: secret.partition(".")[0],
        lambda secret: secret.upper(),
        lambda secret: secret + "\x00",
        lambda _: "",
        lambda _: "mkt_\ud800.x",
    ],
)
def test_a_wrong_secret_opens_nothing(store, cast, now, spoil):
    _, secret = store.create_token(cast.ada, "Notebook", 30, now)

    assert store.token(spoil(secret), now) is None
    assert store.session(spoil(secret), now) is None


def test_a_token_expires(store, cast, now):
    _, secret = store.create_token(cast.ada, "Notebook", 90, now)

    assert store.token(secret, now + timedelta(days=90, seconds=-1)).actor_id == "ada"
    assert store.token(secret, now + timedelta(days=90)) is None


def test_its_owner_revokes_a_token(store, cast, now):
    token_id, secret = store.create_token(cast.ada, "Notebook", 30, now)

    revoked = store.revoke_token(token_id, cast.ada, now)

    assert revoked.revoked_at == now
    assert store.token(secret, now) is None
    assert store.revoke_token(token_id, cast.ada, now + timedelta(days=1)) == revoked


def test_nobody_else_revokes_a_token(store, cast, now):
    token_id, secret = store.create_token(cast.ada, "Notebook", 30, now)

    with pytest.raises(NotYourToken) as refused:
        store.revoke_token(token_id, cast.gwen, now)
    with pytest.raises(UnknownToken) as unknown:
        store.revoke_token("mkt_1", cast.ada, now)

    assert str(refused.value) == (
        f"Token `{token_id}` was not revoked: it is another person's. Ask its owner to."
    )
    assert str(unknown.value) == ("There is no token `mkt_1`. Open it from your list of tokens.")
    assert store.token(secret, now).actor_id == "ada"


@pytest.mark.parametrize("days", [0, 91])
def test_a_token_lasts_at_most_ninety_days(store, cast, now, days):
    with pytest.raises(PeriodOutOfRange) as refused:
        store.create_token(cast.ada, "Notebook", days, now)

    assert str(refused.value) == (
        f"The token was not made: its period is `{days}` days. "
        "Choose a whole number of days from 1 to 90."
    )


@pytest.mark.parametrize("name", ["", " \n", "n" * 81])
def test_a_token_has_a_name(store, cast, now, name):
    with pytest.raises(TokenNameMissing) as refused:
        store.create_token(cast.ada, name, 30, now)

    assert str(refused.value) == (
        "The token was not made: its name must have 1 to 80 characters. "
        "Name it after the program that will use it."
    )


def test_a_session_lasts_until_it_ends_or_is_closed(store, now):
    secret = store.open_session("ada", now, 8)
    other = store.open_session("ada", now, 8)

    assert store.session(secret, now).actor_id == "ada"
    assert store.session(secret, now + timedelta(hours=8)) is None
    store.close_session(secret, now)
    store.close_session(secret, now)
    assert store.session(secret, now) is None
    assert store.session(other, now) is not None


def test_two_secrets_are_never_the_same(store, cast, now):
    secrets = {store.create_token(cast.ada, "Notebook", 1, now)[1] for _ in range(10)}

    assert len(secrets) == 10
    assert min(len(secret.partition(".")[2]) for secret in secrets) == 43  # 256 bits
