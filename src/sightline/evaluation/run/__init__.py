"""Running a task: a gallery of its documents, the vectors of its queries, and what they find."""
