"""The command line, one file per command: over the Unix socket to a running gateway, else on the files."""
