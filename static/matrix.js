// The permission matrix of a role: rows and columns that tick at once, a search, a count. Loaded after admin.js.
"use strict";

function setUpMatrix(matrix) {
  const boxes = $$("input[name=permissions]", matrix);
  const rows = $$("tbody tr", matrix);
  const groups = $$("[data-matrix-group]", matrix);
  const search = $("[data-matrix-search]", matrix);
  const grantedOnly = $("[data-matrix-granted]", matrix);
  const count = $("[data-matrix-count]", matrix);
  // Codes and descriptions of a row, for the search: "resource:action" and what a box's tooltip says.
  const textOf = (row) => $$("input, label", row).map((part) => part.value ?? part.title).join(" ").toLowerCase();
  const texts = new Map(rows.map((row) => [row, textOf(row)]));
  const isWildcard = (box) => box.value.endsWith("*");

  function toggle(group) {
    const free = group.filter((box) => !box.disabled && !isWildcard(box));
    const tick = free.some((box) => !box.checked);
    for (const box of free) box.checked = tick;
    free[0]?.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function refresh(event) {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) {
      const matches = words.every((word) => texts.get(row).includes(word));
      row.hidden = !matches || (grantedOnly.checked && !$("input:checked", row));
    }
    const looking = event && [search, grantedOnly].includes(event.target);
    for (const group of groups) {
      group.hidden = !$("tbody tr:not([hidden])", group);
      if (looking) group.open = !group.hidden && (words.length > 0 || grantedOnly.checked);
    }
    count.textContent = boxes.filter((box) => box.checked).length;
    $("[data-matrix-none]", matrix).hidden = rows.some((row) => !row.hidden);
  }

  // Without JavaScript the names of rows and columns send the form, and the server does this.
  matrix.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=toggle]");
    if (!button) return;
    event.preventDefault();
    const [, action] = button.value.split("/*:");
    if (action === undefined) return toggle($$("input[name=permissions]", button.closest("tr")));
    const shown = $$("tbody tr:not([hidden]) input[name=permissions]", button.closest("table"));
    toggle(shown.filter((box) => box.value.endsWith(":" + action)));
  });
  // Enter in the search box would send the whole role.
  search.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  for (const name of ["input", "change"]) matrix.addEventListener(name, refresh);
  refresh();
}

$$("[data-matrix]").forEach(setUpMatrix);
