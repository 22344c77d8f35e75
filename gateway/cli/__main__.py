"""`python -m gateway.cli`: the same as the installed command."""

from gateway.cli.main import main

main()
