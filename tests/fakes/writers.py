"""Answers of fake models: an honest one in both languages, and ones that invent claims."""

import json
import re
from typing import Any

PARTS = ("themes", "keywords", "findings", "impact", "outlook")


def asked(rules: str, material: str) -> tuple[Any, str]:
    """Returns (the parsed material, the language that the rules ask for)."""
    return json.loads(material), "ko" if "in Korean" in rules else "en"


def honest(rules: str, material: str) -> str:
    """Returns labels by index, repairs, or sections whose sentences are all supported by the abstracts."""
    if '"labels"' in rules:
        first = re.findall(r"^- (.+)$", rules, re.MULTILINE)[0]
        return json.dumps({"labels": [{"i": each["i"], "category": first} for each in json.loads(material)]})
    request, language = asked(rules, material)
    if "rejected" in request:
        return repaired(request, language)
    return answered([section(each, language) for each in request["sections"]])


def honest_anywhere(body: dict[str, Any]) -> str:
    """Returns the honest answer to a request, also where it has no system message."""
    text = "\n\n".join(message["content"] for message in body["messages"])
    rules, start, material = re.split(r"\n\n([{\[])(?!.*\n\n[{\[])", text, maxsplit=1, flags=re.DOTALL)
    return honest(rules, start + material)


def repaired(request: dict[str, Any], language: str) -> str:
    """Returns a supported sentence in place of each that was rejected; keywords have no verb."""
    word = "학습 방법" if language == "ko" else "learning methods"
    papers = {paper["paper"]: paper for paper in request["papers"]}
    repairs = [
        {
            "id": each["id"],
            "text": word if each["part"] == "keywords" else _finding(papers[each["papers"][0]], language),
            "papers": each["papers"][:1],
        }
        for each in request["rejected"]
    ]
    return json.dumps({"repairs": repairs}, ensure_ascii=False)


def answered(sections: list[dict[str, Any]]) -> str:
    return json.dumps({"sections": sections}, ensure_ascii=False)


def section(request: dict[str, Any], language: str) -> dict[str, Any]:
    papers, lines_only = request["papers"], "tldrs only" in request["write"]
    numbers = [paper["paper"] for paper in papers]
    findings = [{"text": _finding(paper, language), "papers": [paper["paper"]]} for paper in papers]
    common = (
        "여러 방법을 서로 다른 자료에서 살펴봅니다."
        if language == "ko"
        else "They study several methods on several data sets."
    )
    use = "초록은 실제 쓰임새를 설명합니다." if language == "ko" else "The abstracts describe where this is used."
    word = "학습 방법" if language == "ko" else "learning methods"
    claim = {"papers": numbers}
    return {
        "section": request["section"],
        "themes": [] if lines_only else [{"text": common, **claim}],
        "keywords": [] if lines_only else [{"text": word, **claim}],
        "findings": [] if lines_only else findings,
        "impact": [] if lines_only else [{"text": use, **claim}],
        "outlook": [],
        "tldrs": [{"paper": paper["paper"], "text": _finding(paper, language)} for paper in papers],
    }


def _finding(paper: dict[str, Any], language: str) -> str:
    """Returns a sentence with the first percentage of the abstract, or a general one if there is none."""
    found = re.search(r"\b\d+(?:\.\d+)?%", paper["abstract"])
    if language == "ko":
        return f"실험에서 {found[0]}라는 값을 보고합니다." if found else "새로운 방법을 제안하고 실험으로 확인합니다."
    return f"The experiments report {found[0]} here." if found else "A new method is proposed and tested."


INVENTIONS = {
    "a number": ("정확도가 97.31% 올랐습니다.", "Accuracy rose by 97.31% here."),
    "a name": ("QwertyNet-9000이 가장 좋았습니다.", "They beat QwertyNet-9000 on all tasks."),
    "kana": ("このモデル은 빠릅니다.", "このモデル is fast."),
    "a link": ("자세한 내용은 https://evil.example 에 있습니다.", "See https://evil.example for more."),
    "Han letters": ("이 방법은 鏡像을 씁니다.", "This uses 鏡像 here."),
    "the wrong language": ("This sentence is not Korean at all.", "이 문장은 영어가 아닙니다."),
    "a phrase that says nothing": ("앞으로의 연구에 큰 영향을 미칠 것으로 기대됩니다.", "This paves the way for much."),
}


def inventing(what: str, rules: str, material: str) -> str:
    """Returns an honest answer with one invention in each part and in the first line of each section."""
    if '"labels"' in rules:
        return honest(rules, material)
    request, language = asked(rules, material)
    text = INVENTIONS[what][0 if language == "ko" else 1]
    if "rejected" in request:
        repairs = [{"id": each["id"], "text": text, "papers": each["papers"]} for each in request["rejected"]]
        return json.dumps({"repairs": repairs}, ensure_ascii=False)
    return answered([_invented(each, language, text) for each in request["sections"]])


def _invented(request: dict[str, Any], language: str, text: str) -> dict[str, Any]:
    written = section(request, language)
    for part in PARTS:
        written[part].append({"text": text, "papers": [request["papers"][0]["paper"]]})
    written["findings"].append({"text": written["tldrs"][0]["text"], "papers": [99_999]})
    written["tldrs"] = [{**line, "text": text} for line in written["tldrs"][:1]] + written["tldrs"][1:]
    return written
