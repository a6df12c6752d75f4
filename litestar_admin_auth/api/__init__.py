"""The JSON face: thin controllers over the services."""
