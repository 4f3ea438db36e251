"""Training starts from torchvision's ResNet-50 of ImageNet."""

start_from = dict(
    url="https://download.pytorch.org/models/resnet50-0676ba61.pth", sha256="0676ba61"
)
