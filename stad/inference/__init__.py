"""How a network is run: in which precision, on which instructions of the processor."""
