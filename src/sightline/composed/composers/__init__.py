"""Composers: what a picture shows, and what is to be different, become what is wanted."""
