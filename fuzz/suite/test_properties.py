"""Every property of the subject under test as a test; the folder's conftest makes the tests in place of this name."""

PROPERTIES = ()
