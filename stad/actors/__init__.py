"""Who is where: person boxes, and ids that stay with them."""
