"""The index's files: a folder per generation, and a pointer that names the one in use.

`<folder>/current` holds a generation's name; `<folder>/<generation>/` holds `listings.json` and
the words in `text/`. All of it is derived and can be deleted and built again.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from marketplace.index.documents import listing_from, to_document
from marketplace.index.errors import IndexUnreadable
from marketplace.index.model import Listing
from marketplace.index.text_index import TextIndex, write_text_index

_FORMAT = 1  # of the files; another number makes another generation
_POINTER = "current"
_KEPT = 3  # generations: a reader may still be opening the one before


@dataclass(frozen=True, slots=True)
class Generation:
    """One state of the index, as readers hold it."""

    name: str
    listings: tuple[Listing, ...]
    text: TextIndex | None  # None: nothing was ever indexed


EMPTY = Generation("", (), None)


@contextmanager
def replacing_generation(folder: Path) -> Iterator[None]:
    """The right to replace the generation, held by one process at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".replacing", timeout=300):
        yield


def write_generation(listings: tuple[Listing, ...], folder: Path) -> str:
    """Write a generation beside the current one, then point to it. Needs `replacing_generation`."""
    text = json.dumps({"format": _FORMAT, "listings": to_document(listings)}, sort_keys=True)
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    if current_name(folder) == name and (folder / name).is_dir():
        return name
    built = folder / f"{name}.building"
    shutil.rmtree(built, ignore_errors=True)
    shutil.rmtree(folder / name, ignore_errors=True)  # an older one of this name, not pointed to
    (built / "text").mkdir(parents=True)
    (built / "listings.json").write_text(text, encoding="utf-8")
    write_text_index(listings, built / "text")
    built.rename(folder / name)
    pointer = folder / f"{_POINTER}.new"
    pointer.write_text(name, encoding="utf-8")
    pointer.replace(folder / _POINTER)
    _remove_old(folder)
    return name


def current_name(folder: Path) -> str | None:
    """The generation that is pointed to; None before the first build."""
    try:
        return (folder / _POINTER).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None


def read_generation(folder: Path, name: str) -> Generation:
    """The generation of this name. Raises IndexUnreadable."""
    try:
        document = json.loads((folder / name / "listings.json").read_text(encoding="utf-8"))
        if document["format"] != _FORMAT:
            raise IndexUnreadable(name, f"its format is `{document['format']}`, not `{_FORMAT}`")
        listings = tuple(listing_from(each) for each in document["listings"])
        return Generation(name, listings, TextIndex.open(folder / name / "text"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexUnreadable(name, f"{type(error).__name__}: {error}") from error


def _remove_old(folder: Path) -> None:
    generations = [path for path in folder.iterdir() if path.is_dir()]
    newest_first = sorted(generations, key=lambda path: path.stat().st_mtime_ns, reverse=True)
    current = current_name(folder)
    for path in [path for path in newest_first if path.name != current][_KEPT - 1 :]:
        shutil.rmtree(path, ignore_errors=True)
