"""The tests that every generated project carries: what is planned, with which values, for whom."""
