"""Turns checkpoints into model folders. Needs torch."""
