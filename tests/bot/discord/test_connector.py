"""Tests that REST and the gateway go through the proxies that the environment names, and past them where it says so."""

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

import aiohttp
import pytest

from bot.discord.connector import ProxyingConnector, check_proxies
from tests.fakes.discord import TOKEN, DiscordServer
from tests.fakes.proxy import Proxy, proxying
from workers.domain.errors import SettingsError


async def visited(server: DiscordServer, environment: dict[str, str]) -> None:
    """Ask the REST API and the gateway of `server` once each."""
    async with aiohttp.ClientSession(connector=ProxyingConnector(environment)) as session:
        headers = {"Authorization": f"Bot {TOKEN}"}
        async with session.get(f"{server.url}/api/v10/users/@me", headers=headers) as answer:
            assert (await answer.json())["username"] == "paper"
        async with session.ws_connect(server.url.replace("http", "ws") + "/gw") as gateway:
            assert (await gateway.receive_json())["op"] == 10


def run(server: DiscordServer, environment: Callable[[Proxy], dict[str, str]], refuses: bool = False) -> Proxy:
    async def scenario() -> Proxy:
        async with proxying() as proxy:
            proxy.refuses = refuses
            await visited(server, environment(proxy))
            return proxy

    return asyncio.run(scenario())


def test_without_a_proxy_discord_is_asked_directly(online: DiscordServer) -> None:
    assert run(online, lambda proxy: {"HTTPS_PROXY": f"http://{proxy.address}"}).targets == []


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_rest_and_gateway_go_through_an_http_proxy(variable: str, online: DiscordServer) -> None:
    proxy = run(online, lambda proxy: {variable: f"http://ada:p%40ss@{proxy.address}"})
    assert set(proxy.targets) == {("http", urlsplit(online.url).netloc)}
    assert set(proxy.logins) == {aiohttp.encode_basic_auth("ada", "p@ss")}


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks"])
def test_rest_and_gateway_go_through_a_socks_proxy(scheme: str, online: DiscordServer) -> None:
    proxy = run(online, lambda proxy: {"ALL_PROXY": f"{scheme}://ada:p%40ss@{proxy.address}"})
    assert set(proxy.targets) == {("socks5", urlsplit(online.url).netloc)}
    assert set(proxy.logins) == {"ada:p@ss"}


def test_no_proxy_is_respected(online: DiscordServer) -> None:
    entries = "fd07:b51a:cc66:f0::/64,127.0.0.0/8"
    assert run(online, lambda proxy: {"ALL_PROXY": f"socks5://{proxy.address}", "NO_PROXY": entries}).targets == []


@pytest.mark.parametrize("scheme", ["socks5", "http"])
def test_a_proxy_that_refuses_or_is_away_is_an_error_of_the_connection(scheme: str, online: DiscordServer) -> None:
    with pytest.raises(aiohttp.ClientConnectorError):
        asyncio.run(visited(online, {"ALL_PROXY": f"{scheme}://127.0.0.1:9"}))
    if scheme == "socks5":
        with pytest.raises(aiohttp.ClientConnectorError):
            run(online, lambda proxy: {"ALL_PROXY": f"{scheme}://{proxy.address}"}, refuses=True)


def test_a_proxy_that_cannot_be_read_is_a_setting_that_is_wrong() -> None:
    with pytest.raises(SettingsError, match="HTTPS_PROXY"):
        check_proxies(["https://discord.com/api/v10", "wss://gateway.discord.gg"], {"HTTPS_PROXY": "ftp://proxy.lab"})
