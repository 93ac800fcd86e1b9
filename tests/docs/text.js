/* Marks one text of each colour, size and ground that was not met before, so that contrast is measured once for each. */
(met) => {
  const seen = new Set(met);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || element.closest("math, script, style, noscript, svg")) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const looks = [color, fontSize, fontWeight];
    for (let e = element; e; e = e.parentElement) {
      const { backgroundColor, opacity } = getComputedStyle(e);
      if (backgroundColor !== "rgba(0, 0, 0, 0)") looks.push(backgroundColor);
      if (opacity !== "1") looks.push(opacity);
    }
    const { width, height } = element.getBoundingClientRect();
    if (width === 0 || height === 0 || seen.has(looks.join())) continue;
    seen.add(looks.join());
    element.dataset.contrast = "";
  }
  return [...seen];
}
