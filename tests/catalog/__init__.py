"""Tests of the catalog: storage, and what can befall it."""
