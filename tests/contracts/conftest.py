"""The clock that a test moves, as in the tests of the edge."""

from tests.auth.conftest import later as later
