"""Apprise: some 150 more services through the optional package of that name (`park-gateway[apprise]`)."""
