"""What pages are drawn from: formats, lineage, results, errors; without a server."""

import inspect
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError

from marketplace.access import errors as access_errors
from marketplace.errors import MarketplaceError
from marketplace.index import errors as index_errors
from marketplace.index.model import LineageNode
from marketplace.query import errors as query_errors
from marketplace.web import assets, formats, urls
from marketplace.web.errors import problem_of
from marketplace.web.exports import Format, format_of
from marketplace.web.lineage import picture
from marketplace.web.pages.checks import Tally
from marketplace.web.pages.page import Page, Shell
from marketplace.web.pages.search import _steps
from marketplace.web.templating import environment, markdown, render
from marketplace.web.terms import marking_of
from marketplace.web.twin import plain

NOW = datetime(2026, 7, 1, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (formats.moment(NOW), "1 July 2026 at 1:05pm"),
        (formats.moment(datetime(2026, 1, 1, 0, 7, tzinfo=UTC)), "1 January 2026 at 12:07am"),
        (formats.day(date(2026, 3, 9)), "9 March 2026"),
        (formats.counted(1, "row"), "1 row"),
        (formats.counted(11_214_848, "row"), "11,214,848 rows"),
        (formats.age(datetime(2026, 6, 28, tzinfo=UTC), NOW), "3 days ago"),
        (formats.age(None, NOW), "not known"),
        (formats.seconds(0.0123), "12 ms"),
        (formats.words("team:commercial-stewards"), "Commercial stewards"),
        (formats.label("unchecked"), "Not checked"),
        (formats.label("OFFICIAL-SENSITIVE"), "OFFICIAL-SENSITIVE"),
        (formats.ticked("`a<b>` is <i>"), '<code class="app-code">a&lt;b&gt;</code> is &lt;i&gt;'),
        (formats.ticked("an odd ` tick"), "an odd ` tick"),
    ],
)
def test_values_are_written_in_the_service_s_style(shown: str, expected: str) -> None:
    assert shown == expected


def test_only_a_passed_outcome_is_green() -> None:
    outcomes = ("failed", "error", "unchecked", "unknown", "stale", "warnings", "unpublished")

    assert formats.TAGS["passed"][1] == "green"
    assert all(formats.TAGS[outcome][1] != "green" for outcome in outcomes)


@given(st.tuples(*(st.integers(0, 50) for _ in range(4))))
@settings(max_examples=50)
def test_a_tally_s_bar_is_as_long_as_its_parts(counts: tuple[int, int, int, int]) -> None:
    tally = Tally(*counts)

    widths = [width for _, _, width in tally.parts]

    assert len(widths) == sum(count > 0 for count in counts)
    assert not widths or abs(sum(widths) - 100) < 0.1


@st.composite
def _graphs(draw: st.DrawFn) -> tuple[LineageNode, ...]:
    count = draw(st.integers(1, 12))
    kinds = st.sampled_from(["source", "staging", "intermediate", "mart", "port"])
    return tuple(
        LineageNode(
            f"n{i}",
            draw(kinds),
            f"step {i}",
            tuple(f"n{j}" for j in draw(st.sets(st.integers(0, count), max_size=4)) if j != i),
        )
        for i in range(count)
    )


@pytest.mark.requirement("REU-01")
@given(_graphs())
@settings(max_examples=60)
def test_every_step_is_drawn_once_and_no_two_overlap(nodes: tuple[LineageNode, ...]) -> None:
    drawn = picture(nodes, frozenset(), {})

    places = {(box.x, box.y) for box in drawn.boxes}
    assert {box.id for box in drawn.boxes} == {node.id for node in nodes}
    assert len(places) == len(drawn.rows) == len(nodes)
    assert all(box.x + box.width <= drawn.width for box in drawn.boxes)
    assert all(box.y + box.height <= drawn.height for box in drawn.boxes)


def test_upstream_stands_above_downstream() -> None:
    nodes = (
        LineageNode("port:a.b", "port", "a.b", ("model:m",)),
        LineageNode("model:m", "mart", "m", ("source:s.o",)),
        LineageNode("source:s.o", "source", "s.o", ()),
    )

    drawn = picture(nodes, frozenset({"a.b"}), {"a.b": "/there"})

    assert [box.id for box in drawn.boxes] == ["source:s.o", "model:m", "port:a.b"]
    assert [box.is_own for box in drawn.boxes] == [False, False, True]
    assert drawn.rows[2].href == "/there"
    assert drawn.sentence == "From 1 source through 1 model to 1 output port of this product."


@pytest.mark.parametrize(
    ("address", "stays"),
    [
        ("/query?sql=select+1", True),
        ("", False),
        ("//evil", False),
        ("/\\evil", False),
        ("https://evil", False),
        ("/a\nb", False),
        ("/\t/evil", False),
    ],
)
def test_only_addresses_of_this_service_are_local(address: str, stays: bool) -> None:
    assert urls.is_local(address) is stays


@given(st.text(min_size=1, max_size=30))
def test_names_in_addresses_never_add_a_part(name: str) -> None:
    assert urls.evidence(f"unit.{name}", name).count("/") == 4


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", Format.JSON),
        ("*/*", Format.JSON),
        ("text/csv;q=0.9", Format.CSV),
        ("image/png, application/vnd.apache.parquet", Format.PARQUET),
        ("application/vnd.apache.arrow.stream, text/csv", Format.ARROW),
    ],
)
def test_the_accept_header_chooses_the_format(accept: str, expected: Format) -> None:
    assert format_of(accept) is expected


def test_the_most_sensitive_marking_speaks_for_all() -> None:
    assert marking_of(["OFFICIAL", "OFFICIAL-SENSITIVE", "OFFICIAL"]) == "OFFICIAL-SENSITIVE"
    assert marking_of([]) == "OFFICIAL"


def test_pages_of_results_are_listed_with_gaps() -> None:
    steps = _steps([("words", "pay")], 5, 9)

    assert [step.get("number", "…") for step in steps] == [1, "…", 4, 5, 6, "…", 9]
    assert steps[0]["href"] == "/search?words=pay"


def test_the_twin_keeps_exact_values() -> None:
    value = {
        "at": NOW,
        "pounds": Decimal("0.10"),
        "names": frozenset({"b", "a"}),
        "nan": float("nan"),
    }

    assert plain(value) == {
        "at": "2026-07-01T12:05:00+00:00",
        "pounds": "0.10",
        "names": ["a", "b"],
        "nan": "nan",
    }


def test_markdown_demotes_headings_and_keeps_html_as_text() -> None:
    drawn = markdown("# Title\n\n<img src=x onerror=alert(1)> [x](javascript:alert(1))")

    assert '<h3 class="govuk-heading-m">Title</h3>' in drawn
    assert "<img" not in drawn
    assert 'href="javascript' not in drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bare(Page):
    template: ClassVar[str] = "search.html"


def test_a_page_that_lacks_what_its_template_needs_is_a_fault() -> None:
    shell = Shell(None, "", "development", "/", "1")

    with pytest.raises(UndefinedError, match="`_Bare` has no `words`"):
        render(environment(), _Bare(title="x"), shell)


def _leaves(module: Any) -> list[type[Exception]]:
    found = [c for _, c in inspect.getmembers(module, inspect.isclass)]
    errors = [
        c for c in found if issubclass(c, MarketplaceError) and c.__module__ == module.__name__
    ]
    return [c for c in errors if not c.__subclasses__()]


# Raised when the process starts, never by a request.
_AT_START = {"PeopleUnavailable", "StateTooNew", "GroupsUnreadable"}


@pytest.mark.parametrize(
    "error",
    [
        error
        for module in (access_errors, query_errors, index_errors)
        for error in _leaves(module)
        if error.__name__ not in _AT_START
    ],
    ids=lambda error: error.__name__,
)
def test_every_refusal_of_another_room_has_a_status_of_its_own(error: type[Exception]) -> None:
    problem = problem_of(error.__new__(error))

    assert problem.code != "unexpected"
    assert 400 <= problem.status < 600


def test_every_component_that_a_page_uses_is_in_the_stylesheet() -> None:
    web = Path(assets.__file__).parent
    govuk = web.parents[1] / "node_modules" / "govuk-frontend" / "dist" / "govuk"
    pages = "".join(path.read_text() for path in (web / "templates").rglob("*.html"))
    style = (web / "static" / "styles" / "main.scss").read_text()
    names = {path.name for path in (govuk / "components").iterdir() if path.is_dir()}
    used = {name for name in names if re.search(rf"govuk-{name}(?=[\s\"]|__|--)", pages)}

    assert {"button", "checkboxes", "table"} <= used
    assert {name for name in used if f'components/{name}"' not in style} == set()
