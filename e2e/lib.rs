//! Nothing here: the tests in `tests/it` run the real programs from the outside.
