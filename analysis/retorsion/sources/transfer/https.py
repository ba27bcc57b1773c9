"""A file over HTTPS, fetched within bounds on size, time and redirection; resumed where it broke off (RFC 9110)."""

from __future__ import annotations

import email.utils
import json
import os
import re
import sys
import time
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

from retorsion.errors import FetchError
from retorsion.sources.sidecar import Key, SourceFile
from retorsion.sources.transfer.written import CHUNK, KEPT, replace_checked

#: Answers after which the same request may succeed.
TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Transfer:
    """How patient a download is.

    Attributes:
        attempts: requests in all before giving up.
        first_pause_seconds: pause before the second attempt; each further one is twice as long.
        longest_pause_seconds: bound of a pause; a server that asks for more is not waited for.
        timeout_seconds: bound of connecting, and of silence between two pieces of the body.
        slowest_bytes_per_second: a body that comes more slowly over ``patience_seconds`` is broken off.
        patience_seconds: span over which the speed is judged.
        most_redirects: redirections followed in one request.
        pause: how to wait.
    """

    attempts: int = 6
    first_pause_seconds: float = 1.0
    longest_pause_seconds: float = 120.0
    timeout_seconds: float = 30.0
    slowest_bytes_per_second: float = 1024.0
    patience_seconds: float = 30.0
    most_redirects: int = 5
    pause: Callable[[float], None] = time.sleep

    def seconds_before(self, attempt: int) -> float:
        """Pause before a retry, the first of which is number 1."""
        return float(min(self.first_pause_seconds * 2 ** (attempt - 1), self.longest_pause_seconds))


@dataclass(frozen=True)
class Validators:
    """By what a server tells whether a file is still the same (RFC 9110, 8.8)."""

    etag: str | None = None
    last_modified: str | None = None

    @classmethod
    def of(cls, response: httpx.Response) -> Validators:
        """Those that an answer carries."""
        return cls(response.headers.get("etag"), response.headers.get("last-modified"))

    def conditions(self) -> dict[str, str]:
        """Headers that ask for the file only if it is another one."""
        given = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in given.items() if value}


class _NotModifiedError(Exception):
    """The server says that the file is the one whose validators were sent."""


class _TransientError(Exception):
    """An attempt failed in a way that may pass; may carry the seconds the server asked to wait."""

    def __init__(self, problem: str, wait: float | None = None) -> None:
        super().__init__(problem)
        self.wait = wait


def download(
    address: str,
    target: Path,
    *,
    max_bytes: int,
    what: str,
    pin: SourceFile | None = None,
    progress: bool = True,
    transfer: Transfer | None = None,
    redirect_hosts: Collection[str] = (),
    allow_insecure_hosts: Collection[str] = (),
    known: Validators | None = None,
    key: Key | None = None,
) -> Validators | None:
    """Download one file over HTTPS and put it in place of the target.

    An unfinished body is kept beside the target as ``.NAME.part`` with the server's validator, and continued
    by the next attempt or the next run where the server says that the file is still the same (If-Range).

    Args:
        address: ``https:`` address.
        target: where the file goes; its folder exists.
        max_bytes: the decoded body may not be larger.
        what: name of the download in messages and on the progress bar.
        pin: hash and size the file must have; None accepts any file within the bounds.
        progress: show a progress bar on standard error when that is a terminal.
        transfer: how patient the download is.
        redirect_hosts: other hosts to which a redirection is followed.
        allow_insecure_hosts: hosts from which plain ``http:`` is accepted.
        known: validators of a file at hand; where the server says that it has no other, nothing is fetched.
        key: what the server asks for; read from the environment and sent to the address's own host only.

    Returns:
        Validators of the file that was fetched; None where the one at hand is still the newest.

    Raises:
        FetchError: not found, not reachable, too slow, broken off, altered, empty, a web page instead of the
            file, larger than allowed, or redirected elsewhere; or the key is not in the environment.
        OSError: the target's folder cannot be written.
    """
    transfer, secret = transfer or Transfer(), _secret(key, what)
    try:
        own = httpx.URL(address).host
    except httpx.InvalidURL as error:
        raise FetchError(f"{what}: {address!r} is no address ({error}). Correct url_download.") from None
    hosts = _Hosts(own, frozenset(redirect_hosts), frozenset(allow_insecure_hosts))
    part = _Part(target.with_name(f".{target.name}.part"), address)
    size = pin.bytes if pin else None
    asked = _Asked(address, key, secret, known)
    with httpx.Client(timeout=transfer.timeout_seconds) as client, _bar(what, size, progress) as advance:
        for attempt in range(1, transfer.attempts + 1):
            try:
                body = _request(client, asked, part, hosts, transfer, max_bytes, pin, what, advance)
                _accept(body, part, target, address, max_bytes, pin, what)
                return body.validators
            except _NotModifiedError:
                part.discard()
                return None
            except FetchError as error:
                part.discard()
                if secret and secret in str(error):
                    raise FetchError(str(error).replace(secret, "...")) from None
                raise
            except (_TransientError, httpx.TransportError) as error:
                problem = str(error) or type(error).__name__
                wait = error.wait if isinstance(error, _TransientError) else None
                if wait is not None and wait > transfer.longest_pause_seconds:
                    raise FetchError(
                        f"{what}: {address} asks to wait {wait:.0f} seconds. Run again after that. {KEPT}"
                    ) from None
                if attempt == transfer.attempts:
                    raise FetchError(
                        f"{what}: {address} could not be had in {attempt} attempts; the last one: {problem}. "
                        f"Check the network and run again: it goes on where it broke off. {KEPT}"
                    ) from None
                transfer.pause(transfer.seconds_before(attempt) if wait is None else wait)
    raise FetchError(f"{what}: not a single attempt is allowed. Allow one. {KEPT}")


def _accept(
    body: _Body,
    part: _Part,
    target: Path,
    address: str,
    max_bytes: int,
    pin: SourceFile | None,
    what: str,
) -> None:
    """Check a whole body and put it in place of the target."""
    try:
        _check_content(part.path, target, body.gzipped, what)
        pieces = _gunzip(part.path, what) if body.gzipped else _pieces(part.path)
        replace_checked(target, pieces, what=f"{what}: {address}", max_bytes=max_bytes, pin=pin)
    except FetchError as error:
        if not body.continued:
            raise
        # Put together of two vintages it is wrong, though the file itself may be right.
        part.discard()
        raise _TransientError("the rest did not fit the unfinished file", wait=0.0) from error
    part.discard()


@dataclass(frozen=True)
class _Body:
    """How a whole body came: in the gzip encoding, and as the rest of an earlier attempt."""

    gzipped: bool
    continued: bool
    validators: Validators


@dataclass(frozen=True)
class _Asked:
    """What is asked for, with which key, and under which condition."""

    address: str
    key: Key | None
    secret: str
    known: Validators | None

    @property
    def url(self) -> httpx.URL:
        url = httpx.URL(self.address)
        in_address = self.key is not None and self.key.send_as == "query"
        return url.copy_merge_params({self.key.name: self.secret}) if self.key and in_address else url

    def headers(self, url: httpx.URL) -> dict[str, str]:
        if self.key is None or self.key.send_as != "header" or url.host != self.url.host:
            return {}
        return {self.key.name: f"{self.key.prefix} {self.secret}" if self.key.prefix else self.secret}


def _secret(key: Key | None, what: str) -> str:
    """The key itself, from the environment."""
    if key is None:
        return ""
    secret = os.environ.get(key.variable, "").strip()
    if not secret:
        raise FetchError(
            f"{what}: its producer asks for a key. Put yours into the environment variable {key.variable}"
        )
    return secret


@dataclass(frozen=True)
class _Hosts:
    """Where a download may go."""

    own: str
    redirect: frozenset[str]
    insecure: frozenset[str]

    def check(self, url: httpx.URL, what: str) -> None:
        secure = url.scheme == "https" or (url.scheme == "http" and url.host in self.insecure)
        if not secure:
            raise FetchError(
                f"{what}: {url} is not https. Give the https address of the file in url_download. {KEPT}"
            )
        if url.host != self.own and url.host not in self.redirect:
            raise FetchError(
                f"{what}: {self.own} redirects to another host, {url.host}. "
                f"List it under redirect_hosts in the sidecar where that is right. {KEPT}"
            )


class _Part:
    """An unfinished body beside its target, with the validator under which it may be continued."""

    def __init__(self, path: Path, address: str) -> None:
        self.path, self.address = path, address
        self.note = path.with_name(f"{path.name}.json")
        if self.validator is None:
            self.discard()

    @property
    def length(self) -> int:
        return self.path.stat().st_size if self.path.is_file() else 0

    @property
    def validator(self) -> str | None:
        try:
            note = json.loads(self.note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if not isinstance(note, dict) or note.get("address") != self.address:
            return None
        validator = note.get("validator")
        return validator if isinstance(validator, str) else None

    def begin(self, response: httpx.Response) -> None:
        """Start anew, noting a validator that allows to continue (RFC 9110, 13.1.5: none that is weak)."""
        self.discard()
        etag = response.headers.get("etag", "")
        validator = etag if etag.startswith('"') else response.headers.get("last-modified")
        if validator:
            note = json.dumps({"address": self.address, "validator": validator})
            self.note.write_text(note, encoding="utf-8")

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)


def _request(
    client: httpx.Client,
    asked: _Asked,
    part: _Part,
    hosts: _Hosts,
    transfer: Transfer,
    max_bytes: int,
    pin: SourceFile | None,
    what: str,
    advance: Callable[[int, int | None], None],
) -> _Body:
    """One attempt: the whole body is in ``part`` afterwards."""
    address = asked.address
    # Encoded bodies cannot be continued safely; a server that encodes all the same is understood below.
    headers = {"Accept-Encoding": "identity", "User-Agent": "retorsion"}
    offset = part.length
    if offset and part.validator:
        headers |= {"Range": f"bytes={offset}-", "If-Range": part.validator}
    elif asked.known:
        headers |= asked.known.conditions()
    url = asked.url
    for _ in range(transfer.most_redirects + 1):
        hosts.check(url, what)
        with client.stream("GET", url, headers=headers | asked.headers(url)) as response:
            if response.next_request is not None:
                url = response.next_request.url
                continue
            if response.status_code == 304 and asked.known:
                raise _NotModifiedError
            _check_status(response, address, what)
            if response.status_code == 416:
                part.discard()
                raise _TransientError("the server has no rest of the unfinished file", wait=0.0)
            encoding = response.headers.get("content-encoding", "identity").strip().lower()
            if encoding not in ("identity", "gzip", "x-gzip"):
                raise FetchError(
                    f"{what}: {address} comes in the encoding {encoding!r}. "
                    f"Find an address that serves the file as it is. {KEPT}"
                )
            gzipped = encoding != "identity"
            continued = response.status_code == 206 and _continues(response, offset)
            if not continued:
                if response.status_code == 206:
                    part.discard()
                    raise _TransientError("the server answered with another part than asked for", wait=0.0)
                part.begin(response)
            _receive(response, part, transfer, max_bytes, None if gzipped else pin, what, advance)
            return _Body(gzipped, continued, Validators.of(response))
    raise FetchError(f"{what}: {address} redirects more than {transfer.most_redirects} times. {KEPT}")


def _check_status(response: httpx.Response, address: str, what: str) -> None:
    status = response.status_code
    if status in (200, 206, 416):
        return
    if status in TRANSIENT:
        wait = _retry_after(response.headers.get("retry-after"))
        raise _TransientError(f"the server answered {status} {response.reason_phrase}", wait)
    remedy = (
        "Correct url_download, or pin a newer vintage." if status in (404, 410) else "Check url_download."
    )
    raise FetchError(f"{what}: {address} answers {status} {response.reason_phrase}. {remedy} {KEPT}")


def _retry_after(text: str | None) -> float | None:
    """Seconds of a Retry-After header, given as seconds or as a date; None where there is none to follow."""
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        until = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (until.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def _continues(response: httpx.Response, offset: int) -> bool:
    match = re.fullmatch(r"bytes (\d+)-\d+/(?:\d+|\*)", response.headers.get("content-range", ""))
    return offset > 0 and match is not None and int(match.group(1)) == offset


def _receive(
    response: httpx.Response,
    part: _Part,
    transfer: Transfer,
    max_bytes: int,
    pin: SourceFile | None,
    what: str,
    advance: Callable[[int, int | None], None],
) -> None:
    """Append the body to ``part``, bounded in size and speed."""
    done = part.length
    declared = response.headers.get("content-length", "")
    total = done + int(declared) if declared.isdecimal() else None
    if pin is not None and total is not None and total not in (0, pin.bytes):
        raise FetchError(
            f"{what}: {response.url} has {total} bytes, expected {pin.bytes}: it is not the file that "
            f"was pinned. Look at what is new and pin it. {KEPT}"
        )
    too_large = FetchError(
        f"{what}: {response.url} is larger than {max_bytes} bytes. Check that it is the file meant. {KEPT}"
    )
    if total is not None and total > max_bytes:
        raise too_large
    since, received = time.monotonic(), 0
    with part.path.open("ab") as file:
        advance(done, total)
        # Not in pieces of a given size: to wait until one is full would hide that hardly anything comes.
        for piece in response.iter_raw():
            file.write(piece)
            done += len(piece)
            received += len(piece)
            advance(done, total)
            if done > max_bytes:
                raise too_large
            span = time.monotonic() - since
            if span >= transfer.patience_seconds:
                if received / span < transfer.slowest_bytes_per_second:
                    raise _TransientError(f"only {received} bytes came in {span:.0f} seconds")
                since, received = time.monotonic(), 0
    if total is not None and done < total:
        raise _TransientError(f"the body ended after {done} of {total} bytes")


def _check_content(path: Path, target: Path, gzipped: bool, what: str) -> None:
    """Refuse an empty body, and a web page where another file is expected."""
    first = next(_gunzip(path, what) if gzipped else _pieces(path), b"")
    if not first:
        raise FetchError(f"{what}: the server sent an empty file. Try again later. {KEPT}")
    start = first[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")) and target.suffix.lower() not in (".html", ".htm"):
        raise FetchError(
            f"{what}: the server sent a web page in place of {target.name}. "
            f"Open url_download in a browser: it may have moved or ask for a login. {KEPT}"
        )


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(lambda: file.read(CHUNK), b"")


def _gunzip(path: Path, what: str) -> Iterator[bytes]:
    """Decode a gzip file piece by piece, so that whoever reads can stop at a bound."""
    decoder = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        for piece in _pieces(path):
            rest = piece
            while rest and not decoder.eof:
                yield decoder.decompress(rest, CHUNK)
                rest = decoder.unconsumed_tail
        yield decoder.flush()
    except zlib.error as error:
        raise FetchError(f"{what}: the gzip body is damaged ({error}). Try again later. {KEPT}") from error
    if not decoder.eof:
        raise FetchError(f"{what}: the gzip body is incomplete. Try again later. {KEPT}")


@contextmanager
def _bar(what: str, size: int | None, progress: bool) -> Iterator[Callable[[int, int | None], None]]:
    """A progress bar on standard error; nothing where that is not a terminal."""
    columns = (
        "{task.description}",
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    shown = progress and sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), disable=not shown) as bar:
        task = bar.add_task(what, total=size)
        yield lambda done, total: bar.update(task, completed=done, total=total or size)
