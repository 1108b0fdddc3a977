// A round with a weak signal. Every answer goes into a store on this phone first, photos too, and leaves it when the
// server has acknowledged it. Its own submission id travels along, so what is sent twice acts once. Without this file
// each door is a page with a plain form.
//
// [data-walk=ROUND][data-who]     the list; data-*-words are its sentences; data-open-at is the place whose label was
//                                 scanned on the way here
// [data-door=PLACE][data-left]    a door: data-name data-kind data-code; [data-open-door] opens its sheet, [data-found]
//                                 are lines of what is open there
// [data-sheet-template]           the sheet, put into [data-sheet-in] afresh for each door
// [data-queue]                    how many answers are not sent yet, and those that the server did not take: each can
//                                 be opened again as it was typed, or put aside
//
// A sheet that is left half filled stays on the phone, too: some phones close the browser to open the camera.
"use strict";
(() => {
  const list = document.querySelector("[data-walk]");
  if (!list) return;
  const queue = list.querySelector("[data-queue]"), words = list.dataset, who = words.who;
  const find = (name, root) => (root || document).querySelector(`[data-${name}]`);
  const doors = () => [...list.querySelectorAll("[data-door]")];
  const doorOf = (place) => list.querySelector(`[data-door="${place}"]`);

  const WEEK = 7 * 24 * 3600 * 1000; // the server believes no older answer

  // The store: IndexedDB, since photos come along; where there is none, the memory of this page.
  let base = null, keeps = true, kept = [];
  const news = new Map(); // what is not in the store yet, by submission id; null is to leave it
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
    if (base) try {
      const rows = await act("readonly", (store) => store.getAll());
      kept = [...rows.filter((each) => !news.has(each.once)), ...news.values()].filter((each) => each && each.who === who);
    } catch (_) { keeps = false; }
    kept.filter((each) => each.draft && Date.now() - each.answered > WEEK).forEach((each) => drop(each.once));
    kept.sort((one, other) => one.answered - other.answered);
    return kept;
  }
  async function keep(item) {
    kept = [...kept.filter((each) => each.once !== item.once), item];
    await store(item.once, item, (rows) => rows.put(item));
  }
  async function drop(once) {
    kept = kept.filter((each) => each.once !== once);
    await store(once, null, (rows) => rows.delete(once));
  }
  async function store(once, item, work) {
    news.set(once, item);
    await opened;
    if (base) try {
      await act("readwrite", work);
      if (news.get(once) === item) news.delete(once);
    } catch (_) { keeps = false; }
  }
  const waiting = () => kept.filter((each) => !each.why && !each.draft);
  const refused = () => kept.filter((each) => each.why || isLate(each));
  const isLate = (each) => each.draft && each.round === words.walk && !list.querySelector(`[data-door="${each.place}"][data-left]`);
  const draftOf = (place) => `draft ${who} ${words.walk} ${place}`;
  const draftAt = (place) => kept.find((each) => each.once === draftOf(place));
  const refusedAt = (place) => kept.find((each) => each.why && each.round === words.walk && each.place === place);

  // What the list says
  const usual = find("queue-why", queue).textContent;
  function show(why) {
    const open = waiting();
    queue.hidden = !open.length && !refused().length;
    find("queue-waiting", queue).hidden = !open.length;
    find("queue-count", queue).textContent = open.length;
    find("queue-why", queue).textContent = why || (keeps ? usual : queue.dataset.lostWords);
    const rows = find("queue-refused", queue);
    rows.textContent = "";
    refused().forEach((item) => {
      const row = queue.querySelector("template").content.cloneNode(true);
      row.querySelector("b").textContent = `${item.name} · ${queue.dataset.refusedWords}`;
      row.querySelector("small").textContent = item.why || words.doneWords;
      find("again", row).addEventListener("click", () => again(item));
      find("aside", row).addEventListener("click", async () => {
        if (confirm(`${item.name}\n${queue.dataset.asideWords}`)) { await drop(item.once); show(); }
      });
      rows.append(row);
    });
    const here = new Set(open.filter((each) => each.round === words.walk).map((each) => each.place));
    doors().forEach((door) => {
      const chip = find("kept", door), mine = here.has(door.dataset.door);
      door.toggleAttribute("data-kept-here", mine);
      if (chip) chip.hidden = !mine;
      const begun = find("begun", door);
      if (begun) begun.hidden = mine || !draftAt(door.dataset.door);
    });
    point();
  }
  let last = null; // the place that was done last: the next door lies after it
  function point() {
    const box = find("next", list);
    if (!box) return;
    const all = doors(), start = all.findIndex((door) => door.dataset.door === last) + 1;
    const ahead = [...all.slice(start), ...all.slice(0, start)].find((door) => door.matches("[data-left]:not([data-kept-here])") && find("open-door", door));
    box.hidden = !ahead;
    find("scan-form", list).hidden = !list.querySelector("[data-left]");
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
    let why = "", stale = false;
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
      } else {
        stale = true; // somebody else may have been there
        await keep({ ...item, why: page.body.textContent.trim().replace(/\s+/g, " ").slice(0, 300) });
      }
      show();
    }
    busy = false;
    if (stale) await renew();
    show(why);
  }
  async function renew() {
    try {
      const reply = await fetch(location.pathname, { credentials: "same-origin" });
      if (reply.ok) put(new DOMParser().parseFromString(await reply.text(), "text/html"));
    } catch (_) { /* no network: the list stays as it is */ }
  }
  function put(page) {
    page.querySelectorAll("#walk-head, [data-door]").forEach((part) => {
      const old = document.getElementById(part.id);
      if (old) old.replaceWith(document.adoptNode(part));
    });
  }

  // The sheet of a door
  const place = find("sheet-place"), template = find("sheet-template");
  let now = null; // the sheet that is open: {form, place, name, how, item, empty, carried}
  function open(door, how, item) {
    if (!template) return;
    item = item || refusedAt(door.dataset.door) || draftAt(door.dataset.door);
    const inside = find("sheet-in", place);
    inside.textContent = "";
    inside.append(document.importNode(template.content, true));
    const form = find("sheet", inside);
    now = { form, item, place: door.dataset.door, name: door.dataset.name, how: item ? item.how : how, carried: [] };
    fit(form, door);
    find("sheet-title", inside).textContent = door.dataset.name;
    find("sheet-where", inside).textContent = door.dataset.where;
    form.action = `${location.pathname}/${door.dataset.door}`;
    list.hidden = true;
    place.hidden = false;
    history.pushState({ door: door.dataset.door }, "");
    dispatchEvent(new Event("htmx:afterSettle")); // js/photos.js and js/score.js look for what is new
    now.empty = typed(form);
    if (item) fill(form, item);
    scrollTo(0, 0);
    find("sheet-title", inside).focus();
  }
  // What is asked at this kind of place, and what is open here already.
  function fit(form, door) {
    form.querySelectorAll("[data-kinds]").forEach((row) => {
      if (!row.dataset.kinds || row.dataset.kinds.split(" ").includes(door.dataset.kind)) return;
      if (row.dataset.max) form.dataset.full -= row.dataset.max;
      row.remove();
    });
    form.querySelectorAll("section").forEach((section) => { if (!section.querySelector("li")) section.remove(); });
    const found = find("sheet-found", form), lines = [...door.querySelectorAll("[data-found]")];
    if (!found) return;
    found.hidden = !lines.length;
    const rest = found.querySelector("details"), boxes = found.querySelectorAll(".found-lines");
    lines.forEach((line) => {
      const copy = line.cloneNode(true);
      copy.hidden = false;
      boxes[line.hidden ? 1 : 0].append(copy);
    });
    const more = find("found-more", door);
    rest.hidden = !more;
    if (!more) return;
    rest.querySelector("summary span").textContent = more.textContent;
    if (more.dataset.inSheet) boxes[1].append(more.dataset.inSheet);
  }
  async function close() {
    if (!place || place.hidden) return;
    const left = now;
    now = null;
    const kept = stash(left);
    place.hidden = true;
    list.hidden = false;
    find("sheet-in", place).textContent = "";
    show();
    scrollTo(0, 0);
    await kept;
  }
  const back = () => { if (history.state && history.state.door) history.back(); else close(); };
  addEventListener("popstate", close);

  // What was typed, as it is sent and kept
  const OURS = ["once", "version"];
  function collect(sheet) {
    const item = { fields: [], files: [...sheet.carried] };
    for (const [name, value] of new FormData(sheet.form).entries()) {
      if (typeof value === "string") item.fields.push([name, value]);
      else if (value.name) item.files.push([name, value, value.name]);
    }
    return item;
  }
  function typed(form) {
    return JSON.stringify([...new FormData(form).entries()].filter(([name]) => !OURS.includes(name)).map(([name, value]) => [name, typeof value === "string" ? value : value.size]));
  }
  async function stash(sheet) {
    if (!sheet) return;
    const item = sheet.item, same = typed(sheet.form) === sheet.empty && !sheet.carried.length;
    const about = { who, round: words.walk, place: sheet.place, name: sheet.name, url: sheet.form.action, how: sheet.how, keys, answered: Date.now() };
    if (item && item.why) await keep({ ...item, keys, ...collect(sheet) });
    else if (!same) await keep({ ...about, ...collect(sheet), once: draftOf(sheet.place), draft: true });
    else if (draftAt(sheet.place)) await drop(draftOf(sheet.place));
  }
  // Fields go by the ids of items; what was typed with an older version of the checklist finds its item by the key.
  const keys = template ? keysOf(template.content) : {};
  function keysOf(root) {
    return Object.fromEntries([...root.querySelectorAll("[data-key]")].map((row) => [/^i(\d+)-/.exec(row.querySelector("[name^=i]").name)[1], row.dataset.key]));
  }
  function nowCalled(name, item) {
    const part = /^i(\d+)-(.*)$/.exec(name), key = part && item.keys && item.keys[part[1]];
    const id = key && Object.keys(keys).find((each) => keys[each] === key);
    return id ? `i${id}-${part[2]}` : name;
  }
  function fill(form, item) {
    const boxes = [...form.elements], typed = item.fields.map(([name, value]) => [nowCalled(name, item), value]);
    boxes.forEach((box) => {
      const given = typed.filter(([name]) => name === box.name && !OURS.includes(name)).map(([, value]) => value);
      if (box.type === "radio" || box.type === "checkbox") box.checked = given.includes(box.value);
      else if (given.length && box.type !== "file") box.value = given[0];
    });
    form.querySelectorAll(".choice input").forEach((box) => box.closest(".choice").classList.toggle("on", box.checked));
    form.querySelectorAll(".answer-row, [data-mark]").forEach((row) => {
      const more = row.querySelector("details");
      if (more && [...more.querySelectorAll("input")].some((box) => box.type === "text" ? box.value : box.checked)) more.open = true;
      look(row);
    });
    item.files.forEach(([name, ...file]) => putBack(form, [nowCalled(name, item), ...file]));
    const gone = typed.filter(([name, value]) => /^i\d+-(words|value)$/.test(name) && value && !form.elements[name]).map(([, value]) => value);
    const note = form.elements.note; // words about an item that the checklist no longer has
    gone.filter((value) => !note.value.includes(value)).forEach((value) => { note.value += `${note.value && "\n"}${value}`; });
    form.dispatchEvent(new Event("zongwu:filled"));
    const why = find("sheet-why", form);
    if (why && item.why) { why.hidden = false; why.lastElementChild.textContent = item.why; }
  }
  // js/photos.js takes a photo from its own button; where no script may put one there, it travels along unseen.
  function putBack(form, each) {
    const [name, file, called] = each, block = form.querySelector(`[data-photos="${name}"]`);
    try {
      const box = new DataTransfer(), buttons = block.querySelectorAll(".photo-button input");
      box.items.add(new File([file], called, { type: file.type }));
      buttons[buttons.length - 1].files = box.files;
      buttons[buttons.length - 1].dispatchEvent(new Event("change"));
      block.closest("details").open = true;
    } catch (_) { now.carried.push(each); }
  }
  function again(item) {
    const door = item.round === words.walk && doorOf(item.place);
    if (door) open(door, item.how, item);
    else location.href = item.url.replace(/\/\d+$/, ""); // of another round: it waits there as well
  }

  const chosen = (row) => row.querySelector("input[type=radio]:checked");
  function failed(row) {
    if (row.dataset.mark !== undefined) {
      const lost = Number(row.dataset.max) - Math.round(Number(row.querySelector(".points").value) * 100);
      return lost > 0 && !find("fault", row).checked;
    }
    const radio = chosen(row);
    return Boolean(radio && (radio.value === "fail" && row.dataset.answer === "fine" || radio.dataset.bad !== undefined));
  }
  const NUMBER = /^[-+]?\d{1,9}(\.\d{1,4})?$/; // as the server reads it
  function missing(row) {
    const kind = row.dataset.answer, box = row.querySelector("fieldset input:not([type=radio])");
    if ((kind === "fine" || kind === "choice") && !chosen(row)) return words.answerWords;
    if ((kind === "number" || kind === "text") && row.dataset.skippable === undefined && !box.value.trim()) return words.answerWords;
    if (kind === "number" && box.value.trim() && !NUMBER.test(box.value.replace(/,/g, "").trim())) return words.numberWords;
    if (!failed(row)) return "";
    const more = row.querySelector("details");
    const said = more.querySelector("input[type=text]").value.trim() || more.querySelector(".chips input:checked");
    if (!said) return words.wrongWords;
    return row.dataset.photoOnFail !== undefined && !pictured(more) ? words.photoWords : "";
  }
  function pictured(more) {
    const name = find("photos", more).dataset.photos;
    return more.querySelector(".photo-kept") || now.carried.some(([of]) => of === name)
      || [...more.querySelectorAll("input[type=file]")].some((box) => box.files.length);
  }
  function look(row) {
    if (row.matches(".answer-row")) {
      if (failed(row)) row.querySelector(".answer-more").open = true;
      row.classList.toggle("failed", failed(row));
    }
    const line = find("missing", row);
    if (line) line.hidden = true;
  }
  addEventListener("change", (event) => {
    const row = event.target.closest && event.target.closest("[data-sheet] .answer-row, [data-sheet] [data-mark]");
    if (row) look(row);
  });
  function lineOf(row) {
    const line = find("missing", row) || Object.assign(document.createElement("p"), { className: "error" });
    line.dataset.missing = "";
    if (!line.parentElement) row.querySelector("details").before(line);
    return line;
  }

  // Whether something was entered that one tap for everything would throw away; a note goes along.
  function otherwise({ form, carried }) {
    return carried.length || [...form.querySelectorAll(".answer-row, [data-mark]")].some((row) => failed(row)
      || [...row.querySelectorAll("details input")].some((box) => box.type === "text" ? box.value : box.type === "file" ? box.files.length : box.checked));
  }
  async function done(form, everything) {
    const sheet = now;
    if (!sheet) return;
    if (!everything) {
      const wrong = [...form.querySelectorAll(".answer-row, [data-mark]")].filter((row) => {
        const why = missing(row), line = lineOf(row);
        line.textContent = why;
        line.hidden = !why;
        return why;
      });
      const line = find("sheet-wrong", form);
      line.hidden = !wrong.length;
      line.textContent = wrong.length ? words.missingWords : "";
      if (wrong.length) { wrong[0].scrollIntoView({ block: "center" }); return; }
    } else if (otherwise(sheet) && !confirm(words.otherwiseWords)) return;
    const once = random(), earlier = sheet.item && sheet.item.why ? sheet.item : null;
    const answered = earlier ? earlier.answered : Date.now(); // put right later, it still was given at the door then
    const note = form.elements.note.value;
    const { fields, files } = everything ? { fields: [["note", note]], files: [] } : collect(sheet);
    const item = { once, who, round: words.walk, place: sheet.place, name: sheet.name, url: form.action, how: sheet.how, keys, answered, files };
    item.fields = [
      ...fields.filter(([name]) => !OURS.includes(name)),
      ["once", once], ["version", form.elements.version.value], ["fine", everything ? "all" : ""], ["how", sheet.how], ["answered", String(answered)],
    ];
    now = null;
    last = sheet.place;
    await keep(item);
    if (earlier) await drop(earlier.once);
    await drop(draftOf(sheet.place));
    back();
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
    if (door.matches("[data-left]:not([data-kept-here])")) open(door, "tap");
  });
  find("sheet-close", place).addEventListener("click", back);

  // A label at the door opens its sheet.
  function scanned(door) {
    const line = find("scan-wrong", list);
    line.hidden = Boolean(door && door.matches("[data-left]:not([data-kept-here])"));
    line.textContent = door ? words.doneWords : words.elsewhereWords;
    if (line.hidden) open(door, "scan");
  }
  const labelled = (code) => doors().find((each) => each.dataset.code === code);
  function tidy(text) {
    const inside = /\/q\/([^/?#\s]+)/i.exec(text);
    return (inside ? inside[1] : text).toUpperCase().replace(/[\s-]/g, "").replace(/[ILOU]/g, (c) => ({ I: "1", L: "1", O: "0", U: "V" })[c]);
  }
  const scanForm = find("scan-form", list);
  if (scanForm) {
    const box = scanForm.querySelector("input");
    box.addEventListener("zongwu:scan", (event) => { event.preventDefault(); box.value = ""; scanned(labelled(event.detail.code)); });
  }
  document.addEventListener("submit", (event) => {
    if (event.target === scanForm) {
      event.preventDefault();
      const box = scanForm.querySelector("input"), code = tidy(box.value);
      box.value = "";
      if (code) scanned(labelled(code));
    } else if (event.target.matches("[data-sheet]")) {
      event.preventDefault();
      done(event.target, everything);
      everything = false;
    }
  });
  find("queue-send", queue).addEventListener("click", flush);
  addEventListener("online", flush);
  document.addEventListener("visibilitychange", () => { if (document.hidden) stash(now); else flush(); });
  addEventListener("pagehide", () => stash(now));
  read().then(() => {
    show();
    const door = words.openAt && doorOf(words.openAt);
    if (door) {
      history.replaceState(null, "", location.pathname); // read again, this page is the list
      scanned(door);
    }
    flush();
  });
})();
