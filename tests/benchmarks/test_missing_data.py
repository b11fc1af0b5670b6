"""A benchmark without the recorded data says so in one line and fails."""

import runpy
import sys
from pathlib import Path

import pytest

from tests.benchmarks import recorded

WITHOUT_DATA = {"answers", "broadcast", "fuzz", "mutated_answers"}
"""Benchmarks that do not need the recorded data."""
MEASURED = sorted(
    file.stem
    for file in Path(__file__).parent.glob("*.py")
    if "__main__" in file.read_text("utf-8") and file.stem not in {Path(__file__).stem, *WITHOUT_DATA}
)


@pytest.mark.parametrize("name", MEASURED)
def test_a_benchmark_without_its_data_ends_with_one_line(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(recorded, "SHARED", tmp_path / "shared" / "data")
    monkeypatch.setattr(sys, "argv", [name])
    monkeypatch.delitem(sys.modules, f"tests.benchmarks.{name}", raising=False)
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(f"tests.benchmarks.{name}", run_name="__main__")
    message = ended.value.code
    assert isinstance(message, str), "Python prints it to stderr and exits with 1"
    assert message.startswith(str(tmp_path))
    assert "is missing" in message
    assert "\n" not in message
