"""Telegram: the way out (``transport``) and everything that speaks the Bot API."""
