"""The way from a question to a request, with the keyboard alone and without scripts."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

pytestmark = pytest.mark.browser


@pytest.mark.requirement("ACC-06")
def test_the_keyboard_alone_leads_from_search_to_a_request(person: Any) -> None:
    page = person.sign_in("analyst").open("/")

    person.tab_to("Skip to main content")
    person.tab_to("Search data products")
    page.keyboard.type("payments")
    person.press("Enter")
    expect(page.get_by_role("heading", level=2, name=re.compile("data product"))).to_be_visible()

    person.tab_to("Government payments")
    person.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Government payments")

    person.tab_to("Request access: Spend by supplier")
    person.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Request access")
    person.tab_to("What will you use the data for?")
    page.keyboard.type("To total what each supplier was paid last year")
    person.tab_to("90 days")
    person.press("ArrowUp")
    person.tab_to("Send request")
    person.press("Enter")

    expect(page.get_by_text("Waiting for a decision")).to_be_visible()
    expect(page.get_by_text("30 days")).to_be_visible()
    assert person.complaints == []


def test_the_focus_can_always_be_seen(person: Any) -> None:
    page = person.open("/products/commercial/payments")

    for _ in range(40):
        person.press("Tab")
        seen = page.evaluate(
            """() => {
                const s = getComputedStyle(document.activeElement)
                return document.activeElement === document.body || s.outlineStyle !== 'none'
                    || s.boxShadow !== 'none' || s.backgroundColor === 'rgb(255, 221, 0)'
            }"""
        )
        assert seen, person.focused()


def test_pages_work_without_scripts(chromium: Browser, address: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()

    page.goto(f"{address}/")
    page.fill("#words", "payments")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Government payments").click()
    expect(page.locator("h1")).to_have_text("Government payments")
    page.goto(f"{address}/sign-in?next=/query")
    page.get_by_role("button", name="Sign in as Gwen Pryce").click()
    page.fill("#sql", "select 40 + 2 as answer")
    page.get_by_role("button", name="Run", exact=True).click()

    expect(page.get_by_role("cell", name="42")).to_be_visible()
    context.close()


def test_the_menu_opens_on_a_narrow_screen(chromium: Browser, address: str) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{address}/")

    expect(page.get_by_role("link", name="Find data", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Menu").click()

    expect(page.get_by_role("link", name="Find data", exact=True)).to_be_visible()
    context.close()
