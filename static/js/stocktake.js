// Counting with a weak signal. Every count goes into a list on this phone first, and leaves it when the server has
// acknowledged it. The form's own submission id travels along, so what is sent twice counts once. Without this file
// each count is a plain form.
//
// [data-queue=PERSON]         shows how many are not sent yet, and those that the server did not take
// form[data-count]            a count: `once`, `code`, perhaps `quantity`; its words stand while nothing is answered
// #answer                     what the server said of the last one; data-asks: it wants a number first
// #room                       the lists of the room, asked anew after each count
// [data-code][data-batch]     lines of this room: of a batch the number is asked before anything is sent
// form[data-when-sent]        may not go before the list is empty
"use strict";
(() => {
  const box = document.querySelector("[data-queue]");
  if (!box) return;
  const KEY = `zongwu-counts-${box.dataset.queue}`;
  let memory = { waiting: [], refused: [] }, keeps = true, busy = false, timer = 0;

  function load() {
    try { memory = JSON.parse(localStorage.getItem(KEY)) || memory; } catch (_) { keeps = false; }
    return memory;
  }
  function store() {
    try { localStorage.setItem(KEY, JSON.stringify(memory)); } catch (_) { keeps = false; }
    show();
  }
  // Two tabs share one list: it is read anew before each change.
  function change(work) { load(); work(memory); store(); }

  function show(why) {
    const { waiting, refused } = memory;
    box.hidden = !waiting.length && !refused.length;
    box.querySelector(".notice").hidden = !waiting.length;
    box.querySelector("[data-queue-count]").textContent = waiting.length;
    box.querySelector("[data-queue-said]").textContent = box.dataset.waitingWords;
    if (why || !keeps) box.querySelector("[data-queue-why]").textContent = why || box.dataset.lostWords;
    const list = box.querySelector("[data-queue-refused]");
    list.textContent = "";
    refused.forEach((item) => {
      const row = box.querySelector("template").content.cloneNode(true);
      row.querySelector(".code").textContent = `${item.fields.code || ""} ${box.dataset.refusedWords}`;
      row.querySelector("small").textContent = item.why;
      row.querySelector("button").addEventListener("click", () => change((all) => { all.refused = all.refused.filter((each) => each.once !== item.once); }));
      list.append(row);
    });
  }

  const answer = () => document.getElementById("answer");
  function tell(tone, words, more) {
    const place = answer();
    if (!place) return;
    place.className = `answer ${tone}`;
    place.removeAttribute("data-asks");
    place.textContent = "";
    for (const [text, name] of [[words, "answer-words"], [more, ""]]) {
      if (!text) continue;
      const line = document.createElement("p");
      line.className = name;
      line.textContent = text;
      place.append(line);
    }
  }
  function put(html) {
    const found = new DOMParser().parseFromString(html, "text/html").getElementById("answer");
    if (!found || !answer()) return;
    answer().replaceWith(document.adoptNode(found));
    const number = found.querySelector("[name=quantity]");
    if (number) number.focus();
    if (navigator.vibrate) navigator.vibrate(found.classList.contains("fine") ? 40 : [60, 60, 60]);
  }

  const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  function add(url, fields, words) {
    const item = { once: random(), url, fields, words };
    change((all) => all.waiting.push(item));
    tell("info", words.sending, fields.code);
    flush();
  }

  // One after another, the oldest first. What the network or a busy server did not let through stays.
  async function flush(asked) {
    if (busy || (answer() && answer().hasAttribute("data-asks") && !asked)) return;
    busy = true;
    clearTimeout(timer);
    let why = "";
    while (load().waiting.length) {
      const item = memory.waiting[0];
      let reply;
      try {
        reply = await fetch(item.url, {
          method: "POST", credentials: "same-origin", redirect: "manual", headers: { "HX-Request": "true" },
          body: new URLSearchParams({ once: item.once, ...item.fields }),
        });
      } catch (_) { reply = null; }
      if (reply && reply.status === 401) { why = box.dataset.signedOutWords; break; }
      if (!reply || reply.status === 0 || reply.status === 429 || reply.status >= 500) {
        tell("soon", item.words.kept, item.fields.code);
        timer = setTimeout(flush, 10000);
        break;
      }
      const html = await reply.text();
      const taken = reply.status === 200 || reply.status === 422;
      const said = taken ? "" : new DOMParser().parseFromString(html, "text/html").body.textContent.trim().replace(/\s+/g, " ");
      change((all) => {
        all.waiting = all.waiting.filter((each) => each.once !== item.once);
        if (!taken) all.refused.push({ ...item, why: said });
      });
      if (taken) put(html); else tell("late", box.dataset.refusedWords, said);
      const room = document.getElementById("room");
      if (room && window.htmx) htmx.trigger(room, "counted");
      if (answer() && answer().hasAttribute("data-asks")) break;
    }
    busy = false;
    show(why);
  }

  // A batch of this room: ask the number at once, also without a signal.
  function isBatch(code) {
    return [...document.querySelectorAll("[data-batch]")].find((line) => line.dataset.code === code);
  }
  function tidy(text) {
    const inside = /\/q\/([^/?#\s]+)/i.exec(text);
    return (inside ? inside[1] : text).toUpperCase().replace(/[\s-]/g, "").replace(/[ILOU]/g, (c) => ({ I: "1", L: "1", O: "0", U: "V" })[c]);
  }

  const scan = document.querySelector("form[data-count]");
  const words = scan && { kept: scan.dataset.count, sending: scan.dataset.sending };
  function count(code, how) {
    const line = isBatch(code);
    const link = line && line.querySelector("a");
    if (link && !navigator.onLine) {
      const number = prompt(`${line.dataset.name} (${line.dataset.batch})`, "");
      if (number === null || !/^\d{1,6}$/.test(number.trim())) return;
      add(scan.action, { code, how, quantity: number.trim() }, words);
    } else add(scan.action, { code, how }, words);
  }

  if (scan) {
    const input = scan.querySelector("[name=code]");
    input.addEventListener("zongwu:scan", (event) => {
      event.preventDefault();
      input.value = "";
      count(event.detail.code, "scan");
    });
  }
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("form[data-when-sent]") && load().waiting.length) {
      event.preventDefault();
      show(form.dataset.whenSent);
      flush(true);
      return;
    }
    if (!form.matches("form[data-count]")) return;
    event.preventDefault();
    const quantity = form.elements.quantity, code = tidy(form.elements.code.value);
    if (quantity) {
      if (quantity.value.trim()) { answer().removeAttribute("data-asks"); add(form.action, { code, how: form.elements.how.value, quantity: quantity.value.trim() }, words); }
      if (scan) scan.querySelector("[name=code]").focus();
      return;
    }
    if (code) count(code, "typed");
    form.elements.code.value = "";
    form.elements.code.focus();
  });
  box.querySelector("[data-queue-send]").addEventListener("click", () => flush(true));
  addEventListener("online", () => flush(true));
  addEventListener("storage", (event) => { if (event.key === KEY) { load(); show(); } });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) flush(); });
  load();
  show();
  flush(true);
})();
