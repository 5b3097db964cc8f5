"""Measuring one's own pictures: by what one said of answers, or without having said anything."""
