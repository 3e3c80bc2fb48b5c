"""A JSON service over HTTP: asking, waiting when told to, and giving up.

What belongs here: what every such service has in common. What does not: what is asked for (`tradier`, `candidates`).

429, 5xx and a connection that fails are tried again, each time after twice the wait, or after what the answer's
`Retry-After` or `X-Ratelimit-Expiry` says; so is an answer that is no JSON. After the last try the service is
unavailable. Anything else that is not a success is an error of the asking and never tried again.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from butter_pipeline.market.vendors.protocol import VendorError, VendorUnavailable

if TYPE_CHECKING:
    import httpx

REFUSED_KEY = (401, 403)
TRY_AGAIN = (408, 425, 429)


@dataclass(frozen=True)
class Patience:
    """How often to try, how long to wait before the second try, and the longest wait that is worth it."""

    tries: int = 5
    first_s: float = 0.5
    longest_s: float = 60.0
    timeout_s: float = 30.0
    sleep: Callable[[float], None] = time.sleep

    def wait_s(self, attempt: int) -> float:
        """The wait after an attempt, counted from nought."""
        return min(self.first_s * 2.0**attempt, self.longest_s)


@dataclass(frozen=True)
class JsonService:
    """One service: its name for messages, its address, its key, and what to do when the key is refused."""

    name: str
    url: str
    key: str
    remedy: str
    patience: Patience = field(default_factory=Patience)

    def get(self, path: str, **parameters: str) -> Any:
        """What stands at a path."""
        return self._asked("GET", path, {"params": parameters})

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """What a path answers to a JSON body."""
        return self._asked("POST", path, {"json": body})

    def _asked(self, method: str, path: str, content: dict[str, Any]) -> Any:
        where, told = f"{self.name}: {self.url.rstrip('/')}{path}", ""
        for attempt in range(self.patience.tries):
            response, told = self._sent(method, path, content)
            if response is not None and not told:
                return self._read(response)
            wait_s = self._wait_s(response, attempt)
            if wait_s > self.patience.longest_s:
                raise VendorUnavailable(f"{where}: {told}, to be asked again in {wait_s:.0f} s; try later")
            if attempt + 1 < self.patience.tries:
                self.patience.sleep(wait_s)
        raise VendorUnavailable(f"{where}: {told} at each of {self.patience.tries} tries; try later")

    def _sent(self, method: str, path: str, content: dict[str, Any]) -> "tuple[httpx.Response | None, str]":
        """The answer if there is one, and why to try again if that may help."""
        import httpx

        headers = {"Accept": "application/json", "Authorization": f"Bearer {self.key}"}
        try:
            response = httpx.request(
                method, f"{self.url.rstrip('/')}{path}", headers=headers, timeout=self.patience.timeout_s, **content
            )
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise VendorError(f"{self.name}: {self.url!r} is no address ({error}); set it right") from None
        except httpx.TransportError as error:
            return None, f"no answer ({type(error).__name__} {error})".replace(" )", ")")
        if response.status_code in TRY_AGAIN or response.status_code >= 500:
            return response, f"answered {response.status_code}"
        self._refuse(response, path)
        return response, "" if _is_json(response) else "answered no JSON"

    def _refuse(self, response: "httpx.Response", path: str) -> None:
        """Raise for an answer that asking again would not change."""
        where = f"{self.name}: {self.url.rstrip('/')}{path}: answered {response.status_code}"
        if response.status_code in REFUSED_KEY:
            raise VendorError(f"{where}, the key is missing or not allowed this; {self.remedy}")
        if not response.is_success:
            said = " ".join(response.text.split())[:120]
            raise VendorError(f"{where} ({said}); correct what is asked for, or the address")

    def _read(self, response: "httpx.Response") -> Any:
        """The answer's content; when it was the last that is allowed for now, after waiting until more are."""
        left, expiry = response.headers.get("X-Ratelimit-Available"), response.headers.get("X-Ratelimit-Expiry")
        if left == "0" and expiry:
            self.patience.sleep(min(_until(expiry), self.patience.longest_s))
        return response.json()

    def _wait_s(self, response: "httpx.Response | None", attempt: int) -> float:
        headers = {} if response is None else response.headers
        told = [_after(headers["Retry-After"])] if "Retry-After" in headers else []
        if not told and "X-Ratelimit-Expiry" in headers and headers.get("X-Ratelimit-Available") == "0":
            told = [_until(headers["X-Ratelimit-Expiry"])]
        return max([self.patience.wait_s(attempt), *told])


def _is_json(response: "httpx.Response") -> bool:
    try:
        response.json()
    except ValueError:
        return False
    return True


def _after(text: str) -> float:
    """Seconds that `Retry-After` asks for: a number, or a date."""
    if text.strip().isdigit():
        return float(text)
    try:
        return max((parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return 0.0


def _until(text: str) -> float:
    """Seconds until a moment in milliseconds since 1970."""
    return max(int(text) / 1000 - time.time(), 0.0) if text.strip().isdigit() else 0.0
