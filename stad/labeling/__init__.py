"""Let people label their own videos: the page, and the server behind it."""
