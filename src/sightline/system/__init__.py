"""The machine's side of things: paths, whole files, threads, optional packages."""
