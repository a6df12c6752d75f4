"""The HTML face: thin controllers over the services, rendered on the server."""
