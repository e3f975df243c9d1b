"""Signing in through the organisation: against a provider that runs here, and one that lies."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from marketplace.access.errors import PeopleUnavailable
from marketplace.access.model import Role
from marketplace.access.people import demo_people
from marketplace.config import Settings
from marketplace.errors import SignInHalfSet
from marketplace.web.app import create_app
from marketplace.web.sessions import form_token

GROUPS = {
    "dir-stewards": ["role:steward", "team:commercial-stewards"],
    "dir-governance": ["role:governance", "team:governance"],
}
LOG = "/log/products?port=commercial.payments"
SECRET = "of-the-client-and-nobody-else"


@dataclass
class Organisation:
    """The provider that runs, and its directory."""

    issuer: str

    def knows(self, subject: str, **claims: Any) -> None:
        """Put somebody into the directory."""
        httpx.put(f"{self.issuer}/users/{subject}", json=claims).raise_for_status()

    def lies(self, **how: Any) -> None:
        """Say something else in the next ID tokens; nothing: the truth again."""
        httpx.put(f"{self.issuer}/lies", json=how).raise_for_status()

    def visits(self, path: str) -> int:
        """How often something was asked of it."""
        return int(httpx.get(f"{self.issuer}/visits").json().get(path, 0))


@pytest.fixture(scope="module")
def running() -> Iterator[Organisation]:
    program = Path(__file__).with_name("organisation.py")
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", str(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield Organisation(f"http://127.0.0.1:{int(process.stdout.readline())}")
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()


@pytest.fixture
def organisation(running: Organisation) -> Organisation:
    running.lies()
    running.knows("ada-7", name="Ada Fenwick", groups=["dir-readers"])
    running.knows("sam-9", name="Sam Okoro", groups=["dir-stewards", "dir-unknown"])
    return running


@dataclass
class Watch:
    """The time of day, which a test can move on: what a provider signs is of today."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock() -> Watch:
    return Watch()


@pytest.fixture
def settings(seed_folder: Any, tmp_path: Path, organisation: Organisation) -> Settings:
    connected = {
        "state_url": f"sqlite:///{tmp_path / 'state.db'}",
        "oidc_issuer": organisation.issuer,
        "oidc_client_id": "marketplace",
        "oidc_client_secret": SecretStr(SECRET),
        "oidc_groups": json.dumps(GROUPS),
    }
    return seed_folder.settings.model_copy(update=connected)


def out(person: Any, way_back: str = "/tokens") -> str:
    """The provider's address that a browser is led to."""
    answered = person.get(f"/sign-in/organisation?next={way_back}")
    assert answered.status_code == 303, answered.text
    return str(answered.headers["location"])


def consent(address: str, subject: str) -> str:
    """Signing in at the provider; where it leads back to, without the host."""
    answered = httpx.post(address, data={"sub": subject})
    assert answered.status_code == 302, answered.text
    parts = urlsplit(answered.headers["location"])
    return f"{parts.path}?{parts.query}"


def arrive(person: Any, subject: str) -> Any:
    """The whole way; what the marketplace answers at its end."""
    return person.get(consent(out(person), subject))


def refusals(app: Any) -> list[str]:
    rooms = app.state.rooms
    records = [each for each in rooms.store.audit() if each.action == "session.sign_in"]
    return [each.details["why"] for each in records if each.outcome == "denied"]


@pytest.mark.requirement("SEC-03")
def test_a_person_signs_in_through_the_organisation(visitor: Any) -> None:
    page = visitor.get("/sign-in?next=/tokens").text
    address = out(visitor)
    asked = parse_qs(urlsplit(address).query)

    answered = visitor.get(consent(address, "ada-7"))

    assert 'href="/sign-in/organisation?next=%2Ftokens"' in page
    assert "demonstration" not in page
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == ["http://127.0.0.1:8000/sign-in/callback"]
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    assert "code_verifier" not in asked
    assert (answered.status_code, answered.headers["location"]) == (303, "/tokens")
    assert "Ada Fenwick" in visitor.get("/tokens").text
    assert visitor.json("/sessions")["sessions"][0]["way"] == "By the organisation's sign-in"


@pytest.mark.requirement("GOV-03")
def test_groups_give_teams_and_roles_anew_at_each_arrival(
    visitor: Any, browser: Callable[[], Any], organisation: Organisation, app: Any
) -> None:
    people = app.state.rooms.people
    arrive(visitor, "sam-9")
    as_steward, opened = people.by_id("sam-9"), visitor.get(LOG).status_code

    organisation.knows("sam-9", name="Sam Okoro", groups=[])
    arrive(browser(), "sam-9")

    assert as_steward.teams == {"commercial-stewards"}
    assert as_steward.roles == {Role.ANALYST, Role.STEWARD}
    assert people.by_id("sam-9").roles == {Role.ANALYST}
    assert (opened, visitor.get(LOG).status_code) == (200, 403)
    assert [each.id for each in people.all()] == ["sam-9"]


def test_demo_people_are_gone_where_the_organisation_signs_in(
    visitor: Any, settings: Settings, app: Any
) -> None:
    visitor.get("/sign-in")
    token = form_token(app.state.rooms.form_key, visitor.http.client.cookies["visitor"])

    answered = visitor.http.post("/sign-in", data={"csrf": token, "person": "governance"})

    assert "Demo people exist only in development" in answered.text
    assert answered.status_code == 403
    assert app.state.rooms.people.by_id("governance") is None
    with pytest.raises(PeopleUnavailable) as refused:
        demo_people(settings)
    assert "the organisation's own sign-in is connected" in str(refused.value)


LIES: dict[str, dict[str, Any]] = {
    "another issuer": {"claims": {"iss": "https://elsewhere.example"}},
    "issuer with a slash": {"claims": {"iss": "SLASH"}},
    "another audience": {"claims": {"aud": "another-client"}},
    "a second audience": {"claims": {"aud": ["marketplace", "another-client"]}},
    "no audience": {"without": ["aud"]},
    "another party": {"claims": {"azp": "another-client"}},
    "another nonce": {"claims": {"nonce": "0" * 64}},
    "no nonce": {"without": ["nonce"]},
    "expired": {"later": {"exp": -7200}},
    "no expiry": {"without": ["exp"]},
    "issued long ago": {"later": {"iat": -3000}},
    "issued in the future": {"later": {"iat": 3000}},
    "not yet valid": {"claims": {"nbf": 4_000_000_000}},
    "for another access token": {"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}},
    "unsigned": {"signed": "not at all"},
    "signed by a stranger": {"signed": "by a stranger"},
    "signed by the public key": {"signed": "by the public key as a secret"},
    "no subject": {"without": ["sub"]},
    "subject of a team": {"claims": {"sub": "team:commercial-stewards"}},
    "subject of a demo person": {"claims": {"sub": "Governance"}},
    "subject of the pipeline": {"claims": {"sub": "pipeline"}},
    "subject with a line break": {"claims": {"sub": "ada\n7"}},
    "subject that is a number": {"claims": {"sub": 7}},
}


@pytest.mark.requirement("SEC-03")
@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_token_that_does_not_prove_who_it_is_opens_nothing(
    visitor: Any, organisation: Organisation, app: Any, lie: dict[str, Any]
) -> None:
    if lie.get("claims", {}).get("iss") == "SLASH":
        lie = {"claims": {"iss": f"{organisation.issuer}/"}}
    organisation.lies(**{"claims": {}, **lie})

    answered = arrive(visitor, "ada-7")

    assert answered.status_code == 403
    assert "You were not signed in" in answered.text
    assert visitor.get("/tokens").status_code == 303
    assert app.state.rooms.people.all() == ()
    assert len(refusals(app)) == 1


def test_groups_that_only_userinfo_lists_count(
    visitor: Any, organisation: Organisation, app: Any
) -> None:
    organisation.lies(without=["groups", "name"])

    arrive(visitor, "sam-9")

    sam = app.state.rooms.people.by_id("sam-9")
    assert (sam.name, sam.teams) == ("Sam Okoro", {"commercial-stewards"})


def test_userinfo_of_another_person_opens_nothing(visitor: Any, organisation: Organisation) -> None:
    organisation.lies(claims={"sub": "ada-8"}, without=["groups"])

    answered = arrive(visitor, "sam-9")

    assert answered.status_code == 403
    assert "speak of two people" in answered.text


def test_a_public_client_signs_people_in_by_its_verifier_alone(visitor: Any, app: Any) -> None:
    object.__setattr__(app.state.rooms.door.provider.client, "secret", None)

    assert arrive(visitor, "ada-7").status_code == 303


def test_the_truth_passes_through_the_same_doors(visitor: Any, organisation: Organisation) -> None:
    organisation.lies(claims={"azp": "marketplace"})

    assert arrive(visitor, "ada-7").status_code == 303


@pytest.mark.requirement("SEC-03")
def test_a_key_that_was_changed_is_looked_for_and_at_most_every_half_minute(
    visitor: Any, browser: Callable[[], Any], organisation: Organisation, clock: Watch
) -> None:
    arrive(visitor, "ada-7")
    before = organisation.visits("/jwks")
    httpx.post(f"{organisation.issuer}/rotation").raise_for_status()

    clock.ahead = timedelta(seconds=40)
    rotated = arrive(browser(), "ada-7")
    organisation.lies(claims={}, signed="by a stranger")
    forged = [arrive(browser(), "ada-7").status_code for _ in range(3)]

    assert rotated.status_code == 303
    assert forged == [403, 403, 403]
    assert organisation.visits("/jwks") == before + 1


def test_a_way_back_counts_in_its_own_browser_once_and_for_ten_minutes(
    browser: Callable[[], Any], clock: Watch, app: Any
) -> None:
    person, stranger = browser(), browser()
    address = consent(out(person), "ada-7")
    out(stranger)

    without_cookie = browser().get(address).status_code
    elsewhere = stranger.get(address).status_code
    kept = person.http.client.cookies["ticket"]
    first = person.get(address).status_code
    person.http.client.cookies.set("ticket", kept, domain="127.0.0.1")
    again = person.get(address).status_code
    late = consent(out(person), "ada-7")
    clock.ahead = timedelta(minutes=11)
    too_late = person.get(late).status_code

    assert [without_cookie, elsewhere, first, again, too_late] == [403, 403, 303, 403, 403]
    assert "what came back belongs to another sign-in" in refusals(app)
    assert "this sign-in has already been used" in refusals(app)


@pytest.mark.parametrize(
    "changed",
    [
        lambda address: re.sub(r"state=[^&]+", "state=forged", address),
        lambda address: re.sub(r"code=[^&]+", "code=forged", address),
        lambda address: re.sub(r"code=[^&]+", "", address),
        lambda address: f"{address}&iss=https%3A%2F%2Felsewhere.example",
        lambda address: f"{address}&error=access_denied",
    ],
    ids=["state", "code", "no code", "issuer", "error"],
)
def test_a_changed_way_back_opens_nothing(visitor: Any, changed: Callable[[str], str]) -> None:
    address = changed(consent(out(visitor), "ada-7"))

    answered = visitor.get(address)

    assert answered.status_code == 403
    assert visitor.get("/tokens").status_code == 303


def test_a_code_without_its_verifier_is_worth_nothing(
    visitor: Any, organisation: Organisation
) -> None:
    address = consent(out(visitor), "ada-7")
    code = parse_qs(urlsplit(address).query)["code"][0]

    answered = httpx.post(
        f"{organisation.issuer}/oauth2/token",
        data={
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": "http://127.0.0.1:8000/sign-in/callback",
            "code_verifier": "guessed",
        },
        auth=("marketplace", SECRET),
    )

    assert answered.status_code == 400


def test_the_way_back_never_leads_to_another_site(visitor: Any) -> None:
    address = consent(out(visitor, "//evil.example"), "ada-7")

    assert visitor.get(address).headers["location"] == "/"


def test_failed_arrivals_pause_the_address(visitor: Any, app: Any) -> None:
    answers = [visitor.get("/sign-in/callback?state=x&code=y").status_code for _ in range(12)]

    assert answers == [403] * 10 + [429] * 2
    assert visitor.get("/sign-in/organisation").status_code == 429
    assert len(refusals(app)) == 10


def test_a_token_stops_for_who_has_not_signed_in_for_thirty_days(
    visitor: Any, browser: Callable[[], Any], clock: Watch
) -> None:
    arrive(visitor, "ada-7")
    made = visitor.post("/tokens", name="program", days="90").text
    secret = re.search(r"mkt_[a-z0-9]+\.[\w-]+", made).group()  # type: ignore[union-attr]
    program = browser().http

    def asked(days: int) -> int:
        clock.ahead = timedelta(days=days)
        headers = {"authorization": f"Bearer {secret}", "accept": "application/json"}
        return program.get("/search", headers=headers).status_code

    assert [asked(0), asked(29), asked(31)] == [200, 200, 401]


def test_a_provider_that_does_not_answer_lets_nobody_in(
    seed_folder: Any, tmp_path: Path, settings: Settings, browser: Callable[[], Any], app: Any
) -> None:
    door = app.state.rooms.door
    object.__setattr__(door.provider.client, "issuer", "http://127.0.0.1:9")

    answered = browser().get("/sign-in/organisation")

    assert answered.status_code == 503
    assert "Nobody can sign in for now" in answered.text


def test_a_provider_under_another_name_is_not_trusted(
    settings: Settings, seed_folder: Any, browser: Callable[[], Any], app: Any
) -> None:
    provider = app.state.rooms.door.provider
    object.__setattr__(provider.client, "issuer", f"{provider.client.issuer}/")

    assert browser().get("/sign-in/organisation").status_code == 503


def test_half_a_connection_is_refused_with_each_fault(settings: Settings) -> None:
    half = settings.model_copy(
        update={
            "oidc_issuer": "http://login.example.gov.uk",
            "oidc_client_id": None,
            "oidc_scope": "profile",
        }
    )

    with pytest.raises(SignInHalfSet) as refused:
        create_app(half)

    assert str(refused.value) == (
        "The marketplace does not start with these settings of the organisation's sign-in:\n"
        "- `MARKETPLACE_OIDC_CLIENT_ID` is missing: set it to what the issuer gave.\n"
        "- `MARKETPLACE_OIDC_ISSUER` is `http://login.example.gov.uk`: set it to an https address "
        "without a query, exactly as the issuer spells it.\n"
        "- `MARKETPLACE_OIDC_SCOPE` is `profile`: it must hold `openid`."
    )
