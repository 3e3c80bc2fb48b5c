"""Raw market data: sessions, bars, chains and context, from any vendor, judged before it is let in."""
