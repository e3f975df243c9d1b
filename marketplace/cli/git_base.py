"""What git says of the contracts: which differ from a base, and what they said there."""

import subprocess
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from marketplace.errors import MarketplaceError

_DEFAULTS = ("origin/main", "main", "HEAD")


class NoGitBase(MarketplaceError):
    """There is no git history, or no such reference, to compare the contracts with."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"The contracts cannot be compared with a git base: {reason}. Run it in a checkout, "
            "and name a branch, tag or commit that was fetched, as in `--base origin/main`."
        )


@dataclass(frozen=True, slots=True)
class GitBase:
    """A commit that the working tree is compared with."""

    project: Path
    commit: str
    name: str  # as people name it

    def changed(self) -> tuple[PurePosixPath, ...]:
        """The contracts that differ from the base, or are new or gone, below the project."""
        differing = _git(
            self.project, "diff", "--name-only", "--relative", self.commit, "--", *_WHERE
        )
        new = _git(self.project, "ls-files", "--others", "--exclude-standard", "--", *_WHERE)
        names = sorted({*differing.splitlines(), *new.splitlines()})
        return tuple(PurePosixPath(name) for name in names if name.endswith(".odcs.yaml"))

    def content(self, path: PurePosixPath) -> bytes | None:
        """What the file said at the base; None where it was not there."""
        found = _run(self.project, "show", f"{self.commit}:./{path}")
        return found.stdout if found.returncode == 0 else None


_WHERE = ("contracts",)


def git_base(project: Path, reference: str | None) -> GitBase:
    """The commit at which the working tree left `reference`; main where none is named.

    Raises NoGitBase.
    """
    if _run(project, "rev-parse", "--verify", "--quiet", "HEAD").returncode != 0:
        raise NoGitBase(f"`{project}` has no git history")
    for name in (reference,) if reference else _DEFAULTS:
        if name.startswith("-"):
            break
        found = _run(project, "merge-base", name, "HEAD")
        if found.returncode == 0:
            return GitBase(project, found.stdout.decode().strip(), name)
    raise NoGitBase(f"`{reference}` is not known here")


def _git(project: Path, *arguments: str) -> str:
    found = _run(project, *arguments)
    if found.returncode != 0:
        raise NoGitBase(found.stderr.decode(errors="replace").strip().splitlines()[-1])
    return found.stdout.decode()


def _run(project: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = ["git", "-C", str(project), "-c", "core.quotePath=false", *arguments]
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=60)  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        raise NoGitBase(f"git does not run ({error})") from error
