"""Tests of the room that opens picture files; every file they open is drawn here."""
