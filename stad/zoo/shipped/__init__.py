"""Small weights that come with stad; docs/ has a card for each."""
