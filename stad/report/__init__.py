"""Write the HTML report of an AVA evaluation."""
