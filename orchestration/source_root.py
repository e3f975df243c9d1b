"""Where a run's source files lie: the sample, a folder, or what was downloaded from an address."""

from pathlib import Path

from marketplace.config import Settings
from orchestration.progress import Progress
from orchestration.sources.downloads import DownloadProgress, fetch_sources
from orchestration.sources.errors import SourceRootMissing
from orchestration.sources.transfers import Limits

ADDRESSES = ("https://", "http://")  # http only to this machine: the download refuses any other


def source_folder(settings: Settings) -> Path | None:
    """The folder to land from, or None where the sources are an address to download from."""
    if settings.sources is None:
        return settings.sample
    return None if settings.sources.startswith(ADDRESSES) else Path(settings.sources)


def fetched_folder(settings: Settings, progress: Progress) -> Path:
    """The folder to land from; from an address what is new there is downloaded first.

    Raises SourceRootMissing, and DownloadRefused and DownloadFailed, which leave what was there.
    """
    folder = source_folder(settings)
    if folder is None:
        return _downloaded(settings, progress)
    if not folder.is_dir():
        raise SourceRootMissing(folder)
    return folder


def _downloaded(settings: Settings, progress: Progress) -> Path:
    def tell(step: DownloadProgress) -> None:
        progress.advance("Downloading sources", step.position, step.total)

    limits = Limits(largest_file=settings.download_limit_mb << 20)
    return fetch_sources(settings.sources or "", settings.home / "downloads", limits, tell).root
