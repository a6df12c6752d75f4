// What the pages gain when JavaScript runs. Every page works without this file.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// --- Toasts -------------------------------------------------------------------------------------
const TOAST_MS = 6000;

function dismissLater(toast) {
  // Errors stay until they are closed: a message that vanishes unread helps nobody.
  if (toast.dataset.kind !== "error") setTimeout(() => toast.remove(), TOAST_MS);
}

function showToast(kind, text) {
  const toast = $("#toast").content.firstElementChild.cloneNode(true);
  toast.dataset.kind = kind;
  $("[data-text]", toast).textContent = text;
  const toasts = $("#toasts");
  // Above an open dialog nothing is seen, and nothing beside it is heard: the message goes into it.
  const dialog = $("dialog[open]");
  if (dialog) dialog.append(toasts);
  toasts.append(toast);
  dismissLater(toast);
}

// The server asks for a toast with the header HX-Trigger: {"toast": {"kind": ..., "text": ...}}.
document.addEventListener("toast", (event) => showToast(event.detail.kind, event.detail.text));
document.addEventListener("htmx:response:error", (event) => {
  if (event.detail.ctx.response.status >= 500) showToast("error", document.body.dataset.failed);
});
document.addEventListener("htmx:error", () => showToast("error", document.body.dataset.offline));

// --- Confirmations ------------------------------------------------------------------------------
// A link to a confirmation page ([data-dialog]) brings that page's form into the dialog instead.
document.addEventListener("htmx:after:swap", () => {
  const dialog = $("#dialog");
  if (dialog && !dialog.open && dialog.childElementCount) dialog.showModal();
});

for (const dialog of $$("dialog")) {
  dialog.addEventListener("close", () => {
    $("#main").append($("#toasts"));
    // However it was closed: what is left in it would open it again at the next swap.
    if (dialog.id === "dialog") dialog.replaceChildren();
  });
}

// --- Clicks and keys ----------------------------------------------------------------------------
document.addEventListener("click", (event) => {
  const close = event.target.closest("[data-close]");
  const toast = close?.closest(".toast");
  const dialog = close ? close.closest("dialog") : event.target.closest("dialog");
  if (toast) toast.remove();
  // Beside the sheet, a click lands on the dialog itself.
  else if (dialog && (close || event.target === dialog)) {
    event.preventDefault();
    dialog.close();
    return;
  }
  // With a key held, a link opens elsewhere.
  if (!event.ctrlKey && !event.metaKey && !event.shiftKey) {
    const link = event.target.closest("a[data-dialog]");
    if (link && window.htmx) {
      event.preventDefault();
      htmx.ajax("GET", link.href, { source: link, target: "#dialog" });
    }
    if (event.target.closest("[data-palette]")) {
      event.preventDefault();
      openPalette();
    }
  }

  const toggle = event.target.closest("[data-show-password]");
  if (toggle) {
    const input = document.getElementById(toggle.getAttribute("aria-controls"));
    const show = input.type === "password";
    input.type = show ? "text" : "password";
    toggle.setAttribute("aria-pressed", String(show));
  }

  // An open menu closes when the user clicks elsewhere.
  for (const menu of $$("details[data-menu][open]")) if (!menu.contains(event.target)) menu.open = false;
});

// Single keys can be turned off (WCAG 2.2, 2.1.4): whoever speaks to the computer presses them by accident.
const SINGLE_KEYS = "admin-auth-single-keys";

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]");
  const held = event.ctrlKey || event.metaKey || event.altKey;
  if (!typing && !held && !$("dialog[open]") && localStorage.getItem(SINGLE_KEYS) !== "off") {
    const search = $("main input[type=search]");
    if (event.key === "/" && search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
    if (event.key === "?") $("[data-keys]")?.click();
  }
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && palette) {
    event.preventDefault();
    if (palette.open) palette.close();
    else openPalette();
  }
  if (event.key === "Escape") {
    for (const menu of $$("details[data-menu][open]")) {
      menu.open = false;
      $("summary", menu).focus();
    }
  }
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-single-keys]")) {
    localStorage.setItem(SINGLE_KEYS, event.target.checked ? "on" : "off");
  }
});
document.addEventListener("htmx:after:swap", showSingleKeys);

function showSingleKeys() {
  const box = $("[data-single-keys]");
  if (box) box.checked = localStorage.getItem(SINGLE_KEYS) !== "off";
}

// --- The palette --------------------------------------------------------------------------------
// A combobox over a list that the server makes: the focus stays in the box, aria-activedescendant tells which is chosen.
const palette = $("#palette");
const paletteBox = palette && $("input", palette);

function openPalette() {
  if (palette.open) return;
  $("#menu")?.hidePopover();
  palette.showModal();
  paletteBox.select();
  // On a busy machine the key can be faster than htmx, which starts a moment after this script.
  htmx.process(paletteBox);
  paletteBox.dispatchEvent(new Event("input", { bubbles: true }));
}

function choose(option) {
  for (const other of $$("[role=option]", palette)) other.setAttribute("aria-selected", String(other === option));
  if (option) {
    paletteBox.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else {
    paletteBox.removeAttribute("aria-activedescendant");
  }
}

function setUpPalette() {
  const options = () => $$("a[role=option]", palette);
  const chosen = () => $("[aria-selected=true]", palette);
  // What is listed belongs to what was typed before: until the answer is there, Enter searches for the words themselves.
  paletteBox.addEventListener("input", () => choose(null));
  palette.addEventListener("htmx:after:swap", () => {
    paletteBox.setAttribute("aria-expanded", "true");
    choose(paletteBox.value ? options()[0] : null);
  });
  paletteBox.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const all = options();
    if (step && all.length) {
      event.preventDefault();
      const at = all.indexOf(chosen());
      choose(all[at < 0 && step < 0 ? all.length - 1 : (at + step + all.length) % all.length]);
    }
    if (event.key === "Enter" && chosen()) {
      event.preventDefault();
      chosen().click();
    }
  });
}

// --- Selecting rows of a list -------------------------------------------------------------------
function refreshTicks(list) {
  const rows = $$("input[name=id]", list);
  const page = $("[data-tick-page]", list);
  const ticked = rows.filter((box) => box.checked).length;
  page.checked = ticked > 0 && ticked === rows.length;
  page.indeterminate = ticked > 0 && ticked < rows.length;
  const text = $("[data-ticked]", list);
  text.textContent = text.dataset.ticked.replace("#", ticked);
}

document.addEventListener("change", (event) => {
  const list = event.target.closest("[data-bulk]");
  if (!list) return;
  const all = $("input[name=all]", list);
  if (event.target === all || event.target.matches("[data-tick-page]")) {
    for (const box of $$("input[name=id]", list)) box.checked = event.target.checked;
  }
  // A row that is left out is not "all"; neither is a page.
  if (event.target.name === "id" || event.target.matches("[data-tick-page]")) all.checked = false;
  refreshTicks(list);
});

// Other rows match now: "all" was said about those before.
document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.target?.closest("dialog")) return;
  for (const list of $$("#results [data-bulk]")) {
    $("input[name=all]", list).checked = false;
    refreshTicks(list);
  }
});

// The answer to this form is a file: the page stays, and with it the dialog would.
document.addEventListener("submit", (event) => {
  if (event.target.matches("#dialog [data-download]")) setTimeout(() => $("#dialog").close());
});

// --- The browser's time zone ---------------------------------------------------------------------
// No header tells it: the server reads it from this cookie, and shows times in it from the next page on.
const { zoneCookie } = document.documentElement.dataset;
const secure = zoneCookie?.startsWith("__") ? "; secure" : "";
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zoneCookie && zone) document.cookie = `${zoneCookie}=${zone}; path=/; max-age=31536000; samesite=lax${secure}`;

// --- Start --------------------------------------------------------------------------------------
$$(".toast").forEach(dismissLater);
if (palette) setUpPalette();
showSingleKeys();
$$("[data-bulk]").forEach(refreshTicks);
$("[data-error-summary]")?.focus();
document.documentElement.dataset.js = "";
