"""The site, built strictly and opened from its folder in a real browser: every page, as wide as a desk and a phone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from making.explorer import Setting

pytest.importorskip("mkdocs")
pytest.importorskip("playwright.sync_api")
pytest.importorskip("axe_playwright_python")

from tests.docs import prose
from tests.docs.browser import PHONE, Reader, broken, context, misordered

ROOT = Path(__file__).parents[2]
WHOLE = ("index.html", "explorer.html")
"""Pages of which the theme too is held to the rules of accessibility."""

DARK = ("index.html", "explorer.html", "start/analyse.html", "engine.html", "operators/conv.html")
UNSCRIPTED = ("index.html", "explorer.html", "derivations/convolution.html", "operators/conv.html")
ON_A_SERVER = "404.html"
"""A page that only a server shows, and whose links start at its root."""

DOCS = ROOT / "docs"
RECORDED = {"benchmarks.md", "changelog.md", "conformance.md", "mutants.md", "power.md"}
"""Pages that a run of half an hour and more writes, by `make`, and the list of changes."""

SAID = {
    "architecture.md": ["10,000"],  # settings that `make campaign` asks for
    "arrays.md": ["754"],  # IEEE
    "contributing.md": [
        "3.11",
        "2,000",
        "250",
        "120",
    ],  # of Python; examples of a profile; lengths of a file and a line
    "engine.md": ["0.01", "1e-10"],  # tolerances that are chosen
    "index.md": ["3.11"],  # of Python
    "models.md": ["1.8.0", "0.1.5", "0.1.1", "2.13"],  # of libraries
    "tutorials/lenet5_digits.md": ["4.6"],  # section of a paper
}
"""What the prose says in three digits and more, and is no result."""

PAGE = (
    "<!doctype html><html lang='en'><head><title>t</title></head><body><main><article>"
    "<h1 id='top'>One</h1><p>Text in <code>\\frac</code>.</p>{body}</article></main></body></html>"
)


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the site, built as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("built") / "site"
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    run = subprocess.run(build, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


@pytest.fixture(scope="session")
def visits(site, browser):
    """What was seen on every page."""
    with context(browser) as opened:
        reader = Reader(opened)
        pages = sorted(path for path in site.rglob("*.html") if path.name != ON_A_SERVER)
        return {path: reader.visit(path, whole=str(path.relative_to(site)) in WHOLE) for path in pages}


@pytest.fixture(scope="session")
def planted(browser, tmp_path_factory):
    """What is seen on a page with a body of one's own."""
    with context(browser) as opened:
        reader, path = Reader(opened), tmp_path_factory.mktemp("planted") / "page.html"

        def plant(body):
            path.write_text(PAGE.format(body=body))
            reader.looks.clear()
            return reader.visit(path)

        yield plant


def faults(seen, visits):
    """All that is wrong with a page, by what it is."""
    return {
        "mathematics": [*seen.facts["raw"], *seen.facts["flat"]],
        "requests": list(seen.left),
        "errors": list(seen.errors),
        "links": list(broken(seen, visits)),
        "headings": list(misordered(seen)),
        "texts": seen.facts["unsaid"],
        "width": [f"at {width}: {found}" for width, wide in seen.wide.items() for found in wide[:5]],
        "accessibility": list(seen.grave),
    }


def test_the_site_is_built_strictly_and_has_its_pages(site):
    pages = {str(path.relative_to(site)) for path in site.rglob("*.html")}
    assert pages >= {*WHOLE, *DARK, *UNSCRIPTED}


@pytest.mark.parametrize(
    "kind", ["mathematics", "requests", "errors", "links", "headings", "texts", "width", "accessibility"]
)
def test_no_page_is_at_fault(visits, site, kind):
    found = {str(path.relative_to(site)): faults(seen, visits)[kind] for path, seen in visits.items()}
    assert {page: wrong for page, wrong in found.items() if wrong} == {}
    assert len(found) > 30


def test_results_that_the_prose_says_stand_in_what_the_page_computed(site):
    pages = {str(path.relative_to(DOCS)): path for path in DOCS.rglob("*.md")}
    made = {page: (site / page).with_suffix(".html") for page in pages.keys() - RECORDED}
    found = {page: prose.typed(pages[page].read_text(), path.read_text()) for page, path in made.items()}
    assert {page: numbers for page, numbers in found.items() if numbers} == SAID


def test_a_result_that_nothing_computed_is_found():
    shown = "<p>12.5 % of 4,096</p><pre>4,096 of them</pre><svg><text>12.5%</text></svg>"
    assert prose.typed("It has 12.5% of 4096, 7 of [them](x1234.md), in `999`, 1998.", shown) == []
    assert prose.typed("It has 12.6% of 4097.", shown) == ["12.6%", "4097"]


def test_pages_have_formulas(visits, site):
    assert visits[site / "derivations" / "convolution.html"].facts["formulas"] > 100


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("mathematics", r"<p>It is $$x$$.</p>"),
        ("mathematics", r"<p>It is \(x\).</p>"),
        ("mathematics", r"<p>It is \frac{1}{2}.</p>"),
        ("mathematics", "<p>.. math:: x</p>"),
        ("mathematics", "<math style='display: none'><mi>x</mi></math>"),
        ("requests", "<img alt='x' src='https://example.org/x.png'>"),
        ("requests", "<script src='https://example.org/x.js'></script>"),
        ("errors", "<script>console.error('wrong')</script>"),
        ("errors", "<script>throw new Error('wrong')</script>"),
        ("links", "<a href='nowhere.html'>there</a>"),
        ("links", "<a href='#nowhere'>there</a>"),
        ("links", "<img alt='x' src='nowhere.png'>"),
        ("links", "<script src='nowhere.js'></script>"),
        ("headings", "<h3>Three</h3>"),
        ("headings", "<h1>Two</h1>"),
        ("texts", "<img src='page.html'>"),
        ("texts", "<svg width='9' height='9'></svg>"),
        ("width", "<p style='width: 500px'>Wide</p>"),
        ("accessibility", "<p style='color: #999'>Pale</p>"),
        ("accessibility", "<input>"),
    ],
)
def test_a_planted_fault_is_found(planted, kind, body):
    seen = planted(body)
    assert faults(seen, {seen.path: seen})[kind]


def test_a_page_without_fault_has_none(planted):
    seen = planted(
        "<h2>Two</h2><math><mi>x</mi></math><a href='#top'>up</a><div tabindex='0' style='overflow: auto'>"
        "<p style='width: 2000px'>Scrolled</p></div><svg role='img' aria-label='x' width='9' height='9'></svg>"
    )
    assert set(map(len, faults(seen, {seen.path: seen}).values())) == {0}


def test_nothing_is_wrong_in_the_dark(site, browser):
    with context(browser, color_scheme="dark") as opened:
        reader = Reader(opened)
        found = {page: reader.visit(site / page, whole=True) for page in DARK}
        assert reader.page.evaluate("document.body.dataset.mdColorScheme") == "slate"
    assert {page: seen.grave for page, seen in found.items() if seen.grave} == {}


def test_the_search_answers(site, browser):
    with context(browser) as opened:
        page = opened.new_page()
        page.goto((site / "index.html").as_uri())
        page.click(".md-search__input")
        page.keyboard.type("stride")
        page.locator(".md-search-result__link").first.wait_for(timeout=20_000)
        found = page.locator(".md-search-result__list").inner_text().lower()
    assert found.count("stride") > 3


@pytest.mark.parametrize("page", UNSCRIPTED)
def test_a_page_is_read_without_scripts(site, browser, page):
    with context(browser, java_script_enabled=False) as opened:
        tab = opened.new_page()
        tab.goto((site / page).as_uri())
        assert tab.locator("article h1").is_visible()
        box = tab.locator("article").bounding_box()
        assert box["height"] > 500
        assert len(tab.locator("article").inner_text()) > 500


EXPLORED = [
    Setting(7, 3),
    Setting(7, 3, 2, padding=(1, 1)),
    Setting(8, 3, 2, padding="same"),
    Setting(8, 4, 3, padding="same_lower"),
    Setting(12, 3, 1, 3),
    Setting(10, 2, 3),
    Setting(10, 3, 1, 2, (4, 0)),
    Setting(6, 4, 1, 1, (3, 3)),
    Setting(9, 1, 2),
    Setting(5, 5),
    Setting(13, 3, 2, 2, (0, 3)),
    Setting(1, 3, 1, 1, "same"),
]


def answers(page):
    """What the explorer says."""
    lines = {name: page.locator(f"#{name} code").all_inner_texts() for name in ("rule", "y", "x", "w")}
    cells = page.locator("#matrix tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(c => c.innerText))"
    )
    return {**lines, "losses": page.locator("#losses li").all_inner_texts(), "matrix": cells}


def expected(setting):
    """The same by the package."""
    rows = [["0" if k is None else f"w[{k}]" for k in row] for row in setting.matrix]
    return {
        "rule": [setting.rule],
        **{wrt: setting.formulas(wrt) for wrt in "yxw"},
        "losses": setting.losses,
        "matrix": [[f"y[{o}]", *row] for o, row in enumerate(rows)],
    }


def enter(page, setting):
    """Set the explorer by its controls."""
    for name in ("n", "kernel", "stride", "dilation"):
        page.fill(f"#setting [name={name}]", str(getattr(setting, name)))
    named = isinstance(setting.padding, str)
    page.select_option("#setting [name=padding]", setting.padding if named else "pair")
    if not named:
        for name, zeros in zip(("before", "after"), setting.padding, strict=True):
            page.fill(f"#setting [name={name}]", str(zeros))


@pytest.fixture
def explorer(site, browser):
    with context(browser) as opened:
        page = opened.new_page()
        page.goto((site / "explorer.html").as_uri())
        yield page


def test_the_explorer_answers_as_the_package_does_and_its_address_says_the_setting(explorer):
    seen = []
    for setting in EXPLORED:
        enter(explorer, setting)
        seen.append(answers(explorer))
        assert seen[-1] == expected(setting), setting
        assert setting.fragment in explorer.url
    explorer.reload()
    assert answers(explorer) == seen[-1]
    assert len({str(answer) for answer in seen}) == len(EXPLORED)


def test_the_explorer_shows_without_a_script_what_it_shows_with_one(explorer, site, browser):
    with context(browser, java_script_enabled=False) as opened:
        page = opened.new_page()
        page.goto((site / "explorer.html").as_uri())
        assert "Your browser runs no script." in page.locator("article").inner_text()
        assert not page.locator("#setting").is_visible()
        cells = [row.locator("th, td").all_inner_texts() for row in page.locator("#matrix tbody tr").all()]
        shown = {name: page.locator(f"#{name} code").all_inner_texts() for name in ("rule", "y", "x", "w")}
    found = answers(explorer)
    assert cells == found["matrix"]
    assert shown == {name: found[name] for name in shown}


def test_the_explorer_says_what_is_wrong_and_how_to_mend_it(explorer):
    explorer.fill("#setting [name=kernel]", "9")
    explorer.fill("#setting [name=dilation]", "2")
    assert not explorer.locator("#answers").is_visible()
    said = explorer.locator("#problem").inner_text()
    assert "the kernel does not fit the input." in said
    assert "floor((7 + 1 + 1 - 16 - 1)/2) + 1 = -3" in said
    assert "give an input of at least 15" in said
    explorer.fill("#setting [name=stride]", "")
    assert "the stride must be an integer." in explorer.locator("#problem").inner_text()
    enter(explorer, EXPLORED[0])
    assert answers(explorer) == expected(EXPLORED[0])
    assert not explorer.locator("#problem").is_visible()


def test_an_output_is_chosen_by_click_and_by_key(explorer):
    def chosen():
        return explorer.locator("#chosen").inner_text()

    assert chosen() == "y[0] = w[1]*x[0] + w[2]*x[1]"
    explorer.focus("#output")
    explorer.keyboard.press("ArrowRight")
    assert chosen() == "y[1] = w[0]*x[1] + w[1]*x[2] + w[2]*x[3]"
    explorer.click("#reach .pick[data-output='3']")
    assert chosen() == "y[3] = w[0]*x[5] + w[1]*x[6]"
    explorer.click("#plane .pick[data-row='2'][data-output='1']")
    assert "output=1&row=2" in explorer.url
    assert explorer.locator("#matrix tr.current").inner_text().startswith("y[1]")


def test_the_explorer_fits_a_phone_at_a_large_setting(explorer):
    explorer.set_viewport_size(PHONE)
    enter(explorer, Setting(224, 7, 2, padding=(3, 3)))
    assert "the matrix would be too large to write down." in explorer.locator("#matrix").inner_text()
    assert explorer.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
