"""What the admin costs its host, as ratios of one run on one machine. Never a test: ``make benchmarks``."""
