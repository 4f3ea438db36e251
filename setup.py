"""Which folders become packages: stad/, and configs/ as stad.configs; setup.cfg has the rest."""

from setuptools import find_namespace_packages, setup

# Folders of data only (labels, a config group) count as packages too, hence the namespace finder.
library = find_namespace_packages(include=["stad", "stad.*"])
configs = ["stad.configs", *(f"stad.configs.{name}" for name in find_namespace_packages("configs"))]

setup(packages=library + configs, package_dir={"stad.configs": "configs"})
