"""Sources by URL, against a real HTTP server on this machine."""

import hashlib
import json
import threading
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from orchestration.sources.addresses import check_address, check_redirect, safe_path
from orchestration.sources.downloads import fetch_sources
from orchestration.sources.errors import DownloadFailed, DownloadRefused
from orchestration.sources.transfers import Limits

QUICK = Limits(largest_file=100_000, timeout_seconds=5, redirects=2, attempts=2)
CONTENT = bytes(range(256)) * 40


@dataclass
class Site:
    """What the server has, how it misbehaves, and what it was asked."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    cut_after: dict[str, int] = field(default_factory=dict)  # bytes, once per path
    statuses: dict[str, list[int]] = field(default_factory=dict)  # answered first
    asked: list[tuple[str, str | None]] = field(default_factory=list)  # path, Range
    has_length: bool = True

    def index(self, **files: bytes) -> None:
        """Serves files and an index that gives their hashes and sizes."""
        self.files.update({f"/{name}": content for name, content in files.items()})
        self.files["/index.json"] = json.dumps(
            [
                {"path": name, "sha256": hashlib.sha256(c).hexdigest(), "bytes": len(c)}
                for name, c in files.items()
            ]
        ).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, site, *arguments):
        self.site = site
        super().__init__(*arguments)

    def do_GET(self):
        site, path, asked = self.site, self.path, self.headers.get("Range")
        site.asked.append((path, asked))
        if site.statuses.get(path):
            self._empty(site.statuses[path].pop(0))
            return
        if path in site.redirects:
            self._empty(302, Location=site.redirects[path])
            return
        content = site.files.get(path)
        if content is None:
            self._empty(404)
            return
        tag = f'"{hashlib.sha256(content).hexdigest()[:8]}"'
        if self.headers.get("If-None-Match") == tag:
            self._empty(304)
            return
        begin = 0
        if asked is not None and self.headers.get("If-Range") == tag:
            begin = int(asked.removeprefix("bytes=").rstrip("-"))
        self._send(path, content, begin, tag)

    def _send(self, path, content, begin, tag):
        if begin > len(content):
            self._empty(416)
            return
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        self.send_header("ETag", tag)
        body = content[begin:]
        if self.site.has_length:
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        cut = self.site.cut_after.pop(path, None)
        self.wfile.write(body if cut is None else body[:cut])
        self.close_connection = True

    def _empty(self, status, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def site():
    """A server on a free port of the loopback address."""
    made = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, made))
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_index_is_fetched_into_a_source_root(site, tmp_path):
    site.index(**{"payments/2024/a b.csv": b"one", "b.csv": b"two"})
    site.files["/payments/2024/a%20b.csv"] = b"one"
    said = []

    downloads = fetch_sources(site.url + "/", tmp_path, QUICK, said.append)

    assert (downloads.root / "payments/2024/a b.csv").read_bytes() == b"one"
    assert [(e.bytes, e.sha256) for e in downloads.files] == [
        (3, hashlib.sha256(b"two").hexdigest()),
        (3, hashlib.sha256(b"one").hexdigest()),
    ]
    assert [(e.path, e.position, e.total, e.was_kept) for e in said] == [
        ("payments/2024/a b.csv", 1, 2, False),
        ("b.csv", 2, 2, False),
    ]


def test_files_that_the_index_still_describes_are_not_asked_for_again(site, tmp_path):
    site.index(**{"a.csv": CONTENT})
    fetch_sources(site.url, tmp_path, QUICK)
    site.asked.clear()

    assert fetch_sources(site.url, tmp_path, QUICK).fetched == 0
    assert site.asked == [("/index.json", None)]


def test_without_checksums_the_server_is_asked_whether_a_file_changed(site, tmp_path):
    site.files = {"/MANIFEST.csv": b"path,rows\na.csv,1\n", "/a.csv": b"one"}
    first = fetch_sources(site.url, tmp_path, QUICK)
    assert fetch_sources(site.url, tmp_path, QUICK).fetched == 0
    site.files["/a.csv"] = b"two"

    second = fetch_sources(site.url, tmp_path, QUICK)

    assert (first.fetched, second.fetched) == (1, 1)
    assert (second.root / "a.csv").read_bytes() == b"two"


def test_a_file_that_the_index_no_longer_names_is_removed(site, tmp_path):
    site.index(**{"a.csv": b"one", "b.csv": b"two"})
    fetch_sources(site.url, tmp_path, QUICK)
    site.index(**{"b.csv": b"two"})

    downloads = fetch_sources(site.url, tmp_path, QUICK)

    assert downloads.removed == ("a.csv",)
    assert [path.name for path in downloads.root.iterdir()] == ["b.csv"]


def test_single_files_are_fetched_below_their_own_path(site, tmp_path):
    site.files = {"/spend/2024.csv": b"one"}

    downloads = fetch_sources([f"{site.url}/spend/2024.csv"], tmp_path, QUICK)

    assert (downloads.root / "spend/2024.csv").read_bytes() == b"one"


def test_a_broken_transfer_continues_where_it_stopped(site, tmp_path):
    site.index(**{"a.csv": CONTENT})
    site.cut_after["/a.csv"] = 4_000

    downloads = fetch_sources(site.url, tmp_path, QUICK)

    assert (downloads.root / "a.csv").read_bytes() == CONTENT
    assert [asked for path, asked in site.asked if path == "/a.csv"] == [None, "bytes=4000-"]


def test_a_part_is_kept_for_the_next_run_when_the_line_stays_broken(site, tmp_path):
    site.index(**{"a.csv": CONTENT})
    site.cut_after["/a.csv"] = 4_000
    with pytest.raises(DownloadFailed, match="What arrived is kept: run again"):
        fetch_sources(site.url, tmp_path, Limits(attempts=1))
    site.asked.clear()

    fetch_sources(site.url, tmp_path, QUICK)

    assert ("/a.csv", "bytes=4000-") in site.asked


def test_a_part_of_a_file_that_changed_is_not_continued(site, tmp_path):
    site.files = {"/index.json": b'["a.csv"]', "/a.csv": CONTENT}
    site.cut_after["/a.csv"] = 4_000
    with pytest.raises(DownloadFailed):
        fetch_sources(site.url, tmp_path, Limits(attempts=1))
    site.files["/a.csv"] = CONTENT[::-1]

    downloads = fetch_sources(site.url, tmp_path, QUICK)

    assert (downloads.root / "a.csv").read_bytes() == CONTENT[::-1]


def test_a_server_in_trouble_is_asked_again(site, tmp_path):
    site.index(**{"a.csv": b"one"})
    site.statuses["/a.csv"] = [503]

    assert fetch_sources(site.url, tmp_path, QUICK).fetched == 1


def test_a_wrong_checksum_is_refused_and_nothing_kept(site, tmp_path):
    site.index(**{"a.csv": b"one"})
    site.files["/a.csv"] = b"two"

    with pytest.raises(DownloadRefused) as refused:
        fetch_sources(site.url, tmp_path, QUICK)

    assert str(refused.value) == (
        f"The download of `{site.url}/a.csv` was refused: its SHA-256 is "
        f"`{hashlib.sha256(b'two').hexdigest()}`, the index says "
        f"`{hashlib.sha256(b'one').hexdigest()}`"
    )
    assert not [path for path in tmp_path.rglob("*") if path.name in {"a.csv"}]
    assert not list(tmp_path.rglob("*.part"))


def test_a_size_other_than_the_index_says_is_refused(site, tmp_path):
    site.files = {"/index.json": b'[{"path": "a.csv", "bytes": 4}]', "/a.csv": b"one"}

    with pytest.raises(DownloadRefused, match="3 bytes, the index says 4"):
        fetch_sources(site.url, tmp_path, QUICK)


def test_a_file_that_the_index_declares_too_large_is_not_asked_for(site, tmp_path):
    site.files = {"/index.json": b'[{"path": "a.csv", "bytes": 100001}]'}

    with pytest.raises(DownloadRefused, match="at most 100,000 are accepted"):
        fetch_sources(site.url, tmp_path, QUICK)

    assert site.asked == [("/index.json", None)]


@pytest.mark.parametrize("has_length", [True, False], ids=["declared", "as it arrives"])
def test_a_file_that_is_too_large_is_refused(site, tmp_path, has_length):
    site.files = {"/index.json": b'["a.csv"]', "/a.csv": b"x" * 100_001}
    site.has_length = has_length

    with pytest.raises(DownloadRefused, match="raise MARKETPLACE_DOWNLOAD_LIMIT_MB"):
        fetch_sources(site.url, tmp_path, QUICK)

    assert not list(tmp_path.rglob("*.part"))


def test_redirects_on_the_same_host_are_followed_and_counted(site, tmp_path):
    site.files = {"/index.json": b'["a.csv"]', "/c.csv": b"one"}
    site.redirects = {"/a.csv": "/b.csv", "/b.csv": "/c.csv"}
    assert fetch_sources(site.url, tmp_path, QUICK).fetched == 1

    site.redirects["/c.csv"] = "/a.csv"
    site.files["/index.json"] = b'["d.csv"]'
    site.redirects["/d.csv"] = "/a.csv"
    with pytest.raises(DownloadRefused, match="it redirects more than 2 times"):
        fetch_sources(site.url, tmp_path, QUICK)


@pytest.mark.parametrize("target", ["http://example.org/a", "file:///etc/passwd", "ftp://h/a"])
def test_a_redirect_to_what_would_not_be_accepted_is_refused(site, tmp_path, target):
    site.files = {"/index.json": b'["a.csv"]'}
    site.redirects = {"/a.csv": target}

    with pytest.raises(DownloadRefused):
        fetch_sources(site.url, tmp_path, QUICK)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.7", "169.254.169.254", "::1", "fe80::1%2"]
)
def test_a_public_host_cannot_redirect_to_a_private_address(address):
    with pytest.raises(DownloadRefused, match="which is not a public address"):
        check_redirect("https://data.example/a", "https://inside.example/b", lambda _: (address,))


def test_a_redirect_to_another_public_host_is_followed():
    check_redirect("https://a.example/a", "https://b.example/b", lambda _: ("151.101.0.144",))


def test_a_redirect_from_https_to_loopback_http_is_refused():
    with pytest.raises(DownloadRefused, match="another scheme"):
        check_redirect("https://data.example/a", "http://localhost/b")


@pytest.mark.parametrize(
    "url",
    ["http://data.example/a", "ftp://data.example/a", "https://me:secret@data.example", "https://"],
)
def test_addresses_that_are_not_plain_https_are_refused(url):
    with pytest.raises(DownloadRefused) as refused:
        check_address(url)

    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "path",
    [
        "../a",
        "a/../../b",
        "/etc/passwd",
        "a//b",
        "",
        ".",
        "a\\b",
        "c:/a",
        "a\nb",
        "a\x00",
        "x" * 201,
    ],
    ids=ascii,
)
def test_a_path_that_leaves_its_folder_is_refused(path):
    with pytest.raises(DownloadRefused, match="expected one below its own folder"):
        safe_path(path, "https://data.example/index.json")


@pytest.mark.parametrize(
    ("index", "reason"),
    [
        (b"{", "it is not JSON"),
        (b"7", "expected a list"),
        (b'[{"name": "a"}]', "expected a `path` in each row"),
        (b'["a.csv", "A.csv"]', "it names `A.csv` twice"),
        (b'[{"path": "a", "sha256": "x"}]', "is not 64 hexadecimal digits"),
        (b'[{"path": "a", "bytes": "-1"}]', "is not a whole number"),
        (b'["../a.csv"]', "it names the path `../a.csv`"),
    ],
    ids=["no JSON", "no list", "no path", "twice", "sha256", "bytes", "traversal"],
)
def test_an_index_that_is_not_understood_is_refused_before_any_file(site, tmp_path, index, reason):
    site.files = {"/index.json": index, "/a.csv": b"one"}

    with pytest.raises(DownloadRefused, match=reason):
        fetch_sources(site.url, tmp_path, QUICK)

    assert site.asked == [("/index.json", None)]


def test_an_address_without_an_index_says_what_is_expected(site, tmp_path):
    with pytest.raises(DownloadRefused) as refused:
        fetch_sources(site.url, tmp_path, QUICK)

    assert str(refused.value) == (
        f"The download of `{site.url}` was refused: it has neither `index.json` nor "
        "`MANIFEST.csv`: expected one of them"
    )


def test_a_file_that_the_server_does_not_have_is_named(site, tmp_path):
    site.files = {"/index.json": b'["a.csv"]'}

    with pytest.raises(DownloadRefused, match=r"/a.csv` was refused: the server answered 404"):
        fetch_sources(site.url, tmp_path, QUICK)


def test_a_server_that_is_not_there_is_a_failure(tmp_path):
    with pytest.raises(DownloadFailed, match="ConnectError"):
        fetch_sources("http://127.0.0.1:9", tmp_path, QUICK)
