"""Find out who does what now: frames of a live source in, events out."""
