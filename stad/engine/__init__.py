"""Training and evaluation runs: mmengine's runner with what stad adds to it."""
