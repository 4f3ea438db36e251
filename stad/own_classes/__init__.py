"""Train and evaluate models of one's own classes, from a folder of labelled videos."""
