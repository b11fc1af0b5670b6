"""Reads a paper: arXiv's HTML, else its PDF, else the abstract; fetches nothing else."""

import logging

from workers.domain.errors import SourceError
from workers.domain.models import Paper
from workers.domain.passages import PaperText, Passage
from workers.domain.ports import Fetch, Gate
from workers.fulltext import html, pdf
from workers.runtime.logs import note
from workers.text.latex import readable

log = logging.getLogger(__name__)


class PaperReader:
    """Fetches from `base`, arXiv's address, through the gate that all requests to arXiv share."""

    def __init__(self, base: str, fetch: Fetch, gate: Gate) -> None:
        self._base, self._fetch, self._gate = base.rstrip("/"), fetch, gate

    def read(self, paper: Paper) -> PaperText:
        """The best text that arXiv serves now; the abstract if there is none. Raises no SourceError."""
        if paper.arxiv_id is None:
            return abstract_of(paper)
        version = f"{paper.arxiv_id}v{paper.version}" if paper.version else paper.arxiv_id
        try:
            return PaperText("html", html.passages(self._get(f"/html/{version}"), readable(paper.title)))
        except SourceError as error:
            note(log, "no html", arxiv_id=paper.arxiv_id, error=error)
        try:
            found = pdf.passages(self._get(f"/pdf/{version}"))
            if not html.same_title(" ".join(passage.text for passage in found[:4])[:2000], readable(paper.title)):
                raise SourceError("the PDF has another title")
            return PaperText("pdf", found)
        except SourceError as error:
            note(log, "no pdf", arxiv_id=paper.arxiv_id, error=error)
        return abstract_of(paper)

    def _get(self, path: str) -> bytes:
        return self._fetch.get(f"{self._base}{path}", None, self._gate)


def abstract_of(paper: Paper) -> PaperText:
    """The abstract as one passage; the title if there is no abstract."""
    return PaperText("abstract", (Passage(1, "Abstract", readable(paper.abstract) or readable(paper.title)),))
