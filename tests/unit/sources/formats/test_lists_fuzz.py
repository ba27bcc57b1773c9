"""Every reader of published lists against arbitrary and damaged files.

Nothing but the project's own error is raised, and no row is lost: rows behind the accepted subjects and
quarantined rows together are the rows of the file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from damage import EXAMPLES, damaged
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from places import FIXTURES
from retorsion.errors import RetorsionError, SourceError
from retorsion.sources.formats.canada_sema import read_canada_sema
from retorsion.sources.formats.eu_fsf import read_eu_fsf
from retorsion.sources.formats.eu_fsf_1_0 import read_eu_fsf_1_0
from retorsion.sources.formats.eu_fsf_xml import read_eu_fsf_xml
from retorsion.sources.formats.followthemoney import read_followthemoney
from retorsion.sources.formats.gsdb import read_gsdb
from retorsion.sources.formats.gta import read_gta
from retorsion.sources.formats.mof_list import read_mof_list
from retorsion.sources.formats.mof_workbook import read_mof_workbook
from retorsion.sources.formats.ofac import read_ofac
from retorsion.sources.formats.ofac_enhanced import read_ofac_enhanced
from retorsion.sources.formats.ofsi import read_ofsi
from retorsion.sources.formats.opensanctions import (
    read_opensanctions,
    read_opensanctions_statements,
    sanctions_of,
)
from retorsion.sources.formats.swiss_seco import read_swiss_seco
from retorsion.sources.formats.uk_sanctions import read_uk_sanctions_csv, read_uk_sanctions_xml
from retorsion.sources.formats.un_list import read_un_list
from retorsion.sources.rows import Rows

Reader = Callable[..., Rows]
LISTS = FIXTURES / "lists"
READERS: dict[str, Reader] = {
    "ofac_sdn.csv": read_ofac,
    "mof_shisantouketsu.csv": read_mof_list,
    "opensanctions_targets.simple.csv": read_opensanctions,
    "opensanctions_statements.csv": read_opensanctions_statements,
    "eu_fsf_full_1_1.csv": read_eu_fsf,
    "eu_fsf_full_1_0.csv": read_eu_fsf_1_0,
    "uk_sanctions_list.csv": read_uk_sanctions_csv,
    "ofsi_ConList.csv": read_ofsi,
    "un_consolidated.xml": read_un_list,
    "gta_interventions.json": read_gta,
    "gta_interventions.csv": read_gta,
    "gsdb_r3.csv": read_gsdb,
    "ofac_sdn_enhanced.xml": read_ofac_enhanced,
    "uk_sanctions_list.xml": read_uk_sanctions_xml,
    "eu_fsf_full_1_1.xml": read_eu_fsf_xml,
    "canada_sema.xml": read_canada_sema,
    "swiss_seco.xml": read_swiss_seco,
    "entities.ftm.json": read_followthemoney,
    "mof_workbook_2022.xlsx": read_mof_workbook,
}
FUZZ = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _separator(name: str) -> str:
    return ";" if name.startswith("eu_") else ","


def _rows_of(name: str, data: bytes) -> list[list[str]]:
    """Rows of a well-formed fixture as the csv module reads them, without what stands above them."""
    text = data.decode("latin-1" if name.startswith("gsdb") else "utf-8-sig").rstrip("\x1a")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_separator(name)))
    above = 0 if name.startswith("ofac") else 2 if name.startswith(("ofsi", "uk_")) else 1
    return rows[above:]


def _head(name: str) -> bytes:
    """The lines above the rows."""
    lines = (LISTS / name).read_bytes().splitlines(keepends=True)
    return b"".join(lines[: 0 if name.startswith("ofac") else 2 if name.startswith(("ofsi", "uk_")) else 1])


CSV_FILES = sorted(name for name in READERS if name.endswith(".csv"))


@pytest.mark.parametrize("name", CSV_FILES)
def test_rows_of_the_fixture_are_all_there(name: str) -> None:
    path = LISTS / name
    rows = READERS[name](path, source_id="x")
    n_accepted = rows.accepted["n_rows"].sum() if "n_rows" in rows.accepted.columns else len(rows.accepted)
    assert n_accepted + len(rows.rejected) == len(_rows_of(name, path.read_bytes()))


@pytest.mark.parametrize("name", sorted(READERS))
@FUZZ
@given(data=st.binary(max_size=200), with_head=st.booleans())
def test_arbitrary_bytes(tmp_path: Path, name: str, data: bytes, with_head: bool) -> None:
    path = tmp_path / name
    path.write_bytes(_head(name) + data if with_head else data)
    with suppress(RetorsionError):
        READERS[name](path, source_id="x")


@pytest.mark.parametrize("name", sorted(READERS))
@FUZZ
@given(seed=st.integers(0, 2**64 - 1))
def test_damaged_files(tmp_path: Path, name: str, seed: int) -> None:
    data = damaged((LISTS / name).read_bytes(), seed)
    path = tmp_path / name
    path.write_bytes(data)
    with suppress(RetorsionError):
        rows = READERS[name](path, source_id="x")
        if name == "opensanctions_statements.csv":
            sanctions_of(rows.accepted)


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=5)


@pytest.mark.parametrize("name", CSV_FILES)
@FUZZ
@given(data=st.data())
def test_no_row_is_lost_whatever_its_cells(tmp_path: Path, name: str, data: st.DataObject) -> None:
    known = _rows_of(name, (LISTS / name).read_bytes())
    rows = data.draw(
        st.lists(
            st.sampled_from(known).flatmap(
                lambda row: st.tuples(
                    *(st.just(c) if i % 3 else st.just(c) | CELL for i, c in enumerate(row))
                )
            ),
            min_size=1,
            max_size=6,
        )
    )
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=_separator(name), quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    path = tmp_path / name
    body = buffer.getvalue()
    encoded = body.encode("latin-1", "replace") if name.startswith("gsdb") else body.encode()
    path.write_bytes(_head(name) + encoded)
    try:
        read = READERS[name](path, source_id="x")
    except SourceError as error:  # a list of records none of which can be read is refused
        if "has no subject that can be read" not in str(error):
            raise
        return
    n_accepted = read.accepted["n_rows"].sum() if "n_rows" in read.accepted.columns else len(read.accepted)
    assert n_accepted + len(read.rejected) == len(rows)


@pytest.mark.parametrize("name", sorted(READERS))
def test_ten_megabytes_in_one_field_is_a_clear_error(tmp_path: Path, name: str) -> None:
    data = (LISTS / name).read_bytes()
    if name.endswith(".xlsx"):
        pytest.skip("its texts are packed")
    words = {
        "gsdb": b"policy_change",
        "gta": b"xample",
        "ofac_sdn_": b"EXEMPLAR",
        "uk_sanctions_list.csv": b"EXEMPLAR",
    }
    place = next((word for start, word in words.items() if name.startswith(start)), b"EXAMPLE")
    assert place in data
    path = tmp_path / name
    path.write_bytes(data.replace(place, b"x" * 10_000_000, 1))
    if name == "gta_interventions.json":
        assert READERS[name](path, source_id="x").rejected["column"][0] == "state_act_title"
        return
    if name in ("canada_sema.xml", "entities.ftm.json"):
        assert "more than 131072 characters" in READERS[name](path, source_id="x").rejected["reason"][0]
        return
    with pytest.raises(SourceError, match=r"more than|cell|too long|limit exceeded"):
        READERS[name](path, source_id="x")


@pytest.mark.parametrize("name", sorted(READERS))
@pytest.mark.parametrize(
    "data", [b"", b"\n", b"<html><body>404</body></html>", b"\x1f\x8b\x08\x00" + bytes(50)]
)
def test_what_a_server_may_send_instead(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(SourceError):
        READERS[name](path, source_id="x")
