"""The web channel: the residents' chat page, the public API, the console."""
