"""References to chats: how they are written, and which are equal."""

from workers.domain.chats import ChatRef, direct_chat


def test_a_chat_is_named_by_platform_and_id_whatever_the_thread() -> None:
    assert str(ChatRef("telegram", "-100")) == str(ChatRef("telegram", "-100", "5")) == "telegram:-100"


def test_a_thread_is_another_place_in_the_same_whole_chat() -> None:
    chat, thread = ChatRef("telegram", "-100"), ChatRef("telegram", "-100", "5")
    assert chat != thread
    assert chat.whole == thread.whole == chat
    assert ChatRef("discord", "-100").whole != chat


def test_the_private_chat_with_a_person_is_another_chat_than_the_persons_number() -> None:
    assert direct_chat("telegram", "7") != ChatRef("telegram", "7")
