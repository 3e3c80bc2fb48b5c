"""Candidates: instruments that somebody outside proposes, from a file or from an OpenAI-compatible service.

What belongs here: the source that the settings name (`file`, `service`), and reading what it answers (`answers`). What
does not: keeping it (`market.candidates`).
"""

from typing import TYPE_CHECKING

from butter_pipeline.market.vendors.candidates.protocol import Answer, CandidateSource
from butter_pipeline.market.vendors.protocol import VendorError

if TYPE_CHECKING:
    from butter_pipeline.settings import Settings

__all__ = ["Answer", "CandidateSource", "source_from_settings"]


def source_from_settings(settings: "Settings") -> CandidateSource | None:
    """The source of candidates, if one is configured."""
    if settings.candidates_file is not None and settings.candidates_url is not None:
        raise VendorError("BUTTER_CANDIDATES_FILE and BUTTER_CANDIDATES_URL are both set; unset one")
    if settings.candidates_file is not None:
        from butter_pipeline.market.vendors.candidates.file import FileOfCandidates

        return FileOfCandidates(settings.candidates_file)
    if settings.candidates_url is not None:
        from butter_pipeline.market.vendors.candidates.service import ChatService

        return ChatService.from_settings(settings)
    return None
