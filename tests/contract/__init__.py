"""What every implementation of a protocol owes its callers."""
