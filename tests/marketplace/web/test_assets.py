"""The compiled stylesheet: nothing that only GOV.UK may use, and nothing built twice."""

from pathlib import Path

import pytest

from marketplace.web import assets


def test_the_stylesheet_has_no_licensed_typeface_crown_or_crest() -> None:
    css = (assets.BUILD / "main.css").read_text()

    for refused in ("GDS Transport", "crest", "@font-face", "url("):
        assert refused not in css


def test_no_template_names_the_crown_or_another_site() -> None:
    for template in (assets.STATIC.parent / "templates").glob("*.html"):
        text = template.read_text()
        assert "govukHeader" not in text and "govukFooter" not in text
        assert 'src="http' not in text and 'href="http' not in text


def test_a_missing_npm_is_one_clear_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(assets, "BUILD", tmp_path)

    with pytest.raises(assets.AssetsNotBuilt, match="there is no `no-such-npm` on the PATH"):
        assets.build_assets("no-such-npm")


def test_nothing_is_built_from_unchanged_sources(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(assets, "BUILD", tmp_path)
    (tmp_path / "main.css").write_text("body{}")
    (tmp_path / ".built-from").write_text(assets.digest(assets._sources()))

    assert assets.build_assets("no-such-npm") is False


def test_a_missing_stylesheet_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(assets.AssetsNotBuilt, match=r"python -m marketplace\.web\.assets"):
        assets.assets_version(tmp_path)
