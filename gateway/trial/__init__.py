"""Rules without a park: tests with written series, and replays over history, on a clock that the data moves."""
