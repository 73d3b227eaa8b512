"""Reports: each reads a run's events and nothing else."""
