"use strict";
// Single keys count only while a row of the queue is in focus, so that they never take what somebody types.
const list = document.getElementById("work");
if (list) {
  const links = [...list.querySelectorAll("h2 a")];
  const hint = document.querySelector(".work__keys");
  if (hint) hint.hidden = false;
  links[0].focus();

  const press = (row, note) => {
    const box = row.querySelector("input[name=item]");
    const button = document.querySelector(`button[name=note][value=${note}]`);
    if (!box || !button) return;
    // What was ticked before is meant too; with nothing ticked, the row in focus.
    if (!list.querySelector("input[name=item]:checked")) box.checked = true;
    button.click();
  };

  list.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = event.target.closest("li");
    const at = links.indexOf(row.querySelector("h2 a"));
    switch (event.key) {
      case "j": links[Math.min(at + 1, links.length - 1)].focus(); break;
      case "k": links[Math.max(at - 1, 0)].focus(); break;
      case "x": { const box = row.querySelector("input[name=item]"); if (box) box.checked = !box.checked; break; }
      case "t": press(row, "take"); break;
      case "z": press(row, "tomorrow"); break;
      default: return;
    }
    event.preventDefault();
  });
}
