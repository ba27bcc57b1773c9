"""Kinds of sources by host: how hosts are compared, and what is wrong with a row."""

from __future__ import annotations

import polars as pl
import pytest
from places import RAW
from retorsion.sources.formats.source_hosts import SOURCE_TYPES, host_of, kinds_of_pages
from retorsion.sources.text.recorded import read_complete


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.example.org/a?b=http://other.example", "example.org"),
        ("http://News.Example.org.:8080/a", "news.example.org"),
        ("https://example.org", "example.org"),
        ("https://example.org#part", "example.org"),
        ("https://wwwexample.org/", "wwwexample.org"),
        ("https://www3.nhk.or.jp/a", "www3.nhk.or.jp"),
        ("no page", None),
    ],
)
def test_the_host_of_a_page(url: str, host: str | None) -> None:
    assert pl.DataFrame({"url": [url]}).select(host_of(pl.col("url"))).item() == host


def test_kinds_stand_in_the_order_of_the_pages() -> None:
    hosts = pl.DataFrame({"host": ["a.example", "b.example"], "source_type": ["agency", "spun"]})
    pages = pl.DataFrame(
        {"pages": ["https://b.example/1 https://www.a.example/2 https://c.example", "https://a.example"]}
    )
    found = pages.select(kinds_of_pages("pages", hosts)).to_series().to_list()
    assert found == [["spun", "agency", None], ["agency"]]


def test_the_shipped_hosts_are_sorted_and_of_known_kinds() -> None:
    hosts = read_complete(RAW / "source_hosts" / "hosts.csv", "source_hosts", source_id="source_hosts")
    assert hosts["host"].to_list() == sorted(hosts["host"])
    assert set(hosts["source_type"]) <= set(SOURCE_TYPES)
