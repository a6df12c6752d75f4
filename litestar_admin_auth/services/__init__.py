"""The rules, in words without HTTP: each call is one transaction, and a rule stands here once."""
