"""Download public data sets and write their lists of videos."""
