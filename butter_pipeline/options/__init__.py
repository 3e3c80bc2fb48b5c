"""Options as mathematics: prices and Greeks of single contracts, and of butterflies made of them."""
