"""Reports that several tests read, each written once."""

import pytest

from cnnmath import zoo
from cnnmath.report import write_report


@pytest.fixture(scope="session")
def lenet(tmp_path_factory):
    """The report of LeNet-5, and the directory that it was written into."""
    directory = tmp_path_factory.mktemp("reports") / "lenet5"
    return write_report(zoo.lenet5(), directory), directory


@pytest.fixture(scope="session")
def resnet(tmp_path_factory):
    """The report of ResNet-50, and the directory that it was written into."""
    directory = tmp_path_factory.mktemp("reports") / "resnet50"
    return write_report(zoo.resnet50(), directory), directory
