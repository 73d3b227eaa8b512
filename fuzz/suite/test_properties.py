"""Test every property of the subject; the folder's conftest makes the tests in place of the name below."""

PROPERTIES = ()
