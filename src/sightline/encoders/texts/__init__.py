"""What is done to a text before its tower sees it."""
