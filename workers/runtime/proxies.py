"""Reads the proxy variables (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY): through which proxy a URL is asked for."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from workers.domain.errors import SettingsError

_SCHEMES = {"http": "http", "https": "https", "socks5": "socks5", "socks5h": "socks5h", "socks": "socks5h"}
"""Scheme of a proxy variable → scheme of the proxy's URL. `socks://`, which desktops write, names no version: SOCKS 5
with host names resolved by the proxy is what it means there."""
_ASKED_AS = {"ws": "http", "wss": "https"}
"""A websocket begins as a request of the other scheme, so that scheme's variable holds for it."""
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[\w.-]+")
_BRACKETED = re.compile(r"\[([^\[\]]+)\]((?:/\d+)?)")
"""An IPv6 address or network in brackets, without a port."""


def proxy_for(url: str, environment: Mapping[str, str]) -> str | None:
    """The URL of the proxy for `url`; None if it is asked for directly.

    The proxy's URL has the scheme http, https, socks5 or socks5h, a host, and neither path nor query. It may contain a
    password. Raises SettingsError, which names the variable and not its value, if that value cannot be read.

    A variable in lower case is preferred to the same one in upper case; an empty one counts as not set. An entry of
    NO_PROXY is "*", a host, a suffix (`.example.org` and `*.example.org` mean the same as `example.org`), an address or
    a network, each with or without a scheme and a port. An entry that cannot be read is ignored.
    """
    named = {name.lower(): _Variable(name, environment[name].strip()) for name in sorted(environment)}
    target = urlsplit(url)
    scheme = _ASKED_AS.get(target.scheme, target.scheme)
    variable = _first_set(named.get(f"{scheme}_proxy"), named.get("all_proxy"))
    if variable is None or _goes_directly(target, scheme, named.get("no_proxy")):
        return None
    return _proxy_url(variable)


@dataclass(frozen=True, slots=True)
class _Variable:
    name: str
    value: str


def _first_set(*variables: _Variable | None) -> _Variable | None:
    return next((variable for variable in variables if variable and variable.value), None)


def _proxy_url(variable: _Variable) -> str:
    value = variable.value if "://" in variable.value else f"http://{variable.value}"
    try:
        parts = urlsplit(value)
        readable = parts.port != 0 and _is_host(parts.hostname or "")
    except ValueError:  # a port that is no number, or brackets that do not match
        readable = False
    if not readable or "@" in f"{parts.path}{parts.query}{parts.fragment}" or re.search(r"[\s\\]", value):
        raise SettingsError(
            f"{variable.name}: cannot be read; want http://HOST:PORT or socks5h://HOST:PORT, with USER:PASSWORD@ before"
            " HOST if needed (special characters in them as %XX)"
        )
    if parts.scheme not in _SCHEMES:
        raise SettingsError(
            f"{variable.name}: this kind of proxy is not supported; want http://, https://, socks5:// or socks5h://"
        )
    return f"{_SCHEMES[parts.scheme]}://{parts.netloc}"


def _is_host(text: str) -> bool:
    return bool(_HOST.fullmatch(text)) or (":" in text and _network(text) is not None)


def _goes_directly(target: SplitResult, scheme: str, variable: _Variable | None) -> bool:
    entries = re.split(r"[,\s]+", variable.value.lower()) if variable else []
    return any(_matches(entry, target, scheme) for entry in entries if entry)


def _matches(entry: str, target: SplitResult, scheme: str) -> bool:
    if entry == "*":
        return True
    wanted, _, rest = entry.rstrip("/").rpartition("://")
    named = _BRACKETED.sub(r"\1\2", rest) if _BRACKETED.fullmatch(rest) else rest
    if _network(named) is None:
        try:
            parts = urlsplit(f"//{rest}")
            if parts.port not in {None, target.port or _PORTS.get(scheme)}:
                return False
        except ValueError:
            return False
        named = parts.hostname or ""
    return wanted in {"", scheme} and _is_in(target.hostname or "", named)


def _is_in(host: str, named: str) -> bool:
    """Whether `host` is the address, in the network, or the name or below the name that `named` is."""
    address, network = _network(host), _network(named)
    if isinstance(address, ipaddress.IPv4Network) and isinstance(network, ipaddress.IPv4Network):
        return address.subnet_of(network)
    if isinstance(address, ipaddress.IPv6Network) and isinstance(network, ipaddress.IPv6Network):
        return address.subnet_of(network)
    name = named.removeprefix("*").strip(".")
    return address is None and network is None and bool(name) and f".{host.rstrip('.')}".endswith(f".{name}")


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """The network, or the network of one address; None if `text` is neither."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
