"""Fetching against a server and an index that misbehave: one clear error, and the last good copy stays."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from fault_server import (
    FaultServer,
    broken,
    drip,
    gzipped,
    ok,
    redirect,
    status,
    without_length,
)
from retorsion.errors import FetchError
from retorsion.sources.sidecar import Artifact, Licence, Sidecar, SourceFile
from retorsion.sources.transfer.fetch import fetch
from retorsion.sources.transfer.https import Transfer, download

BODY = b"year,value\n" + b"".join(b"%d,%d\n" % (year, year * 7) for year in range(1900, 2100))
OLD = b"year,value\n1899,1\n"
ETAG = '"first"'


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def sidecar(address: str, content: bytes = BODY, wheel: bytes | None = None) -> Sidecar:
    return Sidecar(
        id="flows",
        title="Flows",
        kind="fetched",
        producer="A ministry",
        description="Flows.",
        processing="None.",
        citation="A ministry, Flows.",
        url=None,
        url_download=address,
        date_published=None,
        date_accessed=None,
        licence=Licence(None, None),
        files=(SourceFile("files/flows.csv", sha256(content), len(content)),),
        reader="flows",
        coverage="All.",
        update_cadence="yearly",
        artifact=None if wheel is None else Artifact(sha256(wheel), len(wheel)),
    )


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    with FaultServer() as running:
        yield running


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def get(tmp_path: Path, pauses: list[float]) -> Callable[..., Path]:
    """Fetch into a folder that holds an older good copy, patiently in attempts but not in time."""
    (tmp_path / "flows.csv").write_bytes(OLD)

    def run(source: Sidecar, **changes: float) -> Path:
        transfer = Transfer(attempts=3, timeout_seconds=5, pause=pauses.append)
        return fetch(
            source,
            tmp_path,
            progress=False,
            transfer=replace(transfer, **changes),  # type: ignore[arg-type]
            allow_insecure_hosts={"127.0.0.1"},
        )

    return run


def refused(get: Callable[..., Path], source: Sidecar, tmp_path: Path, *told: str, **changes: float) -> str:
    """The message of the one error, after checking that the last good copy is all there is."""
    with pytest.raises(FetchError) as caught:
        get(source, **changes)
    message = str(caught.value)
    assert message.startswith("flows: ")
    assert "\n" not in message
    for part in told:
        assert part in message
    assert (tmp_path / "flows.csv").read_bytes() == OLD
    assert not list(tmp_path.glob("*.new"))
    return message


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "flows.csv")


# --- over HTTPS --------------------------------------------------------------------------------------------


def test_a_download_replaces_the_file_and_a_second_one_asks_nothing(
    server: FaultServer, get: Callable[..., Path], tmp_path: Path
) -> None:
    source = sidecar(server.script("/flows.csv", ok(BODY)))
    assert get(source) == tmp_path / "flows.csv"
    assert (tmp_path / "flows.csv").read_bytes() == BODY
    assert len(server.requests) == 1
    server.stop()
    get(source)
    assert len(server.requests) == 1
    assert leftovers(tmp_path) == []


def test_a_file_that_was_damaged_since_is_fetched_again(
    server: FaultServer, get: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "flows.csv").write_bytes(BODY[:-1] + b" ")
    get(sidecar(server.script("/flows.csv", ok(BODY))))
    assert (tmp_path / "flows.csv").read_bytes() == BODY


@pytest.mark.parametrize("code", [404, 403, 410])
def test_a_missing_page_is_not_asked_for_twice(
    server: FaultServer, get: Callable[..., Path], tmp_path: Path, pauses: list[float], code: int
) -> None:
    refused(
        get, sidecar(server.script("/flows.csv", status(code))), tmp_path, f"answers {code}", "url_download"
    )
    assert len(server.requests) == 1
    assert pauses == []


def test_retry_after_is_honoured(server: FaultServer, get: Callable[..., Path], pauses: list[float]) -> None:
    source = sidecar(server.script("/flows.csv", status(429, Retry_After="7"), ok(BODY)))
    assert get(source).read_bytes() == BODY
    assert pauses == [7.0]


def test_retry_after_may_be_a_date(
    server: FaultServer, get: Callable[..., Path], pauses: list[float]
) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    source = sidecar(server.script("/flows.csv", status(503, Retry_After=later), ok(BODY)))
    assert get(source).read_bytes() == BODY
    (pause,) = pauses
    assert 0 < pause <= 60


def test_retry_after_that_cannot_be_read_counts_as_none(
    server: FaultServer, get: Callable[..., Path], pauses: list[float]
) -> None:
    source = sidecar(server.script("/flows.csv", status(503, Retry_After="soon"), ok(BODY)))
    assert get(source).read_bytes() == BODY
    assert pauses == [1.0]


def test_a_server_that_asks_to_wait_an_hour_is_not_waited_for(
    server: FaultServer, get: Callable[..., Path], tmp_path: Path, pauses: list[float]
) -> None:
    source = sidecar(server.script("/flows.csv", status(429, Retry_After="3600")))
    refused(get, source, tmp_path, "asks to wait 3600 seconds", "Run again")
    assert pauses == []


def test_a_passing_failure_is_retried(
    server: FaultServer, get: Callable[..., Path], pauses: list[float]
) -> None:
    source = sidecar(server.script("/flows.csv", status(500), status(502), ok(BODY)))
    assert get(source).read_bytes() == BODY
    assert pauses == [1.0, 2.0]


def test_a_lasting_failure_is_given_up(server: FaultServer, get: Callable[..., Path], tmp_path: Path) -> None:
    source = sidecar(server.script("/flows.csv", status(500)))
    refused(get, source, tmp_path, "in 3 attempts", "answered 500", "run again")
    assert len(server.requests) == 3


def test_pauses_double_up_to_a_bound() -> None:
    transfer = Transfer(first_pause_seconds=1, longest_pause_seconds=5)
    assert [transfer.seconds_before(n) for n in range(1, 6)] == [1, 2, 4, 5, 5]


def test_a_server_that_is_gone(server: FaultServer, get: Callable[..., Path], tmp_path: Path) -> None:
    source = sidecar(server.script("/flows.csv", ok(BODY)))
    server.stop()
    refused(get, source, tmp_path, "in 3 attempts", "Check the network")


def test_a_reset_in_mid_body_is_continued_not_begun_anew(
    server: FaultServer, get: Callable[..., Path], tmp_path: Path
) -> None:
    source = sidecar(server.script("/flows.csv", broken(BODY, 500, etag=ETAG), ok(BODY, etag=ETAG)))
    assert get(source).read_bytes() == BODY
    assert server.ranges() == [None, "bytes=500-"]
    assert server.requests[1][1]["If-Range"] == ETAG
    assert leftovers(tmp_path) == []


def test_the_next_run_goes_on_where_the_last_broke_off(
    server: FaultServer, get: Callable[..., Path], tmp_path: Path
) -> None:
    source = sidecar(server.script("/flows.csv", broken(BODY, 300, etag=ETAG)))
    refused(get, source, tmp_path, "goes on where it broke off")
    assert (tmp_path / ".flows.csv.part").read_bytes() == BODY[:900]
    server.script("/flows.csv", ok(BODY, etag=ETAG))
    assert get(source).read_bytes() == BODY
    assert server.ranges()[-1] == "bytes=900-"
    assert leftovers(tmp_path) == []


def test_an_unfinished_file_of_another_address_is_not_continued(
    server: FaultServer, get: Callable[..., Path], tmp_path: Path
) -> None:
    refused(get, sidecar(server.script("/old.csv", broken(BODY, 300, etag=ETAG))), tmp_path)
    get(sidecar(server.script("/new.csv", ok(BODY, etag=ETAG))))
    assert server.requests[-1][0] == "/new.csv"
    assert server.ranges()[-1] is None


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_without_a_strong_validator_a_broken_body_is_begun_anew(
    server: FaultServer, get: Callable[..., Path], etag: str | None
) -> None:
    source = sidecar(server.script("/flows.csv", broken(BODY, 500, etag=etag), ok(BODY, etag=etag)))
    assert get(source).read_bytes() == BODY
    assert server.ranges() == [None, None]


def test_a_file_that_changed_between_two_attempts_is_begun_anew(
    server: FaultServer, get: Callable[..., Path]
) -> None:
    earlier = BODY.replace(b"7", b"8")
    source = sidecar(server.script("/flows.csv", broken(earlier, 500, etag='"earlier"'), ok(BODY, etag=ETAG)))
    assert get(source).read_bytes() == BODY
    assert server.ranges() == [None, "bytes=500-"]


def test_a_server_that_continues_another_file_is_found_out(
    server: FaultServer, get: Callable[..., Path], tmp_path: Path
) -> None:
    earlier = BODY.replace(b"7", b"8")
    liar = ok(BODY, etag=ETAG)
    source = sidecar(server.script("/flows.csv", broken(earlier, 500, etag=ETAG), liar, liar))
    assert get(source).read_bytes() == BODY
    assert server.ranges() == [None, "bytes=500-", None]
    assert leftovers(tmp_path) == []


def test_a_rest_that_the_server_does_not_have_is_begun_anew(
    server: FaultServer, get: Callable[..., Path]
) -> None:
    longer = BODY + b"2100,1\n"
    source = sidecar(server.script("/flows.csv", broken(longer, len(BODY), etag=ETAG), ok(BODY, etag=ETAG)))
    source = replace(source, files=(replace(source.files[0], bytes=len(BODY)),))
    with pytest.raises(FetchError, match="not the file that was pinned"):
        get(source)
    server.script("/flows.csv", broken(BODY, 400, etag=ETAG), status(416), ok(BODY, etag=ETAG))
    assert get(source).read_bytes() == BODY
    assert server.ranges()[-2:] == ["bytes=400-", None]


def test_a_slow_drip_is_broken_off(server: FaultServer, get: Callable[..., Path], tmp_path: Path) -> None:
    source = sidecar(server.script("/flows.csv", drip(BODY, seconds_per_byte=0.02)))
    message = refused(
        get, source, tmp_path, "bytes came in", attempts=2, patience_seconds=0.2, slowest_bytes_per_second=1e4
    )
    assert "in 2 attempts" in message


def test_a_silent_server_is_broken_off(server: FaultServer, get: Callable[..., Path], tmp_path: Path) -> None:
    source = sidecar(server.script("/flows.csv", drip(BODY, seconds_per_byte=1.0)))
    refused(get, source, tmp_path, "in 1 attempts", attempts=1, timeout_seconds=0.2)


def test_a_slow_body_that_keeps_moving_arrives(server: FaultServer, get: Callable[..., Path]) -> None:
    source = sidecar(server.script("/flows.csv", drip(BODY[:40], seconds_per_byte=0.005)), BODY[:40])
    assert get(source, patience_seconds=0.05, slowest_bytes_per_second=1).read_bytes() == BODY[:40]


def test_a_body_shorter_than_announced(server: FaultServer, get: Callable[..., Path], tmp_path: Path) -> None:
    source = sidecar(server.script("/flows.csv", broken(BODY, 100, reset=False)))
    refused(get, source, tmp_path, "in 3 attempts")


def test_a_short_body_announced_as_whole(
    server: FaultServer, get: Callable[..., Path], tmp_path: Path
) -> None:
    source = sidecar(server.script("/flows.csv", ok(BODY[:100])))
    refused(get, source, tmp_path, "has 100 bytes", f"expected {len(BODY)}", "pin it")
    assert len(server.requests) == 1


def test_a_short_body_without_length(server: FaultServer, get: Callable[..., Path], tmp_path: Path) -> None:
    source = sidecar(server.script("/flows.csv", without_length(BODY[:100])))
    refused(get, source, tmp_path, "has 100 bytes", f"expected {len(BODY)} bytes", sha256(BODY))


def test_content_that_changed_under_the_same_address(
    server: FaultServer, get: Callable[..., Path], tmp_path: Path
) -> None:
    changed = BODY.replace(b"1900", b"1901")
    source = sidecar(server.script("/flows.csv", ok(changed)))
    refused(get, source, tmp_path, sha256(changed), sha256(BODY), "not the file that was pinned")
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("page", [b"<!DOCTYPE html><p>Moved", b"\xef\xbb\xbf\n <HTML><body>Please log in"])
def test_a_web_page_in_place_of_the_file(
    server: FaultServer, get: Callable[..., Path], tmp_path: Path, page: bytes
) -> None:
    page += b" " * (len(BODY) - len(page))
    source = sidecar(server.script("/flows.csv", ok(page, content_type="text/html")))
    refused(get, source, tmp_path, "a web page in place of flows.csv", "browser")


@pytest.mark.parametrize("answer", [ok(b""), without_length(b""), gzipped(b"")])
def test_an_empty_file(
    server: FaultServer, get: Callable[..., Path], tmp_path: Path, answer: Callable[..., None]
) -> None:
    refused(get, sidecar(server.script("/flows.csv", answer)), tmp_path, "empty file")


def test_a_gzip_encoded_body_is_decoded(server: FaultServer, get: Callable[..., Path]) -> None:
    assert get(sidecar(server.script("/flows.csv", gzipped(BODY)))).read_bytes() == BODY


def test_a_gzip_encoded_body_that_is_cut(
    server: FaultServer, get: Callable[..., Path], tmp_path: Path
) -> None:
    refused(
        get, sidecar(server.script("/flows.csv", gzipped(BODY, cut=20))), tmp_path, "gzip body is incomplete"
    )


def test_a_body_that_only_claims_to_be_gzip(
    server: FaultServer, get: Callable[..., Path], tmp_path: Path
) -> None:
    source = sidecar(server.script("/flows.csv", ok(BODY, Content_Encoding="gzip")))
    refused(get, source, tmp_path, "gzip body is damaged")


def test_a_gzip_bomb_is_bounded(server: FaultServer, get: Callable[..., Path], tmp_path: Path) -> None:
    bomb = gzipped(b"0" * (16 * 2**20))
    small = sidecar(server.script("/flows.csv", bomb), b"0" * 100_000)
    refused(get, small, tmp_path, "unpacks to more than the 100000 bytes")
    assert leftovers(tmp_path) == []


def test_an_encoding_nobody_asked_for(server: FaultServer, get: Callable[..., Path], tmp_path: Path) -> None:
    source = sidecar(server.script("/flows.csv", ok(BODY, Content_Encoding="br")))
    refused(get, source, tmp_path, "encoding 'br'")


def test_an_endless_body_is_bounded(server: FaultServer, get: Callable[..., Path], tmp_path: Path) -> None:
    source = sidecar(server.script("/flows.csv", without_length(BODY * 1000)))
    refused(get, source, tmp_path, f"larger than {len(BODY)} bytes")
    assert leftovers(tmp_path) == []


def test_a_redirect_on_the_same_host_is_followed(server: FaultServer, get: Callable[..., Path]) -> None:
    server.script("/new.csv", ok(BODY))
    assert get(sidecar(server.script("/flows.csv", redirect("/new.csv")))).read_bytes() == BODY


def test_a_redirect_to_another_host_is_refused_unless_listed(server: FaultServer, tmp_path: Path) -> None:
    (tmp_path / "flows.csv").write_bytes(OLD)
    server.script("/new.csv", ok(BODY))
    source = sidecar(server.script("/flows.csv", redirect(server.url("/new.csv", host="localhost"))))
    insecure = {"127.0.0.1", "localhost"}
    with pytest.raises(
        FetchError, match=r"redirects to another host, localhost\. List it under redirect_hosts"
    ):
        fetch(source, tmp_path, progress=False, allow_insecure_hosts=insecure)
    assert (tmp_path / "flows.csv").read_bytes() == OLD
    listed = replace(source, redirect_hosts=("localhost",))
    fetch(listed, tmp_path, progress=False, allow_insecure_hosts=insecure)
    assert (tmp_path / "flows.csv").read_bytes() == BODY


@pytest.mark.parametrize(
    "to", ["http://localhost/flows.csv", "ftp://127.0.0.1/flows.csv", "file:///etc/hosts"]
)
def test_a_redirect_to_another_scheme_is_refused(
    server: FaultServer, get: Callable[..., Path], tmp_path: Path, to: str
) -> None:
    refused(get, sidecar(server.script("/flows.csv", redirect(to))), tmp_path, "is not https")


def test_a_redirect_to_no_address_is_refused(
    server: FaultServer, get: Callable[..., Path], tmp_path: Path
) -> None:
    source = sidecar(server.script("/flows.csv", redirect("http://127.0.0.1:here/")))
    refused(get, source, tmp_path, "Invalid URL in location header")


def test_redirects_in_a_circle_end(server: FaultServer, get: Callable[..., Path], tmp_path: Path) -> None:
    source = sidecar(server.script("/flows.csv", redirect("/flows.csv")))
    refused(get, source, tmp_path, "redirects more than 5 times")


def test_plain_http_is_refused(server: FaultServer, tmp_path: Path) -> None:
    source = sidecar(server.script("/flows.csv", ok(BODY)))
    with pytest.raises(FetchError, match="is not https"):
        fetch(source, tmp_path, progress=False)
    assert server.requests == []


def test_a_recorded_source_has_nothing_to_fetch(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="kept in Git"):
        fetch(replace(sidecar("https://example.org/"), kind="recorded"), tmp_path)


def test_a_folder_that_cannot_be_made(server: FaultServer, tmp_path: Path) -> None:
    (tmp_path / "files").write_text("a file where the folder should be")
    with pytest.raises(FetchError, match="cannot write"):
        fetch(sidecar(server.script("/flows.csv", ok(BODY))), tmp_path / "files", progress=False)


def test_without_a_pin_any_file_within_the_bound_is_taken(server: FaultServer, tmp_path: Path) -> None:
    address = server.script("/flows.csv", ok(BODY))
    target = tmp_path / "newest.csv"
    download(
        address,
        target,
        max_bytes=10**6,
        what="flows",
        progress=False,
        allow_insecure_hosts={"127.0.0.1"},
    )
    assert target.read_bytes() == BODY
    with pytest.raises(FetchError, match="larger than 100 bytes"):
        download(
            address,
            target,
            max_bytes=100,
            what="flows",
            progress=False,
            allow_insecure_hosts={"127.0.0.1"},
        )
    assert target.read_bytes() == BODY


# --- a file inside a wheel ---------------------------------------------------------------------------------

MEMBER = "flows/lib/flows.csv"
ADDRESS = f"pypi:flows==1.0#{MEMBER}"
WHEEL = "flows-1.0-py3-none-any.whl"


def build_wheel(content: bytes = BODY) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MEMBER, content)
        archive.writestr(
            "flows-1.0.dist-info/METADATA",
            # No Python that exists: the file is wanted, not the package.
            "Metadata-Version: 2.1\nName: flows\nVersion: 1.0\nRequires-Python: <3\n",
        )
        archive.writestr("flows-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("flows-1.0.dist-info/RECORD", "")
    return buffer.getvalue()


@pytest.fixture
def index(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> FaultServer:
    """An index with one wheel, and a pip that knows of nothing else."""
    for name in [name for name in os.environ if name.upper().startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", server.url("/simple/"))
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_TIMEOUT", "5")
    page = f'<!DOCTYPE html><a href="/files/{WHEEL}" data-requires-python="&lt;3">{WHEEL}</a>'.encode()
    server.script("/simple/flows/", ok(page, content_type="text/html"))
    server.script(f"/files/{WHEEL}", ok(build_wheel(), content_type="application/octet-stream"))
    return server


def test_a_member_of_a_wheel(index: FaultServer, get: Callable[..., Path], tmp_path: Path) -> None:
    source = sidecar(ADDRESS, wheel=build_wheel())
    assert get(source).read_bytes() == BODY
    assert [path.name for path in tmp_path.iterdir()] == ["flows.csv"]
    asked = len(index.requests)
    get(source)
    assert len(index.requests) == asked


def test_a_wheel_with_another_hash(index: FaultServer, get: Callable[..., Path], tmp_path: Path) -> None:
    pinned, other = build_wheel(), build_wheel(OLD)
    index.script(f"/files/{WHEEL}", ok(other))
    refused(get, sidecar(ADDRESS, wheel=pinned), tmp_path, sha256(pinned), sha256(other), "flows==1.0")


def test_a_wheel_cut_short(index: FaultServer, get: Callable[..., Path], tmp_path: Path) -> None:
    wheel = build_wheel()
    index.script(f"/files/{WHEEL}", ok(wheel[:200]))
    refused(get, sidecar(ADDRESS, wheel=wheel), tmp_path, sha256(wheel[:200]), sha256(wheel))


def test_a_wheel_that_breaks_off(index: FaultServer, get: Callable[..., Path], tmp_path: Path) -> None:
    wheel = build_wheel()
    index.script(f"/files/{WHEEL}", broken(wheel, 0, reset=False))
    refused(get, sidecar(ADDRESS, wheel=wheel), tmp_path, "broke off", f"expected {len(wheel)} bytes")


def test_a_wheel_that_breaks_off_once_is_continued(index: FaultServer, get: Callable[..., Path]) -> None:
    wheel = build_wheel()
    index.script(f"/files/{WHEEL}", broken(wheel, 200, etag=ETAG, reset=False), ok(wheel, etag=ETAG))
    assert get(sidecar(ADDRESS, wheel=wheel)).read_bytes() == BODY
    assert index.ranges()[-1] == "bytes=200-"


def test_no_such_version(index: FaultServer, get: Callable[..., Path], tmp_path: Path) -> None:
    source = sidecar(f"pypi:flows==2.0#{MEMBER}", wheel=build_wheel())
    refused(get, source, tmp_path, "no wheel of flows==2.0, only of 1.0", "pin another version")


def test_no_such_package(index: FaultServer, get: Callable[..., Path], tmp_path: Path) -> None:
    source = sidecar(f"pypi:flaws==1.0#{MEMBER}", wheel=build_wheel())
    refused(get, source, tmp_path, "no wheel of flaws==1.0", "Correct the name")


def test_no_such_member(index: FaultServer, get: Callable[..., Path], tmp_path: Path) -> None:
    source = sidecar("pypi:flows==1.0#flows/lib/flow.csv", wheel=build_wheel())
    refused(get, source, tmp_path, "flows/lib/flow.csv", f"does not exist, the nearest name is {MEMBER}")


def test_an_index_that_is_gone(index: FaultServer, get: Callable[..., Path], tmp_path: Path) -> None:
    index.stop()
    refused(get, sidecar(ADDRESS, wheel=build_wheel()), tmp_path, "does not answer", "Check the network")


def test_an_index_that_fails(index: FaultServer, get: Callable[..., Path], tmp_path: Path) -> None:
    index.script("/simple/flows/", status(500))
    refused(get, sidecar(ADDRESS, wheel=build_wheel()), tmp_path, "does not answer", "500")


def test_a_wheel_the_index_cannot_deliver(
    index: FaultServer, get: Callable[..., Path], tmp_path: Path
) -> None:
    index.script(f"/files/{WHEEL}", status(404))
    refused(get, sidecar(ADDRESS, wheel=build_wheel()), tmp_path, "404", "flows==1.0")


def test_a_member_that_is_not_the_pinned_one(
    index: FaultServer, get: Callable[..., Path], tmp_path: Path
) -> None:
    changed = BODY.replace(b"1900", b"1901")
    source = sidecar(ADDRESS, content=changed, wheel=build_wheel())
    refused(get, source, tmp_path, sha256(BODY), sha256(changed))


def test_a_member_that_unpacks_to_far_more(
    index: FaultServer, get: Callable[..., Path], tmp_path: Path
) -> None:
    bomb = build_wheel(b"0" * (16 * 2**20))
    index.script(f"/files/{WHEEL}", ok(bomb))
    refused(get, sidecar(ADDRESS, wheel=bomb), tmp_path, f"more than the {len(BODY)} bytes")


def test_a_pinned_wheel_that_is_no_zip(index: FaultServer, get: Callable[..., Path], tmp_path: Path) -> None:
    index.script(f"/files/{WHEEL}", ok(b"not a zip"))
    refused(get, sidecar(ADDRESS, wheel=b"not a zip"), tmp_path, "flows==1.0", "is invalid. Try")


def test_a_pinned_wheel_with_a_damaged_member(
    index: FaultServer, get: Callable[..., Path], tmp_path: Path
) -> None:
    wheel = build_wheel()
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        start = archive.getinfo(MEMBER).header_offset + 30 + len(MEMBER)
    damaged = wheel[:start] + bytes(byte ^ 0xFF for byte in wheel[start : start + 100]) + wheel[start + 100 :]
    index.script(f"/files/{WHEEL}", ok(damaged))
    refused(get, sidecar(ADDRESS, wheel=damaged), tmp_path, "cannot be unpacked", "pin another")


def test_an_address_that_is_no_path_in_a_wheel(get: Callable[..., Path], tmp_path: Path) -> None:
    source = sidecar("pypi:flows>=1.0", wheel=build_wheel())
    refused(get, source, tmp_path, "'pypi:flows>=1.0'", "pypi:NAME==VERSION#path/inside/wheel")


def test_an_artifact_that_is_not_pinned(get: Callable[..., Path], tmp_path: Path) -> None:
    refused(get, sidecar(ADDRESS), tmp_path, "pins no artifact")
