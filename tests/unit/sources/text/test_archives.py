"""What is packed in what, and text in UTF-16."""

from __future__ import annotations

import gzip
import io
import lzma
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from places import FIXTURES
from retorsion.errors import SourceError
from retorsion.sources.limits import raised
from retorsion.sources.readers import head_of, recognise
from retorsion.sources.text.archives import in_utf_8, member_names, text_of, unpacked

TEXT = "period,reporter,partner,flow,product,value,unit\n2022,JPN,RUS,export,TOTAL,5,USD\n"


def zipped(name: str, data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, data)
    return packed.getvalue()


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, lambda data: data])
def test_a_zip_may_hold_what_is_packed_once_more(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(zipped("a/x.csv.gz", pack(TEXT.encode())))
    assert unpacked(path) == (TEXT.encode(), "x.zip/a/x.csv.gz")
    assert recognise(path).name == "tidy_flows"


def test_a_zip_in_a_zip_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(zipped("inner.zip", zipped("x.csv", TEXT.encode())))
    for read in (unpacked, recognise):
        with pytest.raises(SourceError, match="holds another zip or a workbook"):
            read(path)


def test_what_swells_inside_a_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(zipped("x.csv.gz", gzip.compress(b"0" * 2_000_000)))
    with raised({"file_bytes": 1_000_000}), pytest.raises(SourceError, match="is too large"):
        unpacked(path)


@pytest.mark.parametrize("order", ["le", "be"])
def test_text_in_utf_16_is_read(tmp_path: Path, order: str) -> None:
    path = tmp_path / "x.csv"
    data = ("\ufeff" + TEXT.replace(",", "\t")).encode(f"utf-16-{order}")
    path.write_bytes(data)
    assert unpacked(path)[0] == TEXT.replace(",", "\t").encode()
    assert text_of(path)[0] == TEXT.replace(",", "\t").encode()
    assert recognise(path).name == "tidy_flows"
    path.write_bytes(data[:-1])
    with pytest.raises(SourceError, match="UTF-16 as which it begins"):
        unpacked(path)
    assert head_of(path).lines[0].startswith("period")


def in_utf_16(text: str, order: str) -> bytes:
    declared = re.sub("encoding=([\"'])utf-8", r"encoding=\1UTF-16", text.removeprefix("\ufeff"), flags=re.I)
    return ("\ufeff" + declared).encode(f"utf-16-{order}")


@pytest.mark.parametrize("order", ["le", "be"])
@pytest.mark.parametrize("path", sorted((FIXTURES / "lists").glob("*.xml")), ids=lambda path: path.name)
def test_xml_in_utf_16_is_what_it_is_in_utf_8(tmp_path: Path, path: Path, order: str) -> None:
    known = recognise(path)
    plain = known.read(path, source_id="x")
    copy = tmp_path / path.name
    copy.write_bytes(in_utf_16(path.read_text(encoding="utf-8"), order))
    assert recognise(copy).name == known.name
    found = known.read(copy, source_id="x")
    assert found.accepted.equals(plain.accepted)
    assert len(found.rejected) == len(plain.rejected)


@pytest.mark.parametrize("file", ["un_consolidated.xml", "ofac_sdn_enhanced.xml", "eu_fsf_full_1_1.xml"])
def test_xml_in_utf_16_passes_no_test_that_utf_8_does_not(tmp_path: Path, file: str) -> None:
    text = (FIXTURES / "lists" / file).read_text(encoding="utf-8")
    known = recognise(FIXTURES / "lists" / file)
    declaration = text.partition("?>")[0] + "?>"
    path = tmp_path / "x.xml"
    entities = '<!DOCTYPE r [<!ENTITY a "xx"><!ENTITY b "&a;&a;">]>'
    path.write_bytes(in_utf_16(text.replace(declaration, declaration + entities, 1), "le"))
    with pytest.raises(SourceError):
        known.read(path, source_id="x")
    path.write_bytes(in_utf_16(text, "le")[:-41])
    with pytest.raises(SourceError):
        known.read(path, source_id="x")


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_what_is_packed_and_holds_a_zip_is_named(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "x.zip.gz"
    path.write_bytes(pack(zipped("x.csv", TEXT.encode())))
    for read in (unpacked, recognise):
        with pytest.raises(SourceError, match="holds another packed file or a workbook"):
            read(path)


def test_what_is_packed_twice_is_named_by_its_reader_too(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(lzma.compress(TEXT.encode())))
    with pytest.raises(SourceError, match="holds another packed file"):
        unpacked(path)


def test_lines_that_end_in_carriage_returns_alone_are_lines(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(TEXT.replace("\n", "\r").encode())
    assert unpacked(path)[0] == TEXT.encode()
    assert recognise(path).name == "tidy_flows"
    assert in_utf_8(b"a,b\r\n1,2\r\n", "x") == b"a,b\r\n1,2\r\n"
    assert in_utf_8(b'a,b\n"1\r2",3\n', "x") == b'a,b\n"1\r2",3\n'


def test_what_systems_add_to_an_archive_is_no_member(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("a/x.csv", "__MACOSX/a/._x.csv", "a/.DS_Store"):
            archive.writestr(name, TEXT)
    assert member_names(path, {"flows": r"(.*/)?x\.csv"}) == {"flows": ["a/x.csv"]}
