"""Makes a paper's page and the answers of a model that reads it."""

import html
import json
from typing import Any

from tests.fakes.openai import material

_FILLER = "Robots fall often, and nobody has counted how often they do so in homes with carpets and cats. " * 12


def page(title: str) -> bytes:
    """Return the HTML that arXiv serves for the paper with this title."""
    return f"""<html><body><article>
<h1 class="ltx_title ltx_title_document">{html.escape(title)}</h1>
<section id="S1"><h2 class="ltx_title">1 Introduction</h2>
<div id="S1.p1" class="ltx_para"><p class="ltx_p">{_FILLER}</p></div></section>
<section id="S3"><h2 class="ltx_title">3 Data</h2>
<div id="S3.p2" class="ltx_para"><p class="ltx_p">The training dataset holds 1,234 demonstrations of robots that were
collected in 12 kitchens.</p></div></section></article></body></html>""".encode()


def writes(body: dict[str, Any]) -> str:
    """Return the model's answer of two sentences, or an empty object if the request is for labels or a digest."""
    shown = material(body)
    if "question" not in shown:
        return "{}"
    name = next(passage["id"] for passage in shown["passages"] if "1,234" in passage["text"])
    place = {"cites": [name], "quote": "The training dataset holds 1,234 demonstrations of robots"}
    first = {"text": "학습 데이터셋에는 시연 1,234개가 있습니다.", **place}
    second = {"text": "시연은 부엌 12곳에서 모았습니다.", **place}
    return json.dumps({"answerable": True, "sentences": [first, second]}, ensure_ascii=False)
