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
    may_not_subscribe: str
    subscribed: str
    unsubscribed: str
    waits_for_owner: str
    asks_to_subscribe: str
    approved: str
    nobody_waits: str
    owners_only: str
    owner_now: str
    code_is_wrong: str
    bot_ready: str
    owner_code: str
    continued: str
    ask_hint: str
    cannot_see_channel: str
    digest_comes: str
