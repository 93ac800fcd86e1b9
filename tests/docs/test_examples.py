from pathlib import Path

import pytest
from making.examples import Command, WrongExampleError, check, commands, told

README = Path(__file__).parents[2] / "README.md"
PAGE = """
```pycon
>>> import cnnmath
>>> cnnmath.analyze(cnnmath.zoo.lenet5()).parameters
61706

```

```console
$ cnnmath analyze mine.json
  mine, input 1x12x12
...
  parameters       1,498
  MACs             14,080
  receptive field  6, stride 2, padding 0
$ cnnmath analyze "conv(1, 9)" --input 1x3x3  # status 2
$ cnnmath verify --settings 10000  # minutes
$ pip install cnnmath
```
"""


def test_the_examples_of_the_readme_print_what_they_say():
    assert check(README.read_text(), "README.md") == 11


def test_a_page_is_run_in_a_folder_of_its_own():
    here = Path.cwd()
    assert check(PAGE, "page.md") == 5
    assert Path.cwd() == here


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("61706", "61707"),
        ("14,080", "14,081"),
        ("analyze mine.json", "analyze yours.json"),
        ("status 2", "status 0"),
        ("--settings 10000", "--setting 10000"),
        ("$ pip install", "$ rm -r"),
    ],
)
def test_an_example_that_is_wrong_is_seen_and_the_page_named(right, wrong):
    assert right in PAGE
    with pytest.raises(WrongExampleError, match=r"page\.md"):
        check(PAGE.replace(right, wrong), "page.md")


def test_a_page_that_the_package_wrote_has_its_commands_held_to_the_grammar():
    page = "```console\n$ cnnmath derive no-such-subject\n```\n"
    assert check(page, "page.md", made=True) == 1
    with pytest.raises(WrongExampleError, match=r"page\.md"):
        check(page, "page.md")


def test_a_command_ends_as_its_comment_says():
    found = commands("```console\n$ cnnmath audit x  # wrong: status 1\n$ cnnmath zoo\nlenet5\n$ cnnmath zoo\n```\n")
    assert [c.statuses for c in found] == [{1}, {0, 1}, {0}]
    assert found[1] == Command("cnnmath zoo", "lenet5\n")


def test_a_block_that_needs_a_library_is_run_where_it_is_there_and_says_so():
    page = '```pycon needs="{}"\n>>> 1 + 1\n3\n```\n'
    with pytest.raises(WrongExampleError, match=r'page\.md", line 2'):
        check(page.format("numpy"), "page.md")
    assert check(page.format("no_such_library"), "page.md") == 0
    assert told(page.format("numpy")).startswith('```pycon title="Run with numpy 2.')
    assert told(page.format("no_such_library")).startswith('```pycon title="Not run: no_such_library')


def test_a_block_that_is_not_run_moves_no_line_of_the_others():
    page = '```pycon needs="no_such_library"\n>>> 1\n```\n\n```pycon\n>>> 1 + 1\n3\n```\n'
    with pytest.raises(WrongExampleError, match=r'page\.md", line 6'):
        check(page, "page.md")


def test_an_error_is_shown_as_the_shell_prints_it_with_its_kind_ahead():
    page = (
        "```console\n$ cnnmath derive relu --wrt w  # status 2\n{}relu: there is no operand 'w'.\n  known   x, y\n```\n"
    )
    assert check(page.format("UnknownNameError: "), "page.md") == 1
    with pytest.raises(WrongExampleError, match=r"page\.md"):
        check(page.format(""), "page.md")
