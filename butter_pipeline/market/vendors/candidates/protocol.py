"""What a source of candidates promises.

What belongs here: the protocol and the raw answer. What does not: any one source.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Protocol


@dataclass(frozen=True)
class Answer:
    """What a source said about a session, to the letter, and from when it could be known."""

    text: str
    available_at: datetime
    prompt: str = ""

    @property
    def hash(self) -> str:
        """Names the answer."""
        return sha256(self.text.encode()).hexdigest()

    @property
    def prompt_hash(self) -> str:
        """Names what was asked."""
        return sha256(self.prompt.encode()).hexdigest()


class CandidateSource(Protocol):
    """A source of candidates: it answers with the JSON text that `answers` describes."""

    @property
    def name(self) -> str:
        """The source's name, part of every row's key."""

    @property
    def may_differ(self) -> bool:
        """Whether asking again may give another answer: then the first one stands, and the past is not asked."""

    def answer(self, session: date, symbols: Sequence[str]) -> Answer | None:
        """What it proposes for a session among some instruments; none where it has nothing to say."""
