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
        "/help — this help\n/quit — end"
    ),
    goodbye="Goodbye.",
    ready="Ready after {seconds:.1f} s. Ctrl-C ends.",
    files="Files written.",
    corrected="Message {number} now reads:",
    taken_back="Message {number} was taken back.",
)
