"""What is asked and answered over HTTP, as OpenAPI describes it."""
