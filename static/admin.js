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
  $("#toasts").append(toast);
  dismissLater(toast);
}

// The server asks for a toast with the header HX-Trigger: {"toast": {"kind": ..., "text": ...}}.
document.addEventListener("toast", (event) => showToast(event.detail.kind, event.detail.text));
document.addEventListener("htmx:response:error", (event) => {
  if (event.detail.ctx.response.status >= 500) showToast("error", document.body.dataset.failed);
});
document.addEventListener("htmx:error", () => showToast("error", document.body.dataset.offline));

// --- Confirmations ------------------------------------------------------------------------------
// A link to a confirmation page brings that page's form into the dialog instead.
document.addEventListener("htmx:after:swap", () => {
  const dialog = $("#dialog");
  if (dialog && !dialog.open && dialog.childElementCount) dialog.showModal();
});

function closeDialog(dialog) {
  dialog.close();
  dialog.replaceChildren();
}

// --- Clicks and keys ----------------------------------------------------------------------------
document.addEventListener("click", (event) => {
  const dialog = $("#dialog");
  const close = event.target.closest("[data-close]");
  if (event.target === dialog || (close && dialog?.contains(close))) {
    event.preventDefault();
    closeDialog(dialog);
    return;
  }
  if (close) close.closest(".toast")?.remove();

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

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = $("main input[type=search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  }
  if (event.key === "Escape") {
    for (const menu of $$("details[data-menu][open]")) {
      menu.open = false;
      $("summary", menu).focus();
    }
  }
});

// --- The permission matrix ----------------------------------------------------------------------
function setUpMatrix(matrix) {
  const boxes = $$("input[name=permissions]", matrix);
  const rows = $$("tbody tr", matrix);
  const search = $("[data-matrix-search]", matrix);
  const grantedOnly = $("[data-matrix-granted]", matrix);
  const count = $("[data-matrix-count]", matrix);
  // Codes and descriptions of a row, for the search: "resource:action" and what a box's tooltip says.
  const textOf = (row) => $$("input, label", row).map((part) => part.value ?? part.title).join(" ").toLowerCase();
  const texts = new Map(rows.map((row) => [row, textOf(row)]));

  function toggle(group) {
    const free = group.filter((box) => !box.disabled);
    const tick = free.some((box) => !box.checked);
    for (const box of free) box.checked = tick;
    free[0]?.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function refresh() {
    const wanted = search.value.trim().toLowerCase();
    for (const row of rows) {
      const matches = texts.get(row).includes(wanted);
      row.hidden = !matches || (grantedOnly.checked && !$("input:checked", row));
    }
    count.textContent = boxes.filter((box) => box.checked).length;
    $("[data-matrix-none]", matrix).hidden = rows.some((row) => !row.hidden);
  }

  for (const button of $$("[data-toggle-row]", matrix)) {
    button.addEventListener("click", () => toggle($$("input[name=permissions]", button.closest("tr"))));
  }
  for (const button of $$("[data-toggle-column]", matrix)) {
    const shown = (box) => box.value.endsWith(":" + button.dataset.toggleColumn) && !box.closest("tr").hidden;
    button.addEventListener("click", () => toggle(boxes.filter(shown)));
  }
  // Enter in the search box would send the whole role.
  search.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  for (const name of ["input", "change"]) matrix.addEventListener(name, refresh);
  refresh();
}

// --- The browser's time zone ---------------------------------------------------------------------
// No header tells it: the server reads it from this cookie, and shows times in it from the next page on.
const { zoneCookie } = document.documentElement.dataset;
const secure = zoneCookie?.startsWith("__") ? "; secure" : "";
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zoneCookie && zone) document.cookie = `${zoneCookie}=${zone}; path=/; max-age=31536000; samesite=lax${secure}`;

// --- Start --------------------------------------------------------------------------------------
$$(".toast").forEach(dismissLater);
$$("[data-matrix]").forEach(setUpMatrix);
$("[data-error-summary]")?.focus();
document.documentElement.dataset.js = "";
