"""How the house is kept running: one owner per home, its processes, and what must be true before they start."""
