"""Functions that see what they must not, each a mistake that people make. They are judged, never imported."""
