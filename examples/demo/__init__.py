"""Marginalia, a bookshop that does not exist: a host application with the admin in it."""
