// While an import is stored, its bar asks how far it is. Without this file the page simply waits.
"use strict";

addEventListener("submit", (event) => {
  const form = event.target.closest("[data-progress]");
  if (!form) return;
  const step = form.querySelector(".step"), bar = step.querySelector("progress");
  step.hidden = false;
  bar.removeAttribute("value");
  const ask = setInterval(() => {
    fetch(form.dataset.progress, { credentials: "same-origin" })
      .then((answer) => (answer.ok ? answer.json() : null))
      .then((far) => { if (far && far.of) { bar.max = far.of; bar.value = far.done; } })
      .catch(() => {});
  }, 1000);
  addEventListener("pageshow", () => { clearInterval(ask); step.hidden = true; }, { once: true });
});
