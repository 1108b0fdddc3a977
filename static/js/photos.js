// Photos on a form: shrunk before they travel, shown as thumbnails, gathered over several shots.
// Without this file the two file inputs of the block are sent as they are, and the server does the shrinking.
//
// <div data-photos="name"             the block; `name` is the field's name
//      data-most="4"                  how many photos at most
//      data-most-words="…"            said when more are chosen
//      data-sending-words="…">        said while the form is sent
//   <template>                        the button on a thumbnail that takes it away
//   <div data-photo-list>             thumbnails; those kept from an earlier try are .photo-kept with a checkbox
//   <input type="file" name="name">   one for the camera, one for the album
"use strict";
(() => {
  if (window.zongwuPhotos) return;
  window.zongwuPhotos = true;
  const SIDE = 1600, SMALL_ENOUGH = 400 * 1024;
  // Browsers without this draw a picture as the sensor lay; the server turns it by its notes instead.
  const upright = window.CSS && CSS.supports && CSS.supports("image-orientation", "from-image");

  function gathers() {
    try { return new DataTransfer().items.add(new File([""], "x")) !== null; } catch (_) { return false; }
  }

  function load(file) {
    return new Promise((done, failed) => {
      const image = new Image();
      image.onload = () => done(image);
      image.onerror = failed;
      image.src = URL.createObjectURL(file);
    });
  }

  // A JPEG of at most SIDE pixels, or the file itself where the browser can't make one (HEIC on Android).
  async function shrink(file) {
    if (!upright || file.size < SMALL_ENOUGH) return file;
    let image;
    try { image = await load(file); } catch (_) { return file; }
    const scale = Math.min(1, SIDE / Math.max(image.naturalWidth, image.naturalHeight));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.naturalWidth * scale);
    canvas.height = Math.round(image.naturalHeight * scale);
    const pen = canvas.getContext("2d");
    URL.revokeObjectURL(image.src);
    if (!pen || !canvas.width) return file;
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    if (!blob || blob.size >= file.size) return file;
    return new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" });
  }

  function start(block) {
    if (block.dataset.ready !== undefined) return;
    block.dataset.ready = "";
    const list = block.querySelector("[data-photo-list]");
    const buttons = [...block.querySelectorAll("input[type=file]")];
    const said = Object.assign(document.createElement("p"), { className: "hint" });
    said.setAttribute("role", "status");
    block.append(said);
    if (!list || !gathers()) return;

    // What is sent is this hidden input; the two buttons only feed it.
    const sent = Object.assign(document.createElement("input"), { type: "file", name: block.dataset.photos, multiple: true, hidden: true });
    buttons.forEach((button) => button.removeAttribute("name"));
    list.after(sent);
    let chosen = []; // {file, thumb}

    const most = Number(block.dataset.most) || 4;
    const left = () => most - chosen.length - list.querySelectorAll("[data-earlier]").length;
    function tidy() {
      const all = new DataTransfer();
      chosen.forEach((each) => all.items.add(each.file));
      sent.files = all.files;
      buttons.forEach((button) => { button.disabled = left() < 1; button.parentElement.setAttribute("aria-disabled", left() < 1); });
    }
    function remover(thumb, gone) {
      const button = block.querySelector("template").content.firstElementChild.cloneNode(true);
      button.addEventListener("click", () => { thumb.remove(); gone(); said.textContent = ""; tidy(); buttons[buttons.length - 1].focus(); });
      thumb.append(button);
    }
    function show(file) {
      const thumb = Object.assign(document.createElement("span"), { className: "photo-kept" });
      const image = Object.assign(new Image(88, 88), { className: "photo", alt: file.name });
      image.onload = () => URL.revokeObjectURL(image.src);
      image.src = URL.createObjectURL(file);
      thumb.append(image);
      list.append(thumb);
      return thumb;
    }
    async function add(file) {
      const each = { file, thumb: show(file) };
      chosen.push(each);
      remover(each.thumb, () => { chosen = chosen.filter((other) => other !== each); });
      tidy(); // the original is ready to be sent at once; the small one takes its place when it is made
      const small = await shrink(file);
      if (small !== file && chosen.includes(each)) { each.file = small; tidy(); }
    }

    list.querySelectorAll(".photo-kept").forEach((kept) => {
      const thumb = document.createElement("span");
      thumb.className = "photo-kept";
      thumb.dataset.earlier = "";
      const box = kept.querySelector("input");
      box.type = "hidden";
      thumb.append(kept.querySelector("img"), box);
      kept.replaceWith(thumb);
      remover(thumb, () => {});
    });
    buttons.forEach((button) => button.addEventListener("change", () => {
      const files = [...button.files];
      said.textContent = files.length > left() ? block.dataset.mostWords : "";
      files.slice(0, Math.max(left(), 0)).forEach(add);
      button.value = "";
    }));
    tidy();
    const form = block.closest("form");
    if (!form) return;
    form.addEventListener("submit", () => {
      if (!chosen.length) return;
      said.textContent = block.dataset.sendingWords;
      said.append(document.createElement("progress"));
    });
    form.addEventListener("htmx:xhr:progress", (event) => {
      const bar = said.querySelector("progress");
      if (bar && event.detail.lengthComputable) bar.value = event.detail.loaded / event.detail.total;
    });
    const quiet = () => { said.textContent = ""; };
    form.addEventListener("htmx:afterRequest", quiet);
    addEventListener("pageshow", quiet);
  }

  function startAll() { document.querySelectorAll("[data-photos]").forEach(start); }
  addEventListener("DOMContentLoaded", startAll);
  addEventListener("htmx:afterSettle", startAll);
  startAll();
})();
