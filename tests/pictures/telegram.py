"""Makes the README's picture: the sample day in a Telegram channel and, compact, in a group, and the settings.

`python -m tests.pictures.telegram page.html` writes the page; take a screenshot of it with any browser.
"""

import base64
import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

import yaml

from bot.commands.context import Services
from bot.commands.permissions import Actor
from bot.commands.router import answer
from bot.platforms import PLATFORMS
from bot.runtime.sample import DAY
from bot.runtime.sample.server import serving
from bot.telegram.app import messages
from bot.telegram.renderer import RenderOptions, render
from tests.fakes.subscriptions import NewSubscription
from workers import config, jobs
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Delivery, Layout, Message, Place, View
from workers.domain.models import Text
from workers.runtime.clock import SystemClock
from workers.store import Store, open_store

_STYLE = """
body { margin: 0; padding: 20px; background: #cfdbc5; font: 15px/1.42 'NanumGothic', 'Noto Color Emoji', sans-serif; }
main { display: grid; grid-template-columns: repeat(3, 430px); gap: 22px; align-items: start; }
h2 { font-size: 15px; margin: 0 0 10px; color: #46583a; }
article { background: #fff; border-radius: 12px; padding: 9px 12px; margin-bottom: 8px; white-space: pre-wrap;
  box-shadow: 0 1px 1px #0002; overflow-wrap: anywhere; }
article img { width: calc(100% + 24px); margin: -9px -12px 8px; border-radius: 12px 12px 0 0; display: block; }
a { color: #2678b6; text-decoration: none; }
blockquote { margin: 4px 0; padding: 4px 8px; border-left: 3px solid #2678b6; background: #2678b612; border-radius: 4px;
  max-height: 4.2em; overflow: hidden; -webkit-mask-image: linear-gradient(#000 55%, transparent); }
nav { display: grid; grid-auto-flow: row; gap: 4px; margin: -4px 0 8px; }
nav div { display: grid; grid-auto-columns: 1fr; grid-auto-flow: column; gap: 4px; }
nav span { background: #5b7a4ab0; color: #fff; border-radius: 8px; text-align: center; padding: 6px 2px; }
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, serving() as base:
        url = f"sqlite:///{folder}/store.db"
        sources = [
            {"name": "huggingface", "kind": "huggingface", "url": f"{base}/api/daily_papers"},
            {"name": "deeplearn", "kind": "deeplearn", "url": base},
        ]
        file = Path(folder) / "settings.yaml"
        file.write_text(yaml.safe_dump({"store": {"url": url}, "sources": sources}), "utf-8")
        os.environ["PAPERBOY_CONFIG"] = str(file)
        os.environ.pop("REDIS_URL", None)
        with open_store(url, SystemClock()) as store:
            store.subscriptions.add(
                NewSubscription(ChatRef("telegram", "-1"), store.clock.now(), view=View("en", place=Place.GROUP))
            )
            jobs.make_edition(DAY.isoformat())
            settings = config.load(platforms=PLATFORMS)
            services = Services(store, settings, settings.closed_list())
            columns = [
                ("채널", _posted(store, services, View("ko", place=Place.CHANNEL))[:4]),
                ("그룹, 짧게", _posted(store, services, View("ko", Layout.COMPACT, place=Place.GROUP))),
                ("설정", _panel(services)),
            ]
            chart = store.texts.get(DAY, "ko")
            assert chart is not None
            Path(sys.argv[1]).write_text(_page(columns, chart), "utf-8")


def _posted(store: Store, services: Services, view: View) -> list[Message]:
    text = store.texts.get(DAY, view.language)
    assert text is not None
    return messages(text, Delivery(1, ChatRef("telegram", "-1"), DAY, 1, view=view), services, "https://t.me/paper_bot")


def _panel(services: Services) -> list[Message]:
    actor = Actor("8", ChatRef("telegram", "-1"), manages=True, place=Place.GROUP, name="논문 읽기 모임")
    lines = ("/subscribe", "/settings", "/settings layout", "/settings keywords")
    return [
        message for line in lines for message in render(answer(line, actor, "ko", services).blocks, RenderOptions("ko"))
    ]


def _page(columns: Sequence[tuple[str, Sequence[Message]]], text: Text) -> str:
    picture = base64.b64encode(text.chart_png or b"").decode()
    shown = "".join(
        f"<section><h2>{escape(name)}</h2>{''.join(_shown(each, picture) for each in column)}</section>"
        for name, column in columns
    )
    return f"<!doctype html><meta charset=utf-8><style>{_STYLE}</style><main>{shown}</main>"


def _shown(message: Message, picture: str) -> str:
    chart = f'<img src="data:image/png;base64,{picture}">' if message.chart else ""
    rows: Iterable[str] = (
        f"<div>{''.join(f'<span>{escape(choice.label)}</span>' for choice in row)}</div>" for row in message.choices
    )
    buttons = f"<nav>{''.join(rows)}</nav>" if message.choices else ""
    return f"<article>{chart}{message.text}</article>{buttons}"


if __name__ == "__main__":
    main()
