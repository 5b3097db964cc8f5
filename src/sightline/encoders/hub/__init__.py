"""Fetches models from the hub: what a repository has, what of it is needed, and the bytes."""
