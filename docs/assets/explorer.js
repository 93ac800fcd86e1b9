/** The page of the explorer: reads the setting, asks window.js, and writes the answers. */
(function () {
  "use strict";

  const { NAMED, answers, output: written } = slidingWindow;
  const { reach, plane, small } = windowPicture;
  const NUMBERS = ["n", "kernel", "stride", "dilation"];
  const form = document.getElementById("setting");
  const at = (id) => document.getElementById(id);
  const chosen = { output: 0, row: 0 };
  let found = null;

  /* The setting: from the form, from the address or else the first one to try, and into both. */

  function number(text) {
    const trimmed = String(text).trim();
    return trimmed === "" || Number.isNaN(Number(trimmed)) ? trimmed : Number(trimmed);
  }

  function fromForm() {
    const read = (name) => number(form.elements[name].value);
    const named = form.elements.padding.value;
    const padding = named === "pair" ? [read("before"), read("after")] : named;
    return { ...Object.fromEntries(NUMBERS.map((name) => [name, read(name)])), padding };
  }

  function fromFragment(fragment) {
    const given = new URLSearchParams(fragment.slice(1));
    if (!given.has("n")) return null;
    const padding = given.get("padding") || "valid";
    const pair = padding.split(",").map(number);
    chosen.output = Math.trunc(Number(given.get("output"))) || 0;
    chosen.row = Math.trunc(Number(given.get("row"))) || 0;
    return {
      ...Object.fromEntries(NUMBERS.map((name) => [name, number(given.get(name) || 1)])),
      padding: typeof pair[0] === "number" ? [pair[0], pair[pair.length - 1]] : padding,
    };
  }

  function intoForm(setting) {
    for (const name of NUMBERS) form.elements[name].value = setting[name];
    const named = typeof setting.padding === "string";
    form.elements.padding.value = named ? (NAMED.includes(setting.padding) ? setting.padding : "valid") : "pair";
    if (!named) [form.elements.before.value, form.elements.after.value] = setting.padding;
  }

  function intoAddress(setting) {
    const values = NUMBERS.map((name) => `${name}=${encodeURIComponent(setting[name])}`);
    const where = `output=${chosen.output}&row=${chosen.row}`;
    history.replaceState(null, "", `#${values.join("&")}&padding=${setting.padding}&${where}`);
  }

  /* The answers. */

  function show(setting) {
    found = answers(setting);
    const named = typeof setting.padding === "string";
    for (const name of ["before", "after"]) {
      const field = form.elements[name];
      field.disabled = named;
      if (named && !found.problem) field.value = found.window[name];
    }
    at("problem").hidden = !found.problem;
    at("answers").hidden = Boolean(found.problem);
    at("problem").innerHTML = found.problem ? message(found.problem) : "";
    if (found.problem) return;
    at("rule").innerHTML = `<code>${found.rule}</code>`;
    at("losses").innerHTML = `<ul>${found.losses.map((line) => `<li>${line}</li>`).join("")}</ul>`;
    const unwritten = small("Not written out, as the matrix is not.");
    for (const wrt of "yxw") at(wrt).innerHTML = found.large ? unwritten : equations(found.formulas[wrt]);
    at("matrix").innerHTML = found.large ? message(found.large) : table(found);
    for (const name of ["output", "row"]) at(name).max = found.outputs - 1;
    choose(chosen);
  }

  function choose({ output = chosen.output, row = chosen.row }) {
    chosen.output = Math.max(0, Math.min(output, found.outputs - 1));
    chosen.row = Math.max(0, Math.min(row, found.outputs - 1));
    for (const name of ["output", "row"]) {
      at(name).value = chosen[name];
      at(name).parentElement.querySelector("output").value = chosen[name];
    }
    at("reach").innerHTML = reach(found, chosen.output);
    at("chosen").innerHTML = equations([written(found.window, found.n, chosen.output)]);
    at("plane").innerHTML = plane(found, chosen);
    at("matrix").querySelectorAll("tbody tr").forEach((line, o) => line.classList.toggle("current", o === chosen.output));
  }

  const escaped = (text) => text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);

  function message({ fact, lines }) {
    const rows = lines.map(([label, text]) => `<dt>${label}</dt><dd><code>${escaped(text)}</code></dd>`);
    return `<div class="explorer-note"><p>${escaped(fact)}</p><dl>${rows.join("")}</dl></div>`;
  }

  const weight = (k) => `class="weight" style="--k:${k}"`;

  function equations(lines) {
    const coloured = (line) => line.replace(/w\[(\d+)\]/g, (w, k) => `<span ${weight(k)}>${w}</span>`);
    return lines.map((line) => `<code>${coloured(line)}</code>`).join("");
  }

  function table({ n, outputs, matrix }) {
    const head = matrix[0].map((_, j) => `<th scope="col">x[${j}]</th>`).join("");
    const cell = (k) => (k === null ? '<td class="zero">0</td>' : `<td ${weight(k)}>w[${k}]</td>`);
    const rows = matrix.map((row, o) => `<tr><th scope="row">y[${o}]</th>${row.map(cell).join("")}</tr>`);
    return (
      `<table class="weights"><caption>${outputs} outputs, ${n} inputs</caption>` +
      `<thead><tr><td></td>${head}</tr></thead><tbody>${rows.join("")}</tbody></table>`
    );
  }

  /* What the reader does. */

  function changed() {
    const setting = fromForm();
    show(setting);
    intoAddress(setting);
  }

  function followAddress() {
    const setting = fromFragment(location.hash) || (found ? null : fromFragment(at("tried").querySelector("a").hash));
    if (!setting) return;
    intoForm(setting);
    show(setting);
  }

  form.addEventListener("input", changed);
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const name of ["output", "row"]) {
    at(name).addEventListener("input", () => {
      choose({ [name]: Number(at(name).value) });
      intoAddress(fromForm());
    });
  }
  for (const drawing of [at("reach"), at("plane")]) {
    drawing.addEventListener("click", (event) => {
      const picked = event.target.closest(".pick");
      if (!picked) return;
      const { output, row = chosen.row } = picked.dataset;
      choose({ output: Number(output), row: Number(row) });
      intoAddress(fromForm());
    });
  }
  window.addEventListener("hashchange", followAddress);

  for (const id of ["setting", "picture", "tried"]) at(id).hidden = false;
  at("spoken").hidden = true;
  followAddress();
})();
