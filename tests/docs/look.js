/* What a page is, as a browser sees it: facts for the tests to judge. */
() => {
  const ICONS = ".md-icon, .twemoji, .md-clipboard, .md-header, .md-footer, .md-top, .md-nav, .md-search, defs";
  const CODE = "code, pre, script, style, noscript, textarea, annotation, semantics annotation, .md-search, .md-nav";
  const RAW = /\$\$|\\[()[\]]|\\[a-zA-Z]{2,}|\.\. math::|:math:/;
  const short = (element) => element.outerHTML.slice(0, 120).replace(/\s+/g, " ");
  const box = (element) => element.getBoundingClientRect();
  const all = (selector) => [...document.querySelectorAll(selector)];

  const raw = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    if (RAW.test(node.data) && !node.parentElement.closest(CODE)) raw.push(node.data.trim().slice(0, 120));
  }
  const named = (svg) => svg.getAttribute("aria-label") || svg.getAttribute("aria-labelledby");
  const drawn = (svg) => !svg.parentElement.closest("svg") && !svg.closest(ICONS) && !svg.closest("[aria-hidden=true]");
  return {
    raw,
    flat: all("math").filter((math) => !(box(math).width > 0 && box(math).height > 0) && !math.closest("[hidden]")).map(short),
    formulas: all("math").length,
    headings: all("h1, h2, h3, h4, h5, h6").filter((h) => !h.closest("[hidden]")).map((h) => [Number(h.tagName[1]), h.textContent]),
    unsaid: [
      ...all("img").filter((image) => !image.alt && image.getAttribute("role") !== "presentation"),
      ...all("svg").filter((svg) => drawn(svg) && !(svg.getAttribute("role") === "img" && named(svg))),
    ].map(short),
    links: all("a[href], link[href]").map((a) => a.href),
    sources: all("img[src], script[src], iframe[src], source[src]").map((a) => a.src),
    anchors: all("[id]").map((a) => a.id).concat(all("a[name]").map((a) => a.name)),
  };
}
