"""Records of XML, and XML that must not be trusted."""

from __future__ import annotations

import time

import pytest
from retorsion.errors import SourceError
from retorsion.sources.limits import raised
from retorsion.sources.text.xml_records import text, xml_records

LIST = b'<list xmlns="urn:x"><one n="1"><name> a </name></one><two/><one n="2"/></list>'


def test_records_come_after_the_outermost_element_and_without_a_namespace() -> None:
    found = [
        (one.tag, one.get("n"), text(one, "name"))
        for one in xml_records(LIST, "x", root="list", records=["one"])
    ]
    assert found == [("list", None, None), ("one", "1", "a"), ("one", "2", None)]


def test_attributes_beyond_the_limit_are_refused_at_once() -> None:
    attributes = b" ".join(b'a%d="1"' % n for n in range(100_000))
    started = time.process_time()
    with pytest.raises(SourceError, match="more than 1000 attributes"):
        list(xml_records(b"<list><one %s/></list>" % attributes, "x", root="list", records=["one"]))
    assert time.process_time() - started < 10  # each would be compared with all others, for minutes


def test_as_many_attributes_as_the_limit_allows_are_read() -> None:
    data = b"<list><one %s/></list>" % b" ".join(b'a%d="1"' % n for n in range(8))
    with raised({"columns": 8}):
        assert len(list(xml_records(data, "x", root="list", records=["one"]))) == 2
    with raised({"columns": 7}), pytest.raises(SourceError, match="more than 7 attributes"):
        list(xml_records(data, "x", root="list", records=["one"]))
