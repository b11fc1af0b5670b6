"""The form of a link in which two links to the same page are equal."""

import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

_TRACKING = re.compile(
    r"utm_\w+|_hs\w+|mc_[ce]id|at_(?:medium|campaign)|(?:fb|g|y|d|tw)clid|gbraid|wbraid|msclkid|igshid|mkt_tok|spm|"
    r"ref_src|cmpid|s_cid|wt\.mc_id|ncid",
    re.IGNORECASE,
)
"""Query parameters that say where a reader came from."""
_PORTS = {"http": 80, "https": 443}
_PATH_SAFE = "/:@!$&'()*+,;=~"


def canonical_link(address: str) -> str:
    """The link without what does not name its page: scheme, `www.`, port, tracking parameters, fragment, last slash.

    The result is a key, not an address; "" if `address` is not a link to a page.
    """
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").rstrip(".").removeprefix("www."), parts.port
    except ValueError:
        return ""
    if parts.scheme not in _PORTS or not host:
        return ""
    place = host if port in {None, _PORTS[parts.scheme]} else f"{host}:{port}"
    path = quote(unquote(parts.path), safe=_PATH_SAFE).rstrip("/")
    parameters = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode(sorted(pair for pair in parameters if not _is_tracking(*pair)))
    # A page that is made by a script has its name behind the fragment sign.
    fragment = f"#{parts.fragment}" if parts.fragment.startswith(("!", "/")) else ""
    return place + path + (f"?{query}" if query else "") + fragment


def _is_tracking(name: str, value: str) -> bool:
    return bool(_TRACKING.fullmatch(name)) or (name in {"source", "ref", "from"} and value.startswith("rss"))
