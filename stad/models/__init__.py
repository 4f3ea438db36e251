"""What is done: backbones over clips, heads over clips and regions, and the models they make."""
