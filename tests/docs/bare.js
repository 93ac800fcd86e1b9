/* Takes out what is many and alike, so that the rules of accessibility are quickly asked: the insides of formulas, which
   stay as large as they are, of drawings and of code, and all but the first rows of long tables. */
() => {
  const formulas = [...document.querySelectorAll("math")].map((math) => [math, math.getBoundingClientRect()]);
  for (const [math, { width, height }] of formulas) {
    math.replaceChildren();
    math.style.cssText = `display: inline-block; width: ${width}px; height: ${height}px`;
  }
  for (const part of document.querySelectorAll("svg[role=img] > :not(title, desc)")) part.remove();
  for (const code of document.querySelectorAll("pre code")) code.textContent = code.textContent;
  for (const row of document.querySelectorAll("article tr:nth-child(n + 4)")) row.remove();
}
