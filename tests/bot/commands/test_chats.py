"""Tests a chat's language and who may manage the subscription of another chat."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.commands.chats import actor_about, chat_language
from bot.commands.context import Services
from bot.commands.permissions import Actor
from tests.fakes.subscriptions import NewSubscription
from workers import config
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Subscription, View
from workers.domain.models import Category
from workers.store import Store

HERE = Actor("7", ChatRef("telegram", "7"), manages=True)


@pytest.fixture
def services(store: Store, categories: Sequence[Category]) -> Services:
    return Services(store, config.load(environment={}), categories)


def subscribe(store: Store, chat: str, thread: str = "", language: str = "en") -> int:
    ref = ChatRef("telegram", chat, thread)
    store.subscriptions.add(NewSubscription(ref, store.clock.now(), view=View(language)))
    known = store.subscriptions.of(ref)
    assert known is not None
    return known.subscription_id


def about(command: str, services: Services, allowed: Actor | None) -> Actor:
    async def elsewhere(subscription: Subscription) -> Actor | None:
        return allowed and replace(allowed, chat=subscription.chat)

    return asyncio.run(actor_about(command, HERE, services, elsewhere))


def test_a_subscription_says_the_language_then_the_person_then_the_digest(store: Store, services: Services) -> None:
    subscribe(store, "5", thread="2", language="fr")
    assert chat_language(services, ChatRef("telegram", "5", "2"), spoken="ko") == "fr"
    assert chat_language(services, ChatRef("telegram", "5", "3"), spoken="ko") == "fr", "another topic"
    assert chat_language(services, ChatRef("telegram", "6"), spoken="en") == "en"
    assert chat_language(services, ChatRef("telegram", "6")) == "ko"
    assert chat_language(services, ChatRef("discord", "5"), spoken="en") == "en"


def test_whoever_may_manage_the_other_chat_speaks_about_it(store: Store, services: Services) -> None:
    number = subscribe(store, "-5", thread="2")
    there = Actor("7", ChatRef("telegram", "-5"), manages=True, elsewhere=True)
    assert about(f"/settings {number} time 08:30", services, there) == replace(
        there, chat=ChatRef("telegram", "-5", "2")
    )


def test_nobody_else_manages_the_other_chat(store: Store, services: Services) -> None:
    number = subscribe(store, "-5", thread="2")
    refused = about(f"/post {number}", services, None)
    assert refused == replace(HERE, chat=ChatRef("telegram", "-5", "2"), manages=False, elsewhere=True)


@pytest.mark.parametrize("command", ["/settings", "/settings time 08:30", "/ask 1", "/settings 999", "What is 1?"])
def test_a_command_that_names_no_other_chat_is_about_this_one(command: str, store: Store, services: Services) -> None:
    subscribe(store, "-5")
    assert about(command, services, None) == HERE


def test_ones_own_subscription_is_not_another_chat(store: Store, services: Services) -> None:
    assert about(f"/settings {subscribe(store, '7')}", services, None) == HERE
