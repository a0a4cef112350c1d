"""One small module a theme. A handler takes what came in and returns what to send; it runs in a thread and may call
the services, which are synchronous. It decides nothing about fraud."""
