"""What steps read of raw sources."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from places import ROOT
from retorsion import project
from retorsion.errors import SourceError
from retorsion.sources.text.recorded import read_complete
from retorsion.steps.raw import read_raw


def test_the_limits_of_a_sidecar_hold_for_recorded_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project, "RAW", tmp_path)
    folder = tmp_path / "hs_sections"
    shutil.copytree(ROOT / "data" / "raw" / "hs_sections", folder)
    whole = read_raw("hs_sections", read_complete, "hs_sections")
    assert len(whole) == 21
    sidecar = folder / "source.yaml"
    text = sidecar.read_text(encoding="utf-8")
    sidecar.write_text(f"{text}limits: {{recorded_bytes: 100}}\n", encoding="utf-8")
    with pytest.raises(SourceError, match="recorded_bytes"):
        read_raw("hs_sections", read_complete, "hs_sections")
    sidecar.write_text(f"{text}limits: {{recorded_bytes: 100000000}}\n", encoding="utf-8")
    assert read_raw("hs_sections", read_complete, "hs_sections").equals(whole)
