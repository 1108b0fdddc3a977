// The sheet before printing: labels move up when a cell is tapped away. Without this file the page draws again.
"use strict";

function flow(form) {
  const boxes = [...form.querySelectorAll("[data-cell]")];
  const free = boxes.filter((box) => !box.checked);
  const scale = form.querySelector(".paper").dataset.module;
  form.querySelectorAll("[data-label]").forEach((label, index) => {
    const cell = free[index];
    label.setAttribute("visibility", cell ? "visible" : "hidden");
    if (!cell) return;
    const [codeX, codeY, wordsX, wordsY] = cell.dataset.cell.split(" ");
    label.querySelector("[data-code]").setAttribute("transform", `translate(${codeX} ${codeY}) scale(${scale})`);
    label.querySelector("[data-words]").setAttribute("transform", `translate(${wordsX} ${wordsY})`);
  });
}

addEventListener("change", (event) => {
  if (event.target.matches("[data-sheet] [data-cell]")) flow(event.target.form);
});
