"""Runs checkpoints with torch, on GPUs."""
