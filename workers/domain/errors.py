"""Every error Paperboy raises on purpose, each named for what its catcher does next.

PaperboyError
├── SettingsError      the owner mends config.yaml or the environment
├── SourceError        one source is skipped and named; its day comes with the next edition
├── EditionFailed      no edition yet: nothing listed, and a source is late, partial or failed
├── LeaseLost          stop: another process has taken the work over
├── UnreadableDelivery       this delivery is over: its row makes no sense; the others go on
├── TooManyQuestions  the reader is told the cap; nothing is stored
├── QueueDown          the queue does not answer; the work waits in the store
├── ModelError         the digest is written without the model, or that part of it
│   ├── ModelDown      no answer in time: waited and asked again already
│   ├── ModelRefused   the endpoint refuses us: the owner mends key, address or name
│   ├── ContextTooLong        ask for less at once
│   ├── AnswerUnusable        ask once more, then do without
│   ├── ContentFiltered       this text is refused, another may pass
│   └── BudgetExceeded        the day's budget is used up
└── SendError
    ├── ChatGone       deactivate the subscription, keep its settings
    ├── ChatNotWritable       count it; deactivate when it happens again and again
    ├── SendRetryable        surely not sent: try again after `retry_after_s`
    ├── SendRefused    this message is not taken as it is: it failed, the next ones go on
    └── SendUnknown    may have been sent: never repeat blindly
"""

from workers.domain.chats import ChatRef


class PaperboyError(Exception):
    """Base of all; its text is one line for the owner: what failed, then the cure."""


class SettingsError(PaperboyError):
    """A setting is wrong; the text names its key."""


class SourceError(PaperboyError):
    """A source gave no usable answer; the text is the reason shown in the files."""


class EditionFailed(PaperboyError):
    """Nothing could be listed, and at least one source is late, partial or failed; the text says which and why."""


class LeaseLost(PaperboyError):
    """The attempt number of this process is no longer the row's."""


class UnreadableDelivery(PaperboyError):
    """A row of the outbox cannot be read; it is given up, so that the rows after it are reached."""

    def __init__(self, delivery_id: int, chat: ChatRef, reason: str) -> None:
        super().__init__(f"the delivery cannot be read: {reason}")
        self.delivery_id, self.chat = delivery_id, chat


class TooManyQuestions(PaperboyError):
    """A cap on questions a day is reached: that of a "person", of a "chat" or of "all"."""

    def __init__(self, whose: str, cap: int) -> None:
        super().__init__(f"{cap} questions a day are the most of {whose}")
        self.whose, self.cap = whose, cap


class QueueDown(PaperboyError):
    """Redis or Valkey does not answer."""


class ModelError(PaperboyError):
    """The language model gave no answer that can be used."""


class ModelDown(ModelError):
    """No answer in time, however often it was asked."""


class ModelRefused(ModelError):
    """The endpoint refuses us, in whatever form it is asked; the text says what to mend."""


class ContextTooLong(ModelError):
    """The prompt, or the answer asked for, is longer than the model can."""


class AnswerUnusable(ModelError):
    """The model answered, but nothing in the answer can be used; it is not stored."""


class ContentFiltered(ModelError):
    """A content filter refused this text."""


class BudgetExceeded(ModelError):
    """The day's cap on money or tokens is reached; nothing was asked."""


class SendError(PaperboyError):
    """A part was not delivered."""


class ChatGone(SendError):
    """The chat refuses us for good: blocked, kicked, deleted."""


class ChatNotWritable(SendError):
    """The chat takes nothing as things are: a topic was closed, a right is missing."""


class SendRetryable(SendError):
    """The platform surely did not take the message."""

    def __init__(self, reason: str, retry_after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class SendRefused(SendError):
    """The platform will not take this message, however often it is sent."""


class SendUnknown(SendError):
    """The connection broke after the message may have been taken."""
