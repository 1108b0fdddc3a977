// The camera as a scanner, where the phone can do it. Where it can't (no HTTPS, an old WebView, an iPhone) the
// button stays hidden and the code is typed; WeChat's own scanner opens a label's address anyway.
//
// <div data-scan="box"                 the block; `box` is the id of the input or textarea for codes
//      data-own="https://zw.…"         our own address: only labels of /q/CODE there are followed
//      data-many                       go on after a code, one per line; without it the form is sent
//      data-wrong-words data-read-words data-blocked-words>  sentences for [data-scan-said]
//   <button data-scan-start hidden> <div data-scan-view hidden><video playsinline muted> <button data-scan-stop></div>
//   <p role="status" data-scan-said>
//
// Each code read, by camera or by a Bluetooth scanner that types it with Enter, is announced as the event
// `zongwu:scan` with detail.code on the box; preventDefault() keeps the code out of the box.
"use strict";
(() => {
  if (window.zongwuScan) return;
  window.zongwuScan = true;
  const CODE = /^[0-9A-HJKMNP-TV-Z]{8}$/;
  const PAUSE = 1500; // milliseconds in which the same label is not read twice

  // The code of a text that a camera or scanner read: one of our addresses, or the bare code. Else null.
  function codeOf(text, own) {
    text = text.trim();
    const bare = text.toUpperCase().replace(/[\s-]/g, "");
    if (CODE.test(bare)) return bare;
    let address, home;
    try { address = new URL(text); home = new URL(own); } catch (_) { return null; }
    if (address.host !== home.host && address.host !== location.host) return null;
    const found = /\/q\/([^/]+)\/?$/i.exec(address.pathname);
    return found && CODE.test(found[1].toUpperCase()) ? found[1].toUpperCase() : null;
  }

  function start(block) {
    if (block.dataset.ready !== undefined) return;
    block.dataset.ready = "";
    const box = document.getElementById(block.dataset.scan);
    if (!box) return;
    const many = block.dataset.many !== undefined;
    const part = (name) => block.querySelector(`[data-scan-${name}]`);
    const video = block.querySelector("video");
    const say = (words) => { part("said").textContent = words; };
    let stream = null, detector = null, last = "", lastAt = 0;

    function take(code) {
      const event = new CustomEvent("zongwu:scan", { bubbles: true, cancelable: true, detail: { code } });
      if (!box.dispatchEvent(event)) return;
      const codes = box.value.split(/\s+/).filter(Boolean);
      if (!many) box.value = code;
      else if (!codes.includes(code)) box.value = [...codes, code].join("\n");
      box.dispatchEvent(new Event("input", { bubbles: true }));
      say(`${block.dataset.readWords} ${code.slice(0, 4)} ${code.slice(4)}`);
      if (navigator.vibrate) navigator.vibrate(60);
      if (!many && box.form) { stop(); if (box.form.requestSubmit) box.form.requestSubmit(); else box.form.submit(); }
    }

    // A Bluetooth scanner is a keyboard: it types the whole address and Enter.
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      const words = box.value.slice(0, box.selectionStart === null ? undefined : box.selectionStart).split(/\s+/);
      const typed = words[words.length - 1];
      const code = typed && codeOf(typed, block.dataset.own);
      if (typed && !code && typed.includes("/")) { event.preventDefault(); say(block.dataset.wrongWords); box.select(); return; }
      if (!code) return;
      if (many) { event.preventDefault(); box.value = box.value.replace(typed, "").trim(); take(code); box.value += "\n"; }
      else { box.value = code; box.dispatchEvent(new CustomEvent("zongwu:scan", { bubbles: true, detail: { code } })); }
    });

    function stop() {
      if (stream) stream.getTracks().forEach((track) => track.stop());
      stream = null;
      part("view").hidden = true;
      part("start").hidden = !detector;
    }
    async function look() {
      if (!stream) return;
      let found = [];
      try { found = video.readyState >= 2 ? await detector.detect(video) : []; } catch (_) { blocked(); return; }
      for (const each of found) {
        const code = codeOf(each.rawValue, block.dataset.own);
        if (!code) { say(block.dataset.wrongWords); continue; }
        if (code === last && Date.now() - lastAt < PAUSE) { lastAt = Date.now(); continue; }
        last = code; lastAt = Date.now();
        take(code);
      }
      if (stream) setTimeout(look, 120);
    }
    function blocked() { detector = null; stop(); say(block.dataset.blockedWords); box.focus(); }
    async function open() {
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
        video.srcObject = stream;
        part("view").hidden = false;
        part("start").hidden = true;
        await video.play();
      } catch (_) { blocked(); return; }
      look();
    }
    part("start").addEventListener("click", open);
    part("stop").addEventListener("click", stop);
    addEventListener("pagehide", stop);
    document.addEventListener("visibilitychange", () => { if (document.hidden) stop(); });
    usable().then((ready) => { detector = ready; part("start").hidden = !ready; });
  }

  // A detector that exists and works: some phones have the name without the thing.
  async function usable() {
    if (!window.isSecureContext || !navigator.mediaDevices || !("BarcodeDetector" in window)) return null;
    try {
      const kinds = await BarcodeDetector.getSupportedFormats();
      if (!kinds.includes("qr_code")) return null;
      const detector = new BarcodeDetector({ formats: ["qr_code"] });
      await detector.detect(document.createElement("canvas"));
      return detector;
    } catch (_) { return null; }
  }

  function startAll() { document.querySelectorAll("[data-scan]").forEach(start); }
  addEventListener("DOMContentLoaded", startAll);
  addEventListener("htmx:afterSettle", startAll);
  startAll();
})();
