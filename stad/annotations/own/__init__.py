"""Read and write a folder of one's own videos with their labels: the data of own classes."""
