"""E-mail: notices as messages to a mail server."""
