"""The texts that the interface needs in every language."""

from collections.abc import Mapping
from dataclasses import dataclass

from workers.domain.deliveries import SubscriptionStatus


@dataclass(frozen=True, slots=True)
class Catalog:
    """Texts are templates with named fields; in Korean no particle follows a field, because its form would vary."""

    steps: Mapping[str, str]
    """Step of the pipeline → its name, shown while it runs."""
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
    did_not_work: str
    could_not_ask: str
    no_photos: str
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
    too_many_questions: Mapping[str, str]
    """Whose cap is reached ("person", "chat" or "all") → the reply."""
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
    """What to do if nothing can be posted to a chat: REMOVED and NOT_WRITABLE."""
    digest_comes_there: str
    status: Mapping[str, str]
    status_repeat: str
    status_repeated: str
    settings: "SettingsCatalog"
    commands: Mapping[str, str]
    """Command → its description in the platform's list of commands."""


@dataclass(frozen=True, slots=True)
class SettingsCatalog:
    """Names of the settings and of their values."""

    title: str
    names: Mapping[str, str]
    """Setting → its name; the keys are those of `bot.commands.setting_fields`, in the same order."""
    everything: str
    nothing: str
    choices: Mapping[str, Mapping[str, str]]
    """Setting → value → what the value is called, in the order in which the values are offered."""
    weekdays: tuple[str, ...]
    """Short names, from Monday."""
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
    """Setting → how to choose or type a value."""
    wrong: str
    unknown: str
    topic_taken: str
    usage: str
