"""What is done to a picture before its tower sees it."""
