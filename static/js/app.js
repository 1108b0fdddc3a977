// Small helps for every page. Everything works without this file.
"use strict";

// A toast leaves by itself; an error stays longer.
function fade(toast) {
  setTimeout(() => toast.remove(), toast.classList.contains("late") ? 9000 : 5000);
}
function fadeAll() { document.querySelectorAll("[data-toast]:not([data-seen])").forEach((toast) => { toast.dataset.seen = ""; fade(toast); }); }
addEventListener("DOMContentLoaded", fadeAll);
addEventListener("htmx:afterSettle", fadeAll);
addEventListener("htmx:oobAfterSwap", fadeAll);

// A form that was sent can't be sent by a second tap. The server acts once all the same; this is for the eye.
addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  setTimeout(() => form.querySelectorAll("button:not([type=button])").forEach((button) => { button.disabled = true; }), 0);
});
addEventListener("pageshow", () => document.querySelectorAll("form button[disabled]:not([data-off])").forEach((button) => { button.disabled = false; }));

// A chosen radio tile is marked where the browser does not know :has().
addEventListener("change", (event) => {
  if (!event.target.matches(".choice input")) return;
  const name = event.target.name;
  document.querySelectorAll(".choice input").forEach((input) => {
    if (input.name === name) input.closest(".choice").classList.toggle("on", input.checked);
  });
});

// The way back on a refusal page is the page before, when there is one.
addEventListener("click", (event) => {
  const link = event.target.closest("[data-back]");
  if (link && history.length > 1) { event.preventDefault(); history.back(); }
});

// Print buttons and fields that send their form when changed.
addEventListener("click", (event) => { if (event.target.closest("[data-print]")) print(); });
addEventListener("change", (event) => { if (event.target.matches("[data-submit]")) event.target.form.requestSubmit(); });
