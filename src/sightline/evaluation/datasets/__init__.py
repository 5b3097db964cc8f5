"""Readers of data sets, as their authors publish them. ``cards`` says what there is."""
