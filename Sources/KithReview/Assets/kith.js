// What helps where there are scripts; everything works without them.
"use strict";

// A form with changes asks before the page is left, and is sent once.
for (const form of document.querySelectorAll("form[data-edit]")) {
  let changed = false;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", (event) => {
    changed = false;
    const button = event.submitter;
    // After the browser has taken the button's value.
    if (button) setTimeout(() => { button.disabled = true; }, 0);
  });
  window.addEventListener("beforeunload", (event) => {
    if (changed) event.preventDefault();
  });
}

// A page that comes out of the browser's memory may be of yesterday: load it again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
