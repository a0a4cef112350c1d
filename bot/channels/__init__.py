"""The channels a resident can reach the bot by: each parses, asks a service, renders and sends."""
