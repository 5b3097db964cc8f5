"""Makes int8 models, and measures them. Needs NNCF."""
