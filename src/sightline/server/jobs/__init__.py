"""Index jobs, and their progress as events."""
