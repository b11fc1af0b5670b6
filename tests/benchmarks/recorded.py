"""Where the recorded days are, and how their files are read."""

import gzip
import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def json_lines(file: Path) -> Iterator[dict[str, Any]]:
    """One object a line, from plain, gzip or xz files by their name's end."""
    raw = file.read_bytes()
    unpack = {".xz": lzma.decompress, ".gz": gzip.decompress}.get(file.suffix, bytes)
    for line in unpack(raw).decode("utf-8").splitlines():
        yield json.loads(line)
