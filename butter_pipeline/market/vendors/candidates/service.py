"""An OpenAI-compatible service of candidates: `POST <url>/chat/completions` with a strict JSON schema.

What belongs here: what is asked and getting at the answer's text. What does not: waiting and trying again (`http`), and
reading the text (`answers`).

A model is asked about a session on its own evening only: asked later, it would know what came after. Its answer is
known from its receipt.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from butter_pipeline.market.vendors.candidates.answers import SCHEMA, UnusableAnswer, read
from butter_pipeline.market.vendors.candidates.protocol import Answer
from butter_pipeline.market.vendors.http import JsonService, Patience
from butter_pipeline.market.vendors.protocol import VendorError

if TYPE_CHECKING:
    from butter_pipeline.settings import Settings

PROMPT = """\
The US session of {session} has closed. Of the instruments below, propose those that you expect to rise (list "long") \
or to fall (list "short") over the next seven sessions, each at most once, with your confidence from 0 to 1 and your \
reasoning in one sentence. Propose nothing that you have no reason for.
Instruments: {symbols}"""


@dataclass(frozen=True)
class ChatService:
    """A model of a service."""

    service: JsonService
    model: str

    may_differ = True

    @classmethod
    def from_settings(cls, settings: "Settings", patience: Patience | None = None) -> "ChatService":
        """The service that the settings name."""
        url, model, key = settings.candidates_url, settings.candidates_model, settings.candidates_key
        if model is None or url is None:
            raise VendorError("BUTTER_CANDIDATES_MODEL: not set, and the service needs it; set it to the model's name")
        secret = key.get_secret_value() if key is not None else ""
        remedy = "set BUTTER_CANDIDATES_KEY to a key of the service"
        return cls(JsonService("candidates", url, secret, remedy, patience or Patience()), model)

    @property
    def name(self) -> str:
        """`chat-<model>`."""
        return "chat-" + (re.sub(r"[^a-z0-9]+", "-", self.model.lower()).strip("-") or "model")

    def probe(self) -> str:
        """Whether the address is one; the service is not asked, since its answers cost money."""
        try:
            parts = urlsplit(self.service.url)
            whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            whole = False
        if not whole:
            raise VendorError(f"BUTTER_CANDIDATES_URL: {self.service.url!r} is no address; set it to https://.../v1")
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path} (not asked)"

    def answer(self, session: date, symbols: Sequence[str]) -> Answer:
        """What the model proposes; asked again, with growing waits, while its answer is unusable."""
        prompt = PROMPT.format(session=session, symbols=", ".join(symbols))
        patience = self.service.patience
        for attempt in range(patience.tries):
            answer = Answer(self._said(prompt), datetime.now(UTC), prompt)
            try:
                read(answer.text, symbols)
            except UnusableAnswer:
                if attempt + 1 < patience.tries:
                    patience.sleep(patience.wait_s(attempt))
            else:
                break
        return answer

    def _said(self, prompt: str) -> str:
        form = {"name": "candidates", "strict": True, "schema": SCHEMA}
        body = {
            "model": self.model,
            "messages": [{"role": "user", "content": prompt}],
            "response_format": {"type": "json_schema", "json_schema": form},
            "temperature": 0,
        }
        return _content(self.service.post("/chat/completions", body))


def _content(response: Any) -> str:
    """The text of the first choice; what has none stands for itself, to be called unusable."""
    try:
        content = response["choices"][0]["message"]["content"]
    except (LookupError, TypeError):
        return str(response)
    return content if isinstance(content, str) else str(response)
