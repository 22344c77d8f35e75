"""The command line: one file per command. Talks to a running gateway through its Unix socket, to the files when none runs."""
