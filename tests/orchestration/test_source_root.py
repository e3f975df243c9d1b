import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from marketplace.config import Settings
from orchestration.progress import Silent
from orchestration.source_root import fetched_folder, source_folder
from orchestration.sources.errors import DownloadRefused, SourceRootMissing


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """An address on this machine, and the folder that it offers."""
    folder = tmp_path / "offered"
    folder.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    service = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=service.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{service.server_port}", folder
    service.shutdown()
    thread.join()
    service.server_close()


def test_without_an_address_the_sample_is_read(tmp_path: Path) -> None:
    assert source_folder(Settings(home=tmp_path)) == tmp_path / "sources"


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, sources=str(tmp_path / "nowhere"))

    with pytest.raises(SourceRootMissing, match="No folder of source files"):
        fetched_folder(settings, Silent())


def test_an_address_is_downloaded_into_a_folder_of_the_same_layout(
    tmp_path: Path, server: tuple[str, Path]
) -> None:
    address, offered = server
    (offered / "learning").mkdir()
    (offered / "learning" / "2026-01.csv").write_text("Record ID\n1\n")
    (offered / "index.json").write_text(json.dumps([{"path": "learning/2026-01.csv"}]))
    settings = Settings(home=tmp_path / "home", sources=address)

    folder = fetched_folder(settings, Silent())

    assert (folder / "learning" / "2026-01.csv").read_text() == "Record ID\n1\n"


def test_a_file_above_the_limit_is_refused(tmp_path: Path, server: tuple[str, Path]) -> None:
    address, offered = server
    (offered / "large.csv").write_bytes(b"x" * ((1 << 20) + 1))
    (offered / "index.json").write_text(json.dumps([{"path": "large.csv"}]))
    settings = Settings(home=tmp_path / "home", sources=address, download_limit_mb=1)

    with pytest.raises(DownloadRefused, match="MARKETPLACE_DOWNLOAD_LIMIT_MB"):
        fetched_folder(settings, Silent())


def test_another_machine_without_tls_is_refused(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, sources="http://data.example/files")

    with pytest.raises(DownloadRefused, match="https"):
        fetched_folder(settings, Silent())
