"""Functions that look as if they saw the future and do not. They are judged, never imported."""
