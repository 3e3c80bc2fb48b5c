"""`python -m butter_pipeline.market.quality.catalogue` prints docs/quality.md."""

import sys

from butter_pipeline.market.quality.catalogue.page import page

sys.stdout.write(page())
