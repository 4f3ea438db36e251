"""What models learn from and are measured on: datasets, their files and their transforms."""
