"""Carbon accounts: lines, runs, summaries, traces, closes and restatements."""
