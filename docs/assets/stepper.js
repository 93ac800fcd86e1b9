// Lists of pictures become one picture with buttons. Without this script all pictures of a list stand side by side.
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const PACE = 1400;

function button(words, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = words;
  made.addEventListener("click", act);
  return made;
}

function stepped(stepper) {
  const frames = [...stepper.querySelectorAll("li")];
  const where = document.createElement("output");
  let at = 0;
  let timer = null;

  function show(next) {
    at = (next + frames.length) % frames.length;
    frames.forEach((frame, i) => frame.classList.toggle("shown", i === at));
    where.textContent = `${at + 1} of ${frames.length}`;
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
    list.setAttribute("aria-live", "polite");
  }

  function go(next) {
    stop();
    show(next);
  }

  function toggle() {
    if (timer !== null) return stop();
    timer = setInterval(() => show(at + 1), PACE);
    play.textContent = "Pause";
    list.setAttribute("aria-live", "off"); // a picture that moves by itself is not read out
    show(at + 1);
  }

  const list = stepper.querySelector("ol");
  const play = button("Play", toggle);
  const controls = document.createElement("div");
  controls.className = "stepper-controls";
  controls.append(button("Previous", () => go(at - 1)), button("Next", () => go(at + 1)));
  if (!calm.matches) controls.append(play);
  controls.append(where);

  const keys = { ArrowLeft: () => go(at - 1), ArrowRight: () => go(at + 1), Home: () => go(0), End: () => go(-1) };
  stepper.setAttribute("role", "group");
  stepper.setAttribute("aria-label", `${stepper.dataset.label}: step with the buttons or the arrow keys`);
  stepper.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || !(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });
  stepper.append(controls);
  stepper.classList.add("stepping");
  go(0);
}

document.querySelectorAll(".stepper").forEach(stepped);
