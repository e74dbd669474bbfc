"""Tests of the client through the simulator, in terms of `await`; the blocking twins are generated from them."""
