"""Tests of the indexes' own parts; what all share is under contract/."""
