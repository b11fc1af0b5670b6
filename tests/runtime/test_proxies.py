"""The proxy variables, as Linux distributions, container runtimes and desktops write them."""

import pytest

from workers.domain.errors import SettingsError
from workers.runtime.proxies import proxy_for

_PROXY = "http://proxy.lab:3128"
_ARXIV = "https://export.arxiv.org/api/query?search_query=cat:cs.CL"


@pytest.mark.parametrize(
    ("url", "environment", "proxy"),
    [
        (_ARXIV, {}, None),
        (_ARXIV, {"HTTPS_PROXY": _PROXY}, _PROXY),
        (_ARXIV, {"https_proxy": _PROXY}, _PROXY),
        (_ARXIV, {"HTTP_PROXY": _PROXY}, None),
        (_ARXIV, {"ALL_PROXY": _PROXY}, _PROXY),
        (_ARXIV, {"all_proxy": "http://other.lab", "HTTPS_PROXY": _PROXY}, _PROXY),
        (_ARXIV, {"HTTPS_PROXY": "http://other.lab", "https_proxy": _PROXY}, _PROXY),
        (_ARXIV, {"HTTPS_PROXY": _PROXY, "https_proxy": ""}, None),
        (_ARXIV, {"HTTPS_PROXY": " ", "ALL_PROXY": _PROXY}, _PROXY),
        ("wss://gateway.discord.gg/?v=10", {"HTTPS_PROXY": _PROXY}, _PROXY),
        ("ws://127.0.0.1:9/gw", {"HTTP_PROXY": _PROXY}, _PROXY),
        ("http://127.0.0.1:9/", {"HTTP_PROXY": _PROXY}, _PROXY),
    ],
)
def test_the_variable_of_the_urls_scheme_holds_then_the_one_for_all(
    url: str, environment: dict[str, str], proxy: str | None
) -> None:
    assert proxy_for(url, environment) == proxy


@pytest.mark.parametrize(
    ("value", "proxy"),
    [
        ("proxy.lab:3128", "http://proxy.lab:3128"),
        ("proxy.lab", "http://proxy.lab"),
        ("HTTP://Proxy.Lab:3128/", "http://Proxy.Lab:3128"),
        ("https://proxy.lab", "https://proxy.lab"),
        ("http://ada:p%40ss@proxy.lab:3128", "http://ada:p%40ss@proxy.lab:3128"),
        ("http://[fd00::1]:3128", "http://[fd00::1]:3128"),
        ("http://squid_proxy:3128", "http://squid_proxy:3128"),
        ("socks5://127.0.0.1:1080", "socks5://127.0.0.1:1080"),
        ("socks5h://127.0.0.1:1080", "socks5h://127.0.0.1:1080"),
        ("socks://127.0.0.1:1080/", "socks5h://127.0.0.1:1080"),
    ],
)
def test_a_proxy_is_an_address_with_or_without_a_scheme(value: str, proxy: str) -> None:
    assert proxy_for(_ARXIV, {"ALL_PROXY": value}) == proxy


@pytest.mark.parametrize(
    "value",
    [
        *(
            "http://",
            "://proxy.lab",
            "http://proxy.lab:port",
            "http://proxy.lab:0",
            "http://proxy.lab:70000",
            "http://:3128",
        ),
        *(
            "http://[fd00::1",
            "http://[proxy.lab]:3128",
            "http://proxy lab:3128",
            "ftp://proxy.lab",
            "socks4://proxy.lab",
        ),
        *(
            "http://ada:geh#eim@proxy.lab:3128",
            "http://ada:1/geheim@proxy.lab",
            "http://ada:geh\neim@proxy.lab",
            "$PROXY",
        ),
    ],
)
def test_a_value_that_cannot_be_read_names_its_variable_and_never_itself(value: str) -> None:
    with pytest.raises(SettingsError, match=r"^all_PROXY: .*want http://") as refused:
        proxy_for(_ARXIV, {"all_PROXY": value})
    assert not any(private in str(refused.value) for private in ("ada", "eim", "lab"))


@pytest.mark.parametrize(
    ("host", "entries"),
    [
        ("export.arxiv.org", "export.arxiv.org"),
        ("export.arxiv.org", "localhost, arxiv.org"),
        ("export.arxiv.org", "localhost .arxiv.org"),
        ("arxiv.org", ".arxiv.org"),
        ("export.arxiv.org", "*.arxiv.org"),
        ("Export.ArXiv.org.", "ARXIV.ORG."),
        ("export.arxiv.org", "https://arxiv.org/"),
        ("export.arxiv.org", "arxiv.org:443"),
        ("export.arxiv.org:8443", "arxiv.org:8443"),
        ("export.arxiv.org", "*"),
        ("export.arxiv.org", "fd07:b51a:cc66:f0::/64,*"),
        ("10.1.2.3", "10.0.0.0/8"),
        ("10.1.2.3", "10.1.2.9/24"),
        ("10.1.2.3:8080", "10.1.2.3:8080"),
        ("127.0.0.1", "localhost,127.0.0.1,::1"),
        ("[::1]:8080", "::1"),
        ("[::1]:8080", "[::1]:8080"),
        ("[fd07:b51a:cc66:f0::5]", "fd07:b51a:cc66:f0::/64"),
        ("[fd07:b51a:cc66:f0::5]:8080", "[fd07:b51a:cc66:f0::]/64"),
    ],
)
def test_what_no_proxy_names_is_asked_for_directly(host: str, entries: str) -> None:
    assert proxy_for(f"https://{host}/api", {"HTTPS_PROXY": _PROXY, "NO_PROXY": entries}) is None


@pytest.mark.parametrize(
    ("host", "entries"),
    [
        ("export.arxiv.org", "xiv.org"),
        ("export.arxiv.org", "export.arxiv.org.example.com"),
        ("export.arxiv.org", "http://arxiv.org"),
        ("export.arxiv.org", "arxiv.org:80"),
        ("export.arxiv.org", "192.168.0.0/16"),
        ("10.1.2.3", "2.3"),
        ("10.1.2.3", "11.0.0.0/8"),
        ("10.1.2.3", "10.1.2.3:8080"),
        ("10.1.2.3", "::/0"),
        ("[::1]", "[::1]:8080"),
        ("[fd08::5]", "fd07:b51a:cc66:f0::/64"),
        ("export.arxiv.org", "10.0.0.0/99,fd07::/200,[::1,:::,arxiv.org:port,://,.,*.,/,a:b:c,[]"),
        ("export.arxiv.org", ""),
    ],
)
def test_everything_else_goes_through_the_proxy_and_unreadable_entries_are_ignored(host: str, entries: str) -> None:
    assert proxy_for(f"https://{host}/api", {"HTTPS_PROXY": _PROXY, "no_proxy": entries}) == _PROXY
