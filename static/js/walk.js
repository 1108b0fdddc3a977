// A round with a weak signal. Every answer goes into a store on this phone first, photos too, and leaves it when the
// server has acknowledged it. Its own submission id travels along, so what is sent twice acts once. Without this file
// each door is a page with a plain form.
//
// [data-walk=ROUND][data-who]     the list; data-*-words are its sentences
// [data-door=PLACE][data-left]    a door: data-name data-kind data-code; [data-open-door] opens its sheet
// [data-sheet-template]           the sheet, put into [data-sheet-in] afresh for each door
// [data-queue]                    how many answers are not sent yet, and those that the server did not take
"use strict";
(() => {
  const list = document.querySelector("[data-walk]");
  if (!list) return;
  const queue = list.querySelector("[data-queue]"), words = list.dataset, who = words.who;
  const find = (name, root) => (root || document).querySelector(`[data-${name}]`);
  const doors = () => [...list.querySelectorAll("[data-door]")];
  const doorOf = (place) => list.querySelector(`[data-door="${place}"]`);

  // The store: IndexedDB, since photos come along; where there is none, the memory of this page.
  let base = null, keeps = true, kept = [];
  const opened = new Promise((done) => {
    let ask;
    try { ask = indexedDB.open("zongwu-walk", 1); } catch (_) { keeps = false; done(); return; }
    ask.onupgradeneeded = () => ask.result.createObjectStore("answers", { keyPath: "once" });
    ask.onsuccess = () => { base = ask.result; done(); };
    ask.onerror = ask.onblocked = () => { keeps = false; done(); };
  });
  function act(mode, work) {
    return new Promise((done, failed) => {
      const deal = base.transaction("answers", mode), ask = work(deal.objectStore("answers"));
      deal.oncomplete = () => done(ask.result);
      deal.onerror = deal.onabort = () => failed(deal.error);
    });
  }
  async function read() {
    await opened;
    if (base) try { kept = (await act("readonly", (store) => store.getAll())).filter((each) => each.who === who); } catch (_) { keeps = false; }
    kept.sort((one, other) => one.answered - other.answered);
    return kept;
  }
  async function keep(item) {
    kept = [...kept.filter((each) => each.once !== item.once), item];
    await opened;
    if (base) try { await act("readwrite", (store) => store.put(item)); } catch (_) { keeps = false; }
  }
  async function drop(once) {
    kept = kept.filter((each) => each.once !== once);
    await opened;
    if (base) try { await act("readwrite", (store) => store.delete(once)); } catch (_) { keeps = false; }
  }
  const waiting = () => kept.filter((each) => !each.why);

  // What the list says
  function show(why) {
    const open = waiting(), refused = kept.filter((each) => each.why);
    queue.hidden = !open.length && !refused.length;
    find("queue-waiting", queue).hidden = !open.length;
    find("queue-count", queue).textContent = open.length;
    if (why || !keeps) find("queue-why", queue).textContent = why || queue.dataset.lostWords;
    const rows = find("queue-refused", queue);
    rows.textContent = "";
    refused.forEach((item) => {
      const row = queue.querySelector("template").content.cloneNode(true);
      row.querySelector("b").textContent = `${item.name}: ${queue.dataset.refusedWords}`;
      row.querySelector("small").textContent = item.why;
      row.querySelector("button").addEventListener("click", async () => { await drop(item.once); show(); });
      rows.append(row);
    });
    const here = new Set(open.filter((each) => each.round === words.walk).map((each) => each.place));
    doors().forEach((door) => {
      const chip = find("kept", door), mine = here.has(door.dataset.door);
      door.toggleAttribute("data-kept-here", mine);
      if (chip) chip.hidden = !mine;
    });
    point();
  }
  let last = null; // the place that was done last: the next door lies after it
  function point() {
    const box = find("next", list);
    if (!box) return;
    const all = doors(), start = all.findIndex((door) => door.dataset.door === last) + 1;
    const ahead = [...all.slice(start), ...all.slice(0, start)].find((door) => door.matches("[data-left]:not([data-kept-here])"));
    box.hidden = !ahead;
    if (!ahead) return;
    find("next-name", box).textContent = ahead.dataset.name;
    find("next-door", box).href = find("open-door", ahead).href;
    find("next-door", box).dataset.place = ahead.dataset.door;
  }

  // One after another, the oldest first. What the network or a busy server did not let through stays.
  let busy = false, timer = 0;
  async function flush() {
    if (busy) return;
    busy = true;
    clearTimeout(timer);
    let why = "";
    for (await read(); waiting().length;) {
      const item = waiting()[0], body = new FormData();
      item.fields.forEach(([name, value]) => body.append(name, value));
      item.files.forEach(([name, file, called]) => body.append(name, file, called));
      let reply = null;
      try {
        reply = await fetch(item.url, { method: "POST", credentials: "same-origin", redirect: "manual", body, headers: { "HX-Request": "true", "X-Sent": String(Date.now()) } });
      } catch (_) { /* no network: it stays */ }
      if (reply && reply.status === 401) { why = queue.dataset.signedOutWords; break; }
      if (!reply || reply.status === 0 || reply.status === 429 || reply.status >= 500) { timer = setTimeout(flush, 10000); break; }
      let page = null;
      try { page = new DOMParser().parseFromString(await reply.text(), "text/html"); } catch (_) { timer = setTimeout(flush, 10000); break; }
      if (reply.ok) {
        await drop(item.once);
        if (item.round === words.walk) put(page);
      } else await keep({ ...item, why: page.body.textContent.trim().replace(/\s+/g, " ").slice(0, 300) });
      show();
    }
    busy = false;
    show(why);
  }
  function put(page) {
    page.querySelectorAll("#walk-head, [data-door]").forEach((part) => {
      const old = document.getElementById(part.id);
      if (old) old.replaceWith(document.adoptNode(part));
    });
  }

  // The sheet of a door
  const place = find("sheet-place"), template = find("sheet-template");
  let at = null, how = "tap";
  function open(door, by) {
    if (!template || !door.matches("[data-left]")) return;
    at = door; how = by;
    const inside = find("sheet-in", place);
    inside.textContent = "";
    inside.append(document.importNode(template.content, true));
    inside.querySelectorAll("[data-kinds]").forEach((row) => {
      if (row.dataset.kinds && !row.dataset.kinds.split(" ").includes(door.dataset.kind)) row.remove();
    });
    inside.querySelectorAll("section").forEach((section) => { if (!section.querySelector("li")) section.remove(); });
    find("sheet-title", inside).textContent = door.dataset.name;
    find("sheet-where", inside).textContent = door.dataset.where;
    find("sheet", inside).action = find("open-door", door).href;
    list.hidden = true;
    place.hidden = false;
    history.pushState({ door: door.dataset.door }, "");
    dispatchEvent(new Event("htmx:afterSettle")); // js/photos.js looks for new blocks
    scrollTo(0, 0);
    find("sheet-title", inside).focus();
  }
  function close() {
    if (!place || place.hidden) return;
    place.hidden = true;
    list.hidden = false;
    find("sheet-in", place).textContent = "";
    scrollTo(0, 0);
  }
  addEventListener("popstate", close);

  const chosen = (row) => row.querySelector("input[type=radio]:checked");
  function failed(row) {
    const radio = chosen(row);
    return Boolean(radio && (radio.value === "fail" && row.dataset.answer === "fine" || radio.dataset.bad !== undefined));
  }
  function missing(row) {
    const kind = row.dataset.answer, box = row.querySelector("fieldset input:not([type=radio])");
    if ((kind === "fine" || kind === "choice") && !chosen(row)) return words.answerWords;
    if ((kind === "number" || kind === "text") && row.dataset.skippable === undefined && !box.value.trim()) return words.answerWords;
    if (!failed(row)) return "";
    const more = row.querySelector(".answer-more");
    const said = more.querySelector("input[type=text]").value.trim() || more.querySelector(".chips input:checked");
    if (!said) return words.wrongWords;
    return row.dataset.photoOnFail !== undefined && !more.querySelector(".photo-kept") ? words.photoWords : "";
  }
  addEventListener("change", (event) => {
    const row = event.target.closest && event.target.closest(".answer-row");
    if (!row) return;
    if (failed(row)) row.querySelector(".answer-more").open = true;
    row.classList.toggle("failed", failed(row));
    find("missing", row).hidden = true;
  });

  async function done(form, everything) {
    if (!everything) {
      const wrong = [...form.querySelectorAll(".answer-row")].filter((row) => {
        const why = missing(row), line = find("missing", row);
        line.textContent = why;
        line.hidden = !why;
        return why;
      });
      const line = find("sheet-wrong", form);
      line.hidden = !wrong.length;
      line.textContent = wrong.length ? words.missingWords : "";
      if (wrong.length) { wrong[0].scrollIntoView({ block: "center" }); return; }
    }
    const data = everything ? new FormData() : new FormData(form), item = { fields: [], files: [] };
    if (everything) ["once", "version"].forEach((name) => data.append(name, form.elements[name].value));
    data.append("fine", everything ? "all" : "");
    data.append("how", how);
    item.answered = Date.now();
    data.append("answered", item.answered);
    for (const [name, value] of data.entries()) {
      if (typeof value === "string") item.fields.push([name, value]);
      else if (value.name) item.files.push([name, value, value.name]);
    }
    Object.assign(item, { once: random(), who, round: words.walk, place: at.dataset.door, name: at.dataset.name, url: form.action });
    item.fields = item.fields.map(([name, value]) => [name, name === "once" ? item.once : value]);
    last = at.dataset.door;
    await keep(item);
    if (history.state && history.state.door) history.back(); else close();
    show();
    if (navigator.vibrate) navigator.vibrate(40);
    flush();
  }
  const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  let everything = false;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-sheet] button[name=fine]");
    if (button) everything = button.value === "all";
    const link = event.target.closest("[data-open-door], [data-next-door]");
    if (!link || event.metaKey || event.ctrlKey || !template) return;
    const door = link.closest("[data-door]") || doorOf(link.dataset.place);
    if (!door) return;
    event.preventDefault();
    if (!door.matches("[data-kept-here]")) open(door, "tap");
  });
  if (place) find("sheet-close", place).addEventListener("click", () => { if (history.state && history.state.door) history.back(); else close(); });

  // A label at the door opens its sheet.
  function scanned(code) {
    const line = find("scan-wrong", list), door = doors().find((each) => each.dataset.code === code);
    line.hidden = Boolean(door && door.matches("[data-left]:not([data-kept-here])"));
    line.textContent = door ? words.doneWords : words.elsewhereWords;
    if (line.hidden) open(door, "scan");
  }
  function tidy(text) {
    const inside = /\/q\/([^/?#\s]+)/i.exec(text);
    return (inside ? inside[1] : text).toUpperCase().replace(/[\s-]/g, "").replace(/[ILOU]/g, (c) => ({ I: "1", L: "1", O: "0", U: "V" })[c]);
  }
  const scanForm = find("scan-form", list);
  if (scanForm) {
    const box = scanForm.querySelector("input");
    box.addEventListener("zongwu:scan", (event) => { event.preventDefault(); box.value = ""; scanned(event.detail.code); });
  }
  document.addEventListener("submit", (event) => {
    if (event.target === scanForm) {
      event.preventDefault();
      const box = scanForm.querySelector("input"), code = tidy(box.value);
      box.value = "";
      if (code) scanned(code);
    } else if (event.target.matches("[data-sheet]")) {
      event.preventDefault();
      done(event.target, everything);
      everything = false;
    }
  });
  find("queue-send", queue).addEventListener("click", flush);
  addEventListener("online", flush);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) flush(); });
  flush();
})();
