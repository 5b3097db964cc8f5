"""What stands around every route: limits, security, sessions, problems, files."""
