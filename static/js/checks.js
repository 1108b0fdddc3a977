// The page of a checklist: the box for words and photos opens where something is wrong, and what is answered is counted.
// Without this file every box is open and the server says what is missing.
"use strict";
(() => {
  const forms = document.querySelectorAll("form:is([data-checks], [data-score])");
  const out = document.querySelector("[data-answered]");
  const given = (row) => [...row.querySelectorAll(".ask input")].find((box) => box.type === "radio" ? box.checked : box.value.trim());

  function wrong(row, box) {
    if (!box || box.type === "radio") return Boolean(box) && "bad" in box.dataset;
    const value = Number(box.value.replaceAll(",", "")), { low, high } = row.dataset;
    if (low === undefined && high === undefined) return false;
    return !Number.isNaN(value) && ((low !== undefined && value < Number(low)) || (high !== undefined && value > Number(high)));
  }

  function show(row) {
    const bad = wrong(row, given(row));
    row.classList.toggle("failed", bad);
    const more = row.querySelector("[data-if-bad]");
    if (more) more.classList.toggle("open", bad || Boolean(more.querySelector(".error")));
  }

  forms.forEach((form) => {
    const rows = [...form.querySelectorAll("[data-answer]")];
    const count = () => { if (out) out.textContent = rows.filter(given).length; };
    form.classList.add("live");
    rows.forEach(show);
    count();
    form.addEventListener("input", (event) => {
      const row = event.target.closest(".ask") && event.target.closest("[data-answer]");
      if (row) { show(row); count(); }
    });
  });
})();
