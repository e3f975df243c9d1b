"""Where a run's source files lie: the sample, a folder, or what was downloaded from an address."""

from pathlib import Path

from marketplace.config import Settings
from orchestration.progress import Progress


def source_folder(settings: Settings) -> Path | None:
    """The folder to land from, or None where the sources are an address to download from."""
    if settings.sources is None:
        return settings.sample
    if settings.sources.startswith(("https://", "http://")):
        return None
    return Path(settings.sources)


def fetched_folder(settings: Settings, progress: Progress) -> Path:
    """The folder to land from; an address is downloaded first, as far as it has changed.

    Raises DownloadRefused and DownloadFailed, which leave what was there before.
    """
    folder = source_folder(settings)
    if folder is not None:
        return folder
    raise NotImplementedError
