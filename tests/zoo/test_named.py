"""Finding networks: names in any spelling, families, variants, the table itself."""

import inspect
import re

import pytest

from cnnmath import zoo
from cnnmath.errors import SettingError, ShapeError, UnknownNameError
from cnnmath.graph import propagate


@pytest.mark.parametrize("name", zoo.ALL)
def test_a_network_is_found_by_its_name_however_that_is_spelled(name):
    built = zoo.ALL[name]()
    assert built.name == name
    assert zoo.named(name.upper()) == zoo.named(f"{name[:-2]}-{name[-2:]}") == built
    assert zoo.named(name.replace("_", " ").title()) == zoo.named(name.replace("_", "-")) == built


@pytest.mark.parametrize("name", zoo.ALL)
def test_a_network_ends_in_as_many_classes_as_wanted(name):
    *_, last = propagate(zoo.ALL[name](classes=7))
    assert last.output_shape == (1, 7)


@pytest.mark.parametrize("name", zoo.ALL)
def test_every_entry_says_what_it_is_and_where_it_stands(name):
    entry = zoo.ALL[name]
    assert len(entry.what.split()) > 1
    assert len(entry.source.split()) > 1


@pytest.mark.parametrize("name", zoo.ALL)
def test_the_variants_of_a_family_are_told_apart_in_words_and_in_numbers(name):
    names, found = zoo.family(name), zoo.variants(name)
    assert name in names
    assert len(found) == len(names)
    assert [build().name for build in found.values()] == list(names)
    assert zoo.ALL[name].family in zoo.ALL or name == "resnet200_slim"


def test_resnet_50_has_its_published_forms():
    assert set(zoo.family("ResNet-50")) >= {"resnet50", "resnet50_v1", "resnet50_v1_bias", "resnet50_slim"}
    assert zoo.variants("resnet50")["stride in the first 1x1 of a stage (the 2015 paper)"]() == zoo.named("resnet50_v1")


def test_letters_alone_tell_all_names_apart():
    assert len({name.replace("_", "") for name in zoo.ALL}) == len(zoo.ALL)


def test_an_unknown_network_is_answered_with_near_names():
    with pytest.raises(UnknownNameError) as caught:
        zoo.named("resnet5")
    head, near, known = str(caught.value).splitlines()
    assert (head, near) == ("there is no network 'resnet5'.", "  near    resnet56, resnet50, resnet152")
    assert known == f"  known   {len(zoo.ALL)} names, alexnet to vgg19_bn; listed by `cnnmath zoo`"


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: zoo.resnet(51),
            "there is no depth 51.\n  rule    depth is one of 18, 34, 50, 101, 152, 200\n  fix     use depth 18",
        ),
        (
            lambda: zoo.vgg(15),
            "there is no depth 15.\n  rule    depth is one of 11, 13, 16, 19\n  fix     use depth 11",
        ),
        (
            lambda: zoo.resnet(50, stride=2),
            "there is no stride 2.\n  rule    stride is one of '3x3', '1x1', 'last'\n  fix     use stride '3x3'",
        ),
        (
            lambda: zoo.resnet(50, shortcut="C"),
            "there is no shortcut 'C'.\n  rule    shortcut is one of 'A', 'B', 'none'\n  fix     use shortcut 'A'",
        ),
    ],
)
def test_a_setting_that_nobody_published_is_answered_with_those_that_are(build, message):
    with pytest.raises(SettingError) as caught:
        build()
    assert str(caught.value) == message


@pytest.mark.parametrize("name", zoo.ALL)
def test_every_network_that_is_listed_is_built_under_its_name(name):
    assert name in dir(zoo)
    assert getattr(zoo, name)(classes=3) == zoo.ALL[name](classes=3)


def test_a_network_that_is_not_there_is_no_attribute():
    with pytest.raises(AttributeError, match="has no attribute 'resnet21'; `ALL` lists"):
        zoo.resnet21  # noqa: B018 - the access is the test


@pytest.mark.parametrize("build", [zoo.vgg16, zoo.vgg16_bn])
def test_a_setting_that_is_misspelt_is_answered_with_near_ones(build):
    with pytest.raises(UnknownNameError) as caught:
        build(clases=10)
    assert str(caught.value) == (
        "vgg16: there is no setting 'clases'.\n  near    classes\n  known   batch_norm, classes, input_shape, width"
    )


BUILDERS = {
    zoo.lenet5: "classes, input_shape",
    zoo.lenet5_1998: "classes, input_shape",
    zoo.lenet5_rgb: "classes, input_shape",
    zoo.alexnet: "classes, input_shape",
    zoo.alexnet_2012: "classes, groups, input_shape",
    zoo.alexnet_slim: "classes, input_shape",
    zoo.vgg: "batch_norm, classes, depth, input_shape, width",
    zoo.resnet: "bias, classes, depth, input_shape, shortcut, stride, width",
    zoo.resnet_cifar: "classes, depth, input_shape, shortcut, width",
}


@pytest.mark.parametrize("build", BUILDERS, ids=lambda build: build.__name__)
def test_a_builder_answers_a_setting_that_is_misspelt_with_those_that_it_takes(build):
    with pytest.raises(UnknownNameError) as caught:
        build(clases=10)
    name = build.__name__
    assert str(caught.value) == (
        f"{name}: there is no setting 'clases'.\n  near    classes\n  known   {BUILDERS[build]}"
    )


def test_every_builder_of_the_zoo_is_among_them():
    functions = {getattr(zoo, name) for name in zoo.__all__ if inspect.isfunction(getattr(zoo, name))}
    assert functions - {zoo.entry, zoo.family, zoo.named, zoo.variants} == set(BUILDERS)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: zoo.vgg(),
            "vgg: the settings do not fit.\n"
            "  rule    vgg(depth, input_shape=(3, 224, 224), classes=1000, *, batch_norm=False, width=64)\n"
            "  here    missing a required argument: 'depth'\n"
            "  fix     give what has no default, each once",
        ),
        (
            lambda: zoo.lenet5((1, 32, 32), 10, 3),
            "lenet5: the settings do not fit.\n"
            "  rule    lenet5(input_shape=(1, 32, 32), classes=10)\n"
            "  here    too many positional arguments\n"
            "  fix     give what has no default, each once",
        ),
        (
            lambda: zoo.resnet20((3, 32, 32), input_shape=(3, 32, 32)),
            "resnet20: the settings do not fit.\n"
            "  rule    resnet20(input_shape=(3, 32, 32), classes=10, *, shortcut='A', width=16)\n"
            "  here    multiple values for argument 'input_shape'\n"
            "  fix     give what has no default, each once",
        ),
        (
            lambda: zoo.vgg16(width=None),
            "the width must be an integer.\n  here    width None\n  fix     use an integer of at least 1",
        ),
        (
            lambda: zoo.vgg16(batch_norm="yes"),
            "batch_norm must be True or False.\n  here    batch_norm 'yes'\n  fix     give batch_norm=True or False",
        ),
    ],
)
def test_settings_that_do_not_fit_are_answered_with_what_there_is(build, message):
    with pytest.raises(SettingError) as caught:
        build()
    assert str(caught.value) == message


@pytest.mark.parametrize("name", [None, 3, []])
def test_what_is_no_name_names_no_network(name):
    with pytest.raises(UnknownNameError, match=re.escape(f"there is no network '{name}'.")):
        zoo.named(name)


def test_an_image_with_its_channels_last_is_refused():
    with pytest.raises(ShapeError) as caught:
        zoo.resnet18((224, 224, 3))
    assert str(caught.value).splitlines() == [
        "the input has 224 channels; is this channels last?",
        "  input   224x224x3",
        "  rule    the layout is CxHxW, channels first, and the network's own input has C = 3",
        "  fix     give 3x224x224",
    ]
    assert zoo.resnet18((4, 224, 224)).input_shape == (4, 224, 224)
    assert zoo.resnet(18, (8, 8, 3)).input_shape == (8, 8, 3), "the builder itself takes what it is given"
