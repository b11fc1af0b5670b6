"""English texts."""

from bot.texts.base import Texts

ENGLISH = Texts(
    steps={
        "collect": "collected",
        "merge": "merged",
        "select": "selected",
        "classify": "categories",
        "summarise": "summarised",
        "check": "claims dropped by the check",
        "chart": "chart",
        "publish": "deliveries",
    },
    starting="Making the digest of the bundled sample day, 6 October 2024.",
    made="Done in {seconds:.1f} s.",
    rest="{count} more parts come with /digest. /help shows the commands, /quit ends.",
    questions_not_yet="Questions cannot be answered yet. /digest shows the whole digest.",
    ready_question="What does paper 1 propose?",
    no_such_section="There is no such category. There are: {names}",
    no_digest="There is no digest yet.",
    unknown_command="Unknown command; try /help.",
    help=(
        "/digest — the whole digest\n/digest CATEGORY — one category, e.g. /digest robotics\n"
        "/subscribe — a digest every weekday\n/unsubscribe — no more\n/help — this help\n/quit — end"
    ),
    goodbye="Goodbye.",
    ready="Ready after {seconds:.1f} s. Ctrl-C ends.",
    files="Files written.",
    corrected="Message {number} now reads:",
    taken_back="Message {number} was taken back.",
    may_not_subscribe="Only those who may manage this chat, and are allowed to, can subscribe it.",
    subscribed="Subscribed: a digest comes on weekdays at {slot} ({zone}).",
    unsubscribed="Unsubscribed. Your settings are kept; /subscribe starts again.",
    waits_for_owner="The owner was asked. Digests come once it is approved.",
    asks_to_subscribe="The chat {name} asks to subscribe. To approve: /approve {name}",
    approved="Approved: {name}",
    nobody_waits="No such chat waits for approval: {name}",
    owners_only="This command is the owners' alone.",
    owner_now="You are an owner now. Trouble is told to you here.",
    code_is_wrong="That code is wrong or has expired.",
    bot_ready="{name} — invite link: {invite}",
    owner_code="There is no owner yet. Within 24 hours, send /owner {code} to the bot in private.",
    continued="(continued)",
    ask_hint="Reply with a question, such as “What does paper 1 propose?”",
    cannot_see_channel="To subscribe {name}, first add the bot as an admin who may post; you must be one too.",
    digest_comes="It will be posted here in a moment.",
)
