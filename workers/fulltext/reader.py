"""Reads a paper: arXiv's HTML, else its PDF, else the abstract; fetches nothing else."""

import logging

from workers.domain.errors import SourceError
from workers.domain.models import Paper
from workers.domain.passages import PaperText, Passage
from workers.domain.ports import DocumentReader, Gate
from workers.fulltext import html, pdf
from workers.runtime.logs import note
from workers.text.latex import readable

log = logging.getLogger(__name__)

_ABSENT = (
    *("HTTP 404", "HTTP 410", "the page has another title", "the PDF has another title"),
    *("the page holds too little text", "a PDF without text", "not a PDF"),
)
"""Reasons that mean: there is no such text, and a later try finds none either."""


class PaperReader:
    """Fetches from `base`, arXiv's address, through the gate that all requests to arXiv share."""

    def __init__(self, base: str, documents: DocumentReader, gate: Gate) -> None:
        self._base, self._documents, self._gate = base.rstrip("/"), documents, gate

    def read(self, paper: Paper) -> PaperText:
        """The best text that arXiv serves now; the abstract if arXiv has neither HTML nor PDF of the paper.

        Raises SourceError if there may be a text that could not be read now.
        """
        if paper.arxiv_id is None:
            return abstract_of(paper)
        version = f"{paper.arxiv_id}v{paper.version}" if paper.version else paper.arxiv_id
        documents, title, faults = self._documents.for_one_answer(), readable(paper.title), list[str]()
        try:
            page = documents.read(f"{self._base}/html/{version}", html.passages, title, gate=self._gate)
            return PaperText("html", page)
        except SourceError as error:
            note(log, "no html", arxiv_id=paper.arxiv_id, error=error)
            faults.append(f"HTML: {error}")
        try:
            found = documents.read(f"{self._base}/pdf/{version}", pdf.passages, gate=self._gate)
            if not html.same_title(" ".join(passage.text for passage in found[:4])[:2000], title):
                raise SourceError("the PDF has another title")
            return PaperText("pdf", found)
        except SourceError as error:
            note(log, "no pdf", arxiv_id=paper.arxiv_id, error=error)
            faults.append(f"PDF: {error}")
        if any(not fault.endswith(_ABSENT) for fault in faults):
            raise SourceError("; ".join(faults))
        return abstract_of(paper)


def abstract_of(paper: Paper) -> PaperText:
    """The abstract as one passage; the title if there is no abstract."""
    return PaperText("abstract", (Passage(1, "Abstract", readable(paper.abstract) or readable(paper.title)),))
