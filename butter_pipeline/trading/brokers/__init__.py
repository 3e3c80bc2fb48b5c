"""Brokers: who fills the desk's orders. The embedded one fills at the marks; real ones come as processes of their own.

What belongs here: from orders to fills. What does not: which orders (`trading.orders`), and the book.
"""
