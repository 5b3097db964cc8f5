"""From a request to its hits: turns, batches of queries, kept answers."""
