"""Asking a server, and what its refusals mean."""

import http.client
import ssl
import urllib.error
import urllib.parse
import urllib.request

from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.weights.downloading.places import LOOPBACK
from zoo.weights.downloading.places import check_url
from zoo.weights.downloading.wanted import Stale
from zoo.weights.downloading.wanted import Transient

_PASSING = (408, 425, 429, 500, 502, 503, 504)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows only where it would have gone by itself."""

    def redirect_request(self, request, file, code, message, headers, url):
        try:
            check_url(url, IntegrityError)
        except IntegrityError:
            file.close()
            raise
        return super().redirect_request(
            request, file, code, message, headers, url
        )


def connect(wanted, request):
    """Opens a request; the response is a context manager.

    Raises:
        Transient: It may work the next time.
        Stale: The server has less than was received before.
        RequestError: The server will not give it.
        IntegrityError: It leads somewhere else than to https.
    """
    # Without the handlers of file:, ftp: and data: that urlopen has.
    opener = urllib.request.OpenerDirector()
    handlers = [
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirects(),
    ]
    if urllib.parse.urlsplit(wanted.url).hostname not in LOOPBACK:
        handlers.append(urllib.request.ProxyHandler())
    for handler in handlers:
        opener.add_handler(handler)
    try:
        return opener.open(request, timeout=wanted.timeout)
    except urllib.error.HTTPError as error:
        error.close()
        raise _by_status(wanted, error) from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            reason = (
                f"its server is not trusted ({error.reason.verify_message})"
            )
            raise RequestError(wanted.by_hand(reason)) from error
        raise Transient(str(error.reason)) from error
    except (OSError, http.client.HTTPException) as error:
        raise Transient(name_of(error)) from error


def _by_status(wanted, error) -> Exception:
    status = f"the server answers {error.code} {error.reason}"
    if error.code == 416:
        return Stale(status)
    if error.code in _PASSING:
        return Transient(status)
    if 300 <= error.code < 400:
        return IntegrityError(f"{wanted.url} was not fetched: {status}")
    return RequestError(wanted.by_hand(status))


def name_of(error) -> str:
    """Says what an error is, even where it says nothing."""
    return f"{type(error).__name__} {error}".strip()
