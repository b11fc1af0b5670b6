"""The sentences every language must have."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Texts:
    """Templates take the fields named in them; Korean ones need no particle after a field."""

    steps: Mapping[str, str]
    """The pipeline's steps, as they are shown while they run."""
    starting: str
    made: str
    rest: str
    questions_not_yet: str
    ready_question: str
    no_such_section: str
    no_digest: str
    unknown_command: str
    help: str
    goodbye: str
    files: str
    ready: str
    corrected: str
    taken_back: str
