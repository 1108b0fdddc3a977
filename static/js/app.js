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

// Chips or a typed value, never both: the one that was touched last counts.
addEventListener("change", (event) => {
  const group = event.target.closest("[data-either]");
  if (!group) return;
  if (event.target.type === "radio") group.querySelectorAll("input:not([type=radio])").forEach((input) => { input.value = ""; });
  else if (event.target.value) group.querySelectorAll("[type=radio]").forEach((radio) => { radio.checked = false; radio.closest(".choice").classList.remove("on"); });
});

// Show what was typed as a password; the button appears only where this can work.
addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-reveal]").forEach((button) => { button.hidden = false; }));
addEventListener("click", (event) => {
  const button = event.target.closest("[data-reveal]");
  if (!button) return;
  const box = document.getElementById(button.dataset.reveal);
  box.type = box.type === "password" ? "text" : "password";
  button.setAttribute("aria-pressed", String(box.type === "text"));
  box.focus();
});

// A box whose words went into a list is empty again, for the next ones.
addEventListener("htmx:afterSwap", (event) => document.querySelectorAll(`[data-emptied-by="${event.detail.target.id}"]`).forEach((box) => { box.value = ""; }));
