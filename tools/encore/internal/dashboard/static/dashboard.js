"use strict";

// The log page: new lines come by server-sent events, as rows that the server has made.
const log = document.querySelector("[data-log]");
if (log) {
  const body = log.querySelector("tbody");
  const pause = document.querySelector("[data-pause]");
  const stream = new EventSource("/logs/stream?" + log.dataset.log);
  let paused = [];
  const show = (row) => {
    body.insertAdjacentHTML("afterbegin", row);
    while (body.rows.length > 500) body.rows[500].remove();
  };
  stream.onmessage = (event) => {
    document.querySelector("[data-empty]")?.remove();
    if (pause.getAttribute("aria-pressed") === "true") paused.push(event.data);
    else show(event.data);
    if (paused.length > 500) paused.shift();
  };
  pause.hidden = false;
  pause.addEventListener("click", () => {
    const on = pause.getAttribute("aria-pressed") !== "true";
    pause.setAttribute("aria-pressed", String(on));
    pause.textContent = on ? "Go on" : "Pause";
    if (!on) {
      paused.forEach(show);
      paused = [];
    }
  });
}

// What the auth handler reads is the same for all endpoints, so it is kept while the window is open.
for (const input of document.querySelectorAll("[data-auth]")) {
  const key = "auth:" + input.name;
  if (input.value === "") input.value = sessionStorage.getItem(key) ?? "";
  input.addEventListener("input", () => sessionStorage.setItem(key, input.value));
}

// A choice that takes effect at once, and the key to send what is being written.
for (const select of document.querySelectorAll("[data-go]")) {
  select.addEventListener("change", () => { location.search = "?method=" + encodeURIComponent(select.value); });
}
for (const area of document.querySelectorAll("form textarea")) {
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) area.form.requestSubmit();
  });
}
