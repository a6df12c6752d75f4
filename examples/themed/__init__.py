"""An admin in the colours of its host: run by the tests, quoted by docs/theming.md."""
