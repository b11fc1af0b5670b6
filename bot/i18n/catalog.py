"""The sentences every language must have."""

from collections.abc import Mapping
from dataclasses import dataclass

from workers.domain.deliveries import SubscriptionStatus


@dataclass(frozen=True, slots=True)
class Catalog:
    """Templates take the fields named in them; Korean ones need no particle after a field."""

    steps: Mapping[str, str]
    """The pipeline's steps, as they are shown while they run."""
    starting: str
    made: str
    rest: str
    reading: str
    ready_question: str
    no_such_section: str
    no_digest: str
    unknown_command: str
    help: str
    terminal_help: str
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
    no_digest_of: str
    nothing_for_you: str
    shown_of: str
    keywords: str
    more_hits: str
    ask_here: str
    more_below: str
    ask_about: str
    question_of: str
    forgotten: str
    too_many: str
    too_many_questions: str
    private_sent: str
    posted_already: str
    not_subscribed: str
    which_chat: str
    choose_channel: str
    cannot_post: str
    lacks_permissions: str
    chosen_chat: str
    subscribe_button: str
    pick_channel: str
    subscribe_which: str
    preview: str
    post_now: str
    settings_button: str
    check_again: str
    resume: str
    linked_ok: str
    linked_missing: str
    trouble: str
    trouble_cures: Mapping[SubscriptionStatus, str]
    """What to do for a chat that cannot be posted to: REMOVED and NOT_WRITABLE."""
    digest_comes_there: str
    status: Mapping[str, str]
    status_repeat: str
    status_repeated: str
    settings: "SettingsCatalog"
    commands: Mapping[str, str]
    """Command → what it does, as the platforms list them."""


@dataclass(frozen=True, slots=True)
class SettingsCatalog:
    """What the settings are called, and what may be chosen."""

    title: str
    names: Mapping[str, str]
    """Setting → its name; the keys are those of `bot.commands.setting_fields`, in the same order."""
    everything: str
    nothing: str
    choices: Mapping[str, Mapping[str, str]]
    """Setting → value → what the value is called, in the order in which the values are offered."""
    weekdays: tuple[str, ...]
    """From Monday, short."""
    every_day: str
    working_days: str
    papers: str
    main_topic: str
    this_topic: str
    back: str
    done: str
    type_it: str
    clear: str
    changed: str
    hints: Mapping[str, str]
    """Setting → how it is chosen or typed."""
    wrong: str
    unknown: str
    topic_taken: str
    usage: str
