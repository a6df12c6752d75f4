"""The application in a folder of its own, as in the tests of the commands."""

from tests.cli.conftest import make_site as make_site
