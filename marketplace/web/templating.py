"""Templates: compiled once, escaped always, strict about what a page promises them."""

from dataclasses import is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import (
    ChainableUndefined,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    UndefinedError,
)
from markdown_it import MarkdownIt
from markupsafe import Markup

from marketplace.web import formats, urls
from marketplace.web.pages.page import Page, Shell
from marketplace.web.twin import plain

_TEMPLATES = Path(__file__).parent / "templates"


class ContractUndefined(ChainableUndefined):
    """Absent parameters of a macro are empty; an absent field of a page is a fault at once."""

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = None,
        name: str | None = None,
        exc: type[Exception] = UndefinedError,
    ) -> None:
        if is_dataclass(obj):
            raise UndefinedError(f"`{type(obj).__name__}` has no `{name}`.")
        super().__init__(hint=hint, obj=obj, name=name, exc=exc)  # type: ignore[arg-type]


@cache
def environment() -> Environment:
    """The templates of the pages and of the GOV.UK Design System."""
    made = Environment(
        loader=ChoiceLoader(
            [
                FileSystemLoader(_TEMPLATES),
                PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
            ]
        ),
        autoescape=True,
        undefined=ContractUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,  # every compiled template stays: there are about a hundred
    )
    made.filters.update(
        words=formats.words,
        label=formats.label,
        licence=formats.licence,
        day=formats.day,
        moment=formats.moment,
        number=formats.number,
        counted=formats.counted,
        seconds=formats.seconds,
        age=formats.age,
        short=formats.short,
        cell=formats.cell,
        ticked=formats.ticked,
        markdown=markdown,
        plain=plain,
    )
    made.globals.update(urls=urls, tags=formats.TAGS)
    return made


def render(templates: Environment, page: Page, shell: Shell) -> str:
    """`page` drawn by its template inside `shell`."""
    return templates.get_template(page.template).render(page=page, shell=shell)


def markdown(text: str, first_level: int = 3) -> Markup:
    """CommonMark as HTML whose top heading is `first_level`; raw HTML in it stays text."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            level = min(6, int(token.tag[1]) + first_level - 1)
            token.tag = f"h{level}"
            if token.nesting == 1:
                token.attrSet("class", f"govuk-heading-{'s' if level > 3 else 'm'}")
        elif token.type in _CLASSES:
            token.attrSet("class", _CLASSES[token.type])
        for inner in token.children or ():
            if inner.type in _CLASSES:
                inner.attrSet("class", _CLASSES[inner.type])
    # The parser escapes all text and refuses javascript: addresses; it is given no raw HTML.
    return Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704


_CLASSES = {
    "paragraph_open": "govuk-body",
    "bullet_list_open": "govuk-list govuk-list--bullet",
    "ordered_list_open": "govuk-list govuk-list--number",
    "link_open": "govuk-link",
    "code_inline": "app-code",
    "table_open": "govuk-table",
    "th_open": "govuk-table__header",
    "td_open": "govuk-table__cell",
}
