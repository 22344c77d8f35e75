"""Local history: a sink that keeps samples in DuckDB, one file per UTC day, and answers trends from them."""
