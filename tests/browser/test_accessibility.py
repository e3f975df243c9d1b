"""Every page template has no WCAG 2.2 AA violation that axe finds, wide and narrow."""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

_RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}
_TEMPLATES = Path(__file__).parents[2] / "marketplace" / "web" / "templates"

# Template -> who opens it, and where. What needs something done first is in `_prepared`.
PAGES = {
    "home.html": ("", "/"),
    "search.html": ("", "/search?words=payments"),
    "product.html": ("analyst", "/products/commercial/payments"),
    "port.html": ("", "/products/people/learning_records/ports/learning_records"),
    "quality.html": ("", "/products/commercial/payments/ports/payments/quality"),
    "impact.html": ("steward", "/products/commercial/payments/ports/payments/impact"),
    "problem.html": ("", "/nothing"),
    "roles.html": ("", "/roles"),
    "help.html": ("", "/help"),
    "accessibility.html": ("", "/accessibility"),
    "sign_in.html": ("", "/sign-in"),
    "request_choose.html": ("analyst", "/access/requests/new"),
    "request_new.html": ("analyst", "/access/requests/new?port=commercial.payments"),
    "requests.html": ("governance", "/access/requests"),
    "inbox.html": ("steward", "/access/inbox"),
    "grants.html": ("steward", "/access/grants"),
    "query.html": ("engineer", "/query"),
    "log.html": ("steward", "/log"),
    "products_log.html": ("steward", "/log/products"),
    "audit.html": ("auditor", "/audit"),
    "quarantine.html": ("steward", "/quarantine"),
    "candidate.html": ("owner", "candidate"),
    "held_ports.html": ("steward", "/held"),
    "held.html": ("steward", "/held/commercial/payments"),
    "notifications.html": ("owner", "/notifications"),
    "rejects.html": ("steward", "/rejects/payments_ledger"),
    "sessions.html": ("governance", "/sessions"),
    "tokens.html": ("analyst", "/tokens"),
    "evidence.html": ("", "evidence"),
    "evidence_history.html": ("steward", "/evidence/commercial/payments"),
    "request.html": ("", "request"),
    "issues.html": ("steward", "/issues"),
    "issue_new.html": ("steward", "/issues/new?port=commercial.payments"),
    "issue.html": ("owner", "issue"),
    "plans.html": ("governance", "/plans"),
    "plan.html": ("steward", "plan"),
    "alerts.html": ("governance", "/alerts"),
    "alert.html": ("governance", "alert"),
    "canaries.html": ("governance", "/alerts/canaries"),
    "conditions.html": ("governance", "/access/conditions"),
    "emergencies.html": ("governance", "/access/emergencies"),
}


def violations(page: Any) -> list[str]:
    """What axe finds, one line each."""
    found = Axe().run(page, options=_RULES).response["violations"]
    return [
        f"{each['id']}: {node['target']} {node.get('failureSummary', '')[:300]}"
        for each in found
        for node in each["nodes"]
    ]


def test_every_template_is_in_the_table() -> None:
    templates = {path.name for path in _TEMPLATES.glob("*.html") if path.name[0] != "_"}

    assert templates - {"base.html"} == set(PAGES)


@pytest.mark.requirement("ACC-06")
@pytest.mark.parametrize(
    "person",
    [
        pytest.param(1280, id="wide"),
        pytest.param(390, id="narrow", marks=pytest.mark.slow),
    ],
    indirect=True,
)
@pytest.mark.parametrize("template", PAGES)
def test_a_page_has_no_violation(person: Any, template: str) -> None:
    who, path = PAGES[template]
    if who:
        person.sign_in(who)
    page = _prepared(person, path)

    _open_everything(page)

    assert violations(page) == []
    assert person.complaints == []
    assert page.locator("h1").count() == 1
    assert _is_as_wide_as_the_screen(page)


@pytest.mark.parametrize("person", [390], indirect=True, ids=["narrow"])
def test_no_page_is_wider_than_a_phone(person: Any) -> None:
    person.sign_in("steward")

    for _, path in PAGES.values():
        if path.startswith("/"):
            page = person.open(path)
            _open_everything(page)
            assert _is_as_wide_as_the_screen(page), path


@pytest.mark.requirement("ACC-06")
@pytest.mark.parametrize(
    ("path", "button"),
    [
        ("/access/requests/new?port=people.learning_records", "Send request"),
        ("/tokens", "Make token"),
        ("/query", "Run"),
    ],
)
def test_a_form_with_faults_has_no_violation_and_takes_the_focus(
    person: Any, path: str, button: str
) -> None:
    page = person.sign_in("governance").open(path)

    page.get_by_role("button", name=button, exact=True).click()

    assert violations(page) == []
    assert "govuk-error-summary" in page.evaluate("document.activeElement.className")


@pytest.mark.requirement("ACC-06")
def test_results_and_decisions_have_no_violation(person: Any, other: Any) -> None:
    request = _ask(person.sign_in("engineer"), "commercial.payments")
    page = other.sign_in("steward").open(request)
    shown_form = violations(page)
    page.get_by_label("Approve").check()
    page.get_by_role("button", name="Send decision").click()
    decided = violations(page)

    asked = person.open("/query")
    asked.fill("#sql", "select * from commercial.payments limit 5")
    asked.get_by_role("button", name="Run", exact=True).click()
    asked.get_by_role("heading", name="5 rows").wait_for()
    result = violations(asked)
    granted = violations(person.open("/access/grants"))

    assert shown_form == decided == result == granted == []


def _ask(person: Any, port: str) -> str:
    page = person.open(f"/access/requests/new?port={port}")
    page.fill("#purpose", "To see whether the page can be used")
    page.get_by_role("button", name="Send request").click()
    return str(page.url.removeprefix(person.address))


def _report(person: Any, port: str) -> None:
    page = person.open(f"/issues/new?port={port}")
    page.fill("#title", "Names are misspelt")
    page.fill("#description", "In every tenth row.")
    page.get_by_label("Low").check()
    page.get_by_role("button", name="Open issue").click()


def _prepared(person: Any, path: str) -> Any:
    if path == "evidence":
        page = person.open("/products/commercial/payments/ports/payments")
        page.get_by_role("link", name="See the evidence").click()
        return page
    if path == "candidate":
        page = person.open("/quarantine")
        page.get_by_role("link", name="commercial.supplier_spend").first.click()
        return page
    if path == "issue":
        listed = person.open("/issues?port=people.learning_records")
        if listed.get_by_role("link", name="Names are misspelt").count():
            listed.get_by_role("link", name="Names are misspelt").first.click()
        else:
            _report(person, "people.learning_records")
        return person.page
    if path == "plan":
        person.open("/plans").get_by_role("link", name="supplier_name").click()
        return person.page
    if path == "alert":
        person.open("/alerts").get_by_role("link", name="by Emil Novak").first.click()
        return person.page
    if path == "request":
        listed = person.sign_in("governance").open("/access/requests")
        if listed.get_by_role("link", name="commercial.payments").count():
            listed.get_by_role("link", name="commercial.payments").first.click()
        else:
            _ask(person, "commercial.payments")
        return person.page
    return person.open(path)


def _open_everything(page: Any) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")


def _is_as_wide_as_the_screen(page: Any) -> bool:
    return bool(
        page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
    )
