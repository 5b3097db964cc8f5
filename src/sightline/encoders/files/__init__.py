"""What a model folder holds: where its files lie, and what is wrong with them."""
