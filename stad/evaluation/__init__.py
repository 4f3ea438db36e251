"""How good: pure functions of arrays; files are read and written by the scripts around them."""
