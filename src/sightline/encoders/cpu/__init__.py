"""Runs towers on the CPU with OpenVINO."""
