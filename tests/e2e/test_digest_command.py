"""Tests `paperboy digest` on the recorded days: one digest a day, no paper twice, no paper lost."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Replay, read_digest, recorded_sources

pytestmark = pytest.mark.shared_data

Run = Callable[..., tuple[int, Path]]
Write = Callable[..., Path]
FAULTS = ["429", "503", "406", "500", "hang", "slow", "truncate", "html", "empty", "garbage"]
IMPATIENT = {"timeout_s": 0.5, "patience_s": 1}
DAYS = ("2025-06-03", "2025-06-04", "2025-06-05", "2025-06-06")


def balanced(digest: dict[str, Any]) -> bool:
    papers, listed = digest["papers"], [n for section in digest["sections"] for n in section["papers"]]
    return bool(
        digest["collected"] == digest["listed"] + sum(digest["skipped"].values())
        and digest["listed"] == len(papers)
        and [paper["n"] for paper in papers] == sorted(listed) == list(range(1, len(papers) + 1))
    )


def listed_ids(digest: dict[str, Any]) -> list[str]:
    return [paper["arxiv_id"] for paper in digest["papers"]]


def test_a_recorded_day_becomes_one_digest(
    replay: Replay, settings_file: Write, run_digest: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    replay.today("2025-06-03")
    code, folder = run_digest(settings_file(recorded_sources(replay.url)), "2025-06-03")
    digest = read_digest(folder)
    assert code == 0
    assert (digest["collected"], digest["listed"]) == (1524, 40)
    assert balanced(digest)
    assert len(set(listed_ids(digest))) == 40
    assert [(source["name"], source["status"], source["entries"]) for source in digest["sources"]] == [
        ("arxiv", "ok", 1561),  # 1,562 recorded lines, one of them twice
        ("huggingface", "ok", 29),
    ]
    for paper in digest["papers"]:
        assert paper["links"][0] == {"source": "arxiv", "url": f"https://arxiv.org/abs/{paper['arxiv_id']}"}
        assert not any(re.search(r"v\d+$", link["url"]) for link in paper["links"])
    report = (folder / "Papers_2025-06-03_report.md").read_text("utf-8")
    assert all(f"](https://arxiv.org/abs/{number})" in report for number in listed_ids(digest))
    assert (folder / "paper_2025-06-03.png").read_bytes().startswith(b"\x89PNG")
    assert capsys.readouterr().out.splitlines() == [
        str(folder / name) for name in ("Papers_2025-06-03_report.md", "paper_2025-06-03.png", "digest.json")
    ]


def test_four_days_in_a_row_repeat_nothing_and_another_language_lists_the_same(
    replay: Replay, settings_file: Write, run_digest: Run
) -> None:
    settings, seen = settings_file(recorded_sources(replay.url, categories=["cs.CL"])), set[str]()
    for day in DAYS:
        replay.today(day)
        code, folder = run_digest(settings, day)
        korean = read_digest(folder)
        assert code == 0
        assert balanced(korean)
        assert seen.isdisjoint(listed_ids(korean))
        seen.update(listed_ids(korean))
        code, folder = run_digest(settings, day, "en")
        english = read_digest(folder)
        assert code == 0
        assert [(paper["n"], paper["arxiv_id"], paper["category"]) for paper in english["papers"]] == [
            (paper["n"], paper["arxiv_id"], paper["category"]) for paper in korean["papers"]
        ]
    assert len(seen) == 160
    requests = len(replay.requests())
    code, again = run_digest(settings, DAYS[0], out="again")
    assert code == 0
    assert len(replay.requests()) == requests, "found, not asked for again"
    for name in ("digest.json", f"Papers_{DAYS[0]}_report.md", f"paper_{DAYS[0]}.png"):
        assert (again / name).read_bytes() == (again.parent / f"{DAYS[0]}-default" / name).read_bytes()


def test_a_missed_day_is_asked_of_the_api_and_gives_what_the_feed_would_have_given(
    replay: Replay, settings_file: Write, run_digest: Run, tmp_path: Path
) -> None:
    replay.today("2025-06-03")
    sources = recorded_sources(replay.url)
    _, on_time = run_digest(settings_file(sources), "2025-06-03", out="on-time")
    replay.today("2025-06-06")
    late_store = {"url": f"sqlite:///{tmp_path / 'late.db'}"}
    code, late = run_digest(settings_file(sources, store=late_store), "2025-06-03", out="late")
    assert code == 0
    assert read_digest(late)["collected"] == 1524
    both = set(listed_ids(read_digest(late))) & set(listed_ids(read_digest(on_time)))
    assert len(both) > 30, "the API has no announce types: the primary category shows which papers are cross-listed"
    assert both.issuperset(p["arxiv_id"] for p in read_digest(on_time)["papers"] if (p["upvotes"] or 0) > 3)


def test_what_a_failed_source_missed_comes_with_the_next_edition(
    replay: Replay, settings_file: Write, run_digest: Run
) -> None:
    replay.today("2025-06-03")
    code, first = run_digest(settings_file(recorded_sources(replay.url, "500", "arxiv")), "2025-06-03")
    assert code == 0
    assert read_digest(first)["sources"][0]["status"] == "failed"
    assert read_digest(first)["collected"] == 29
    replay.today("2025-06-04")
    code, second = run_digest(settings_file(recorded_sources(replay.url)), "2025-06-04")
    made_up = read_digest(second)
    assert code == 0
    assert made_up["sources"][0]["reason"] == "with 2025-06-03, missed then"
    assert made_up["collected"] > 2000
    assert balanced(made_up)
    assert set(listed_ids(made_up)).isdisjoint(listed_ids(read_digest(first)))
    replay.today("2025-06-05")
    _, third = run_digest(settings_file(recorded_sources(replay.url)), "2025-06-05")
    assert read_digest(third)["sources"][0]["reason"] is None


def test_a_category_that_is_late_is_named_and_comes_with_the_next_edition(
    replay: Replay, settings_file: Write, run_digest: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    replay.today("2025-06-03")
    sources = recorded_sources(replay.url, categories=["cs.CL", "cs.CV?day=2025-05-30"])[:1]
    code, first = run_digest(settings_file([sources[0] | {"api_url": f"{replay.url}/none"}]), "2025-06-03")
    digest = read_digest(first)
    assert code == 0
    assert balanced(digest)
    assert digest["sources"][0]["status"] == "partial"
    reason = "cs.CV?day=2025-05-30: the feed still shows 2025-05-30 (API: HTTP 404)"
    assert digest["sources"][0]["reason"] == reason
    assert f"arxiv: only partly read ({reason})" in capsys.readouterr().err
    replay.today("2025-06-04")
    sources = recorded_sources(replay.url, categories=["cs.CL", "cs.CV"])[:1]
    _, second = run_digest(settings_file(sources), "2025-06-04")
    made_up = read_digest(second)
    assert (made_up["sources"][0]["status"], made_up["sources"][0]["reason"]) == ("ok", "with 2025-06-03, missed then")
    assert balanced(made_up)
    assert made_up["skipped"]["announced before"] > 100, "what came in time is known"


def test_a_day_on_which_every_source_is_late_is_no_quiet_day(
    replay: Replay, settings_file: Write, run_digest: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    replay.today("2025-06-02")
    sources = recorded_sources(replay.url, categories=["cs.CL?day=2025-05-30"])[:1]
    code, folder = run_digest(settings_file(sources), "2025-06-02")
    assert code == 1
    assert not folder.exists()
    complaint = capsys.readouterr().err.splitlines()[-1]
    assert complaint.startswith("paperboy: no digest of 2025-06-02 yet (arxiv late: ")
    assert "the feed still shows 2025-05-30" in complaint


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_one_source_is_named_and_the_other_makes_the_digest(
    fault: str, replay: Replay, settings_file: Write, run_digest: Run
) -> None:
    replay.today("2025-06-13")
    sources = recorded_sources(replay.url, fault, "huggingface", categories=["cs.CL"])
    settings = settings_file(sources, http=IMPATIENT)
    code, folder = run_digest(settings, "2025-06-13")
    digest = read_digest(folder)
    assert code == 0
    assert [source["status"] for source in digest["sources"]] == ["ok", "failed"]
    assert digest["sources"][1]["reason"]
    assert balanced(digest)
    assert digest["listed"] == 40
    assert "huggingface: 가져오지 못했습니다" in (folder / "Papers_2025-06-13_report.md").read_text("utf-8")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_every_source_is_one_line_and_no_digest(
    fault: str, replay: Replay, settings_file: Write, run_digest: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    replay.today("2025-06-13")
    sources = recorded_sources(replay.url, fault, categories=["cs.CL"])
    code, folder = run_digest(settings_file(sources, http=IMPATIENT), "2025-06-13")
    assert code == 1
    assert not folder.exists()
    complaint = capsys.readouterr().err.splitlines()[-1]
    assert complaint.startswith("paperboy: no digest of 2025-06-13")
    assert "arxiv" in complaint
    assert "config.yaml" in complaint
    code, folder = run_digest(settings_file(recorded_sources(replay.url, categories=["cs.CL"])), "2025-06-13")
    assert code == 0, "the day is not lost: it can be asked for again at once"


def test_a_quiet_day_knows_why_and_has_no_chart(replay: Replay, settings_file: Write, run_digest: Run) -> None:
    replay.today("2025-06-08")
    sources = [source for source in recorded_sources(replay.url) if source["kind"] == "arxiv"]
    code, folder = run_digest(settings_file(sources), "2025-06-08")
    digest = read_digest(folder)
    assert code == 3
    assert (digest["listed"], digest["chart"], digest["sources"][0]["status"]) == (0, None, "quiet")
    assert "arxiv: 새 논문이 없습니다" in (folder / "Papers_2025-06-08_report.md").read_text("utf-8")
    assert not (folder / "paper_2025-06-08.png").exists()
    assert run_digest(settings_file(sources), "2025-06-08")[0] == 3
