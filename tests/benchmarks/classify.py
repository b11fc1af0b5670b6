"""How often keyless classification gives the label that people gave: `python -m tests.benchmarks.classify [FILE]`.

FILE holds one JSON object a line: {"title", "abstract"?, "categories"?, "label"}. Without FILE: the curated lists
(titles only, their `topic` mapped to our categories), then the abstract-bearing papers of the ancestor's reports. The
terms come from knowledge of the field, none from these lists. Terms were added once, based on which categories were
confused with each other, not on titles.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.recorded import json_lines, recorded_file
from workers import config
from workers.digest.classify import classify
from workers.domain.models import Category, Paper
from workers.text.latex import readable

OURS = {
    "Audio": "Audio & Speech",
    "Healthcare": "Healthcare AI",
    "Graph": "Graph Learning",
    "LLM": "Natural Language Processing",
    "Robotics & Autonomous": "Robotics",
    "Tabular": "Tabular & Time Series",
    "Information Retrieval & Recommendation": "Information Retrieval",
    "Interpretability": "Ethics & Safety",
    "Machine Learning (general)": "Machine Learning Theory",
    "Quantum": "AI for Science",
    "Science & Statistics": "AI for Science",
}
"""Labels of the recorded lists → names of our categories that differ. Labels without a category are left out."""


def main(arguments: list[str]) -> None:
    categories = config.load(environment={}).closed_list()
    if arguments:
        for file in map(Path, arguments):
            measure(file.name, json_lines(file), categories)
        return
    curated = json_lines(recorded_file("labels/curated_titles.jsonl.xz"))
    titles = [{"title": row["title"], "label": row["topic"]} for row in curated]
    measure("curated_titles (titles only)", titles, categories)
    ancestor = json_lines(recorded_file("ancestor_reports/papers.jsonl"))
    unique = {row["title"]: {**row, "label": row["canonical"]} for row in ancestor if row.get("abstract")}
    measure("ancestor_reports (titles and abstracts)", unique.values(), categories)


def measure(name: str, rows: Iterable[dict[str, Any]], categories: Sequence[Category]) -> None:
    known = {category.name for category in categories}
    labelled = [(OURS.get(row["label"], row["label"]), _paper(row)) for row in rows]
    labels = sorted({label for label, _ in labelled} & known)
    # Only labels that the list uses are possible: the curated lists have none for generative models.
    possible = [category for category in categories if category.name in labels or category is categories[-1]]
    pairs = [(label, classify(paper, possible)) for label, paper in labelled if label in known]
    print(f"file: {name}")
    print(f"papers: {len(pairs)}")
    print(f"accuracy: {sum(wanted == given for wanted, given in pairs) / len(pairs):.4f}")
    print(f"macro_f1: {sum(_f1(pairs, label) for label in labels) / len(labels):.4f}")
    for label in labels:
        missed = Counter(given for wanted, given in pairs if wanted == label and given != label)
        print(f"f1 {label}: {_f1(pairs, label):.3f}  misses: {dict(missed.most_common(3))}")


def _f1(pairs: Sequence[tuple[str, str]], label: str) -> float:
    hits = sum(wanted == given == label for wanted, given in pairs)
    wanted, given = sum(pair[0] == label for pair in pairs), sum(pair[1] == label for pair in pairs)
    return 2 * hits / (wanted + given) if wanted + given else 0.0


def _paper(row: dict[str, Any]) -> Paper:
    return Paper(
        keys=(),
        title=readable(row["title"]),
        abstract=row.get("abstract") or "",
        authors=(),
        links=(),
        categories=tuple(row.get("categories") or row.get("arxiv_categories") or ()),
        sources=(),
    )


if __name__ == "__main__":
    main(sys.argv[1:])
