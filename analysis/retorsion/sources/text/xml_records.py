"""Records of large XML files, one after the other, within libxml2's bounds of size, depth and length."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any
from xml.etree.ElementTree import Element

from lxml import etree

from retorsion.errors import SourceError
from retorsion.sources.limits import limit, too_much
from retorsion.sources.readers import HEAD_BYTES, Head

_REMEDY = "Fetch the file again: it was cut short or altered."
_NAMESPACE = re.compile(rb'\sxmlns=("[^"]*"|\'[^\']*\')')


def xml_records(data: bytes, file: str, *, root: str, records: Collection[str]) -> Iterator[Element]:
    """The outermost element, with its attributes alone, and then each record as it ends.

    Args:
        data: the file.
        file: its name, for messages.
        root: name of the outermost element.
        records: names of the elements that are records. None is inside another.

    Yields:
        Elements whose names have no namespace. A record is emptied when the next one is asked for.

    Raises:
        SourceError: not well-formed, another outermost element, a document type declaration (which could expand
            entities), or attributes, a text or depth beyond bounds.
    """
    if b"<!DOCTYPE" in data:
        raise SourceError(file, "declares a document type, which no published list does", remedy=_REMEDY)
    if re.search(rb"<(?:[^<=]*+=){%d}" % (limit("columns") + 1), data):  # each is compared with all others
        raise too_much(
            "columns", file, f"has an element with more than {limit('columns')} attributes", _REMEDY
        )
    found = Head(file, (), data[:HEAD_BYTES]).root
    if found is not None and found != root:
        raise SourceError(
            file,
            f"is XML of <{found[:80]}> and not of <{root}>",
            remedy="Take the file as its publisher gives it.",
        )
    head = _NAMESPACE.sub(b"", data[:HEAD_BYTES], count=1)  # or each name would have to be taken apart
    wanted = [f"{{*}}{name}" for name in (root, *records)]
    parser = etree.XMLPullParser(
        ("start", "end"),
        tag=wanted,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    n_records = 0
    try:
        for event, element in _events(parser, head, data, file):
            if event == "start":
                if element.getparent() is None:
                    yield Element(root, dict(element.attrib))
                continue
            if element.getparent() is None:
                continue
            for one in element.iter() if element.tag.startswith("{") else ():
                one.tag = one.tag.rpartition("}")[2]
            if (n_records := n_records + 1) > limit("subjects"):
                raise too_much("subjects", file, f"has more than {n_records} records", _REMEDY)
            yield element
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        said = str(error.msg).split("\n", 1)[0][:200]
        raise SourceError(
            file, f"is not well-formed XML ({said})", row=error.lineno, remedy=_REMEDY
        ) from None


def _events(parser: Any, head: bytes, data: bytes, file: str) -> Iterator[tuple[str, Any]]:
    """Events of the outermost element and of records, as the file is read piece by piece."""
    parser.feed(head)
    waiting = len(head)
    for at in range(HEAD_BYTES, len(data), HEAD_BYTES):
        for found in parser.read_events():
            waiting = 0
            yield found
        piece = data[at : at + HEAD_BYTES]
        waiting += len(piece)
        if waiting > limit("record_bytes"):
            raise too_much("record_bytes", file, f"has {waiting} bytes in one record or between two", _REMEDY)
        parser.feed(piece)
    parser.close()
    yield from parser.read_events()


def text(element: Element, path: str) -> str | None:
    """Text at a path below an element, without blanks around it; None where there is none."""
    found = element.findtext(path)
    return (found.strip() or None) if found else None


def texts(element: Element, path: str) -> list[str]:
    """Texts of all elements at a path, in order, each once."""
    found = ((one.text or "").strip() for one in element.findall(path))
    return list(dict.fromkeys(one for one in found if one))
