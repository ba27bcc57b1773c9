"""The command look: what is in a file, in words and as JSON, with nothing written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from places import FIXTURES
from shell import PARAMS, SDN, Shell


def test_a_file_is_described_and_nothing_is_written(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "sdn_2024-01-01.csv"
    path.write_bytes(SDN.replace(b'"vessel"', b'"saucer"'))
    out = shell.good("look", str(path))
    assert "Read as ofac_sdn" in out
    assert "1 quarantined" in out
    assert "value 'saucer': is not a kind of subject" in out
    assert "EXAMPLE TRADING CO." in out
    assert (tmp_path / "params.yaml").read_text(encoding="utf-8") == PARAMS
    assert not list((tmp_path / "data" / "raw").glob("*sdn*"))


@pytest.mark.parametrize(
    "name", ["lists/ofac_sdn.csv", "lists/un_consolidated.xml", "customs/comtrade_api.json"]
)
def test_json_has_the_fields_that_a_program_reads(shell: Shell, name: str) -> None:
    found = json.loads(
        shell.good("look", str(FIXTURES / name), "--option", "n_months=1", "--json")
        if name.startswith("customs")
        else shell.good("look", str(FIXTURES / name), "--json")
    )
    assert set(found) >= {"reader", "accepted", "quarantined", "unknown", "notes", "rows"}
    assert isinstance(found["accepted"], int)
    assert 0 < len(found["rows"]) <= 50
    for row in found["quarantined"]:
        assert {"row", "column", "value", "reason", "remedy"} <= set(row)


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        (b"<html><body>Sign in</body></html>", [], "is a web page"),
        (b"", [], "is empty"),
        (SDN, ["--reader", "ofac_sdnn"], "ofac_sdn"),
        (SDN, ["--reader", "ofsi"], "Last Updated"),
    ],
)
def test_a_file_that_is_refused_is_one_line_and_exit_code_1(
    shell: Shell, tmp_path: Path, content: bytes, options: list[str], said: str
) -> None:
    (tmp_path / "given.csv").write_bytes(content)
    code, out, err = shell("look", str(tmp_path / "given.csv"), "--json", *options)
    assert (code, out) == (1, "")
    assert err.startswith("error: ")
    assert said in err
