/* What reaches beyond the page's width, unless something around it scrolls. */
() => {
  for (const closed of document.querySelectorAll("details")) closed.open = true;
  const width = document.documentElement.clientWidth;
  const scrolls = (element) => {
    for (let e = element; e && e !== document.body; e = e.parentElement) {
      if (["auto", "scroll"].includes(getComputedStyle(e).overflowX)) return true;
    }
    return false;
  };
  const beyond = (element) => element.getBoundingClientRect().right > width + 1 && !scrolls(element);
  const found = [...document.querySelectorAll("main *")].filter(beyond).map((e) => e.outerHTML.slice(0, 120));
  const whole = document.documentElement.scrollWidth;
  return whole > width ? [`the page is ${whole} wide`, ...found] : found;
}
