"""An anti-fraud awareness chatbot for the residents of a city: Telegram, web and terminal, from a curated FAQ."""

__version__ = "0.1.0"
