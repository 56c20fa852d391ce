// Times in the reader's zone, bands when a request fails, focus after a swap. Without it: nothing breaks, dates stand in UTC or the profile's zone.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("has-script");

  // --- Times -------------------------------------------------------------------------------------------------------
  const zone = document.body.dataset.zone || Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  // Browsers still answer with names that the places have given up.
  const renamed = { Calcutta: "Kolkata", Katmandu: "Kathmandu", Kiev: "Kyiv", Rangoon: "Yangon", Saigon: "Ho Chi Minh" };
  const last = zone.split("/").pop();
  const place = renamed[last] || last.replaceAll("_", " ");

  function ownTime(moment) {
    const parts = {};
    for (const part of new Intl.DateTimeFormat("en-GB", {
      timeZone: zone, weekday: "short", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", hour12: false,
    }).formatToParts(moment)) parts[part.type] = part.value;
    return `${parts.weekday} ${parts.day} ${parts.month}, ${parts.hour.replace("24", "00")}:${parts.minute} ${place}`;
  }

  function showOwnTime(scope) {
    if (document.body.dataset.zone) return;
    for (const time of scope.querySelectorAll("time[data-local]")) {
      const moment = new Date(time.dateTime);
      const official = time.querySelector(".deadline-official");
      if (isNaN(moment) || (zone === "UTC" && official && official.textContent.includes("UTC"))) continue;
      let own = time.querySelector(".deadline-own");
      if (!own) {
        own = document.createElement("span");
        own.className = "deadline-own";
        if (official) official.after(" ", own); else time.append(" ", own);
      }
      // The end of a day is written as its last minute, 23:59, and so is the same instant elsewhere.
      const endsDay = official && official.textContent.includes("23:59") && moment.getUTCMinutes() % 15 === 0;
      own.textContent = `your time ${ownTime(endsDay ? new Date(moment - 60000) : moment)}`;
    }
  }

  // The server's clock counts (it may be moved in the demo): remember how far this computer's clock is from it.
  const served = Date.parse(document.querySelector(".demo-bar time")?.dateTime || "");
  const drift = isNaN(served) ? 0 : served - Date.now();

  function showTimeLeft() {
    for (const time of document.querySelectorAll("time[data-left]")) {
      const minutes = Math.floor((Date.parse(time.dateTime) - Date.now() - drift) / 60000);
      const left = time.querySelector(".deadline-left");
      if (!left || isNaN(minutes)) continue;
      const hours = Math.floor(minutes / 60);
      time.classList.toggle("deadline--soon", minutes >= 0 && hours < 24);
      if (minutes < 0) {
        left.textContent = "closed";
        time.classList.add("deadline--closed");
      } else if (hours >= 24) left.textContent = `${Math.floor(hours / 24)} d ${hours % 24} h left`;
      else left.textContent = hours ? `${hours} h ${minutes % 60} min left` : `${minutes} min left`;
    }
  }

  // --- Bands and the status line -------------------------------------------------------------------------------------
  function band(name) {
    const template = document.getElementById(`band-${name}`);
    if (!template || document.querySelector(`[data-band="${name}"]`)) return;
    clearBands();
    document.getElementById("main")?.prepend(template.content.cloneNode(true));
  }

  function clearBands() {
    for (const shown of document.querySelectorAll("[data-band]")) shown.remove();
  }

  // What stands elsewhere on the page already is only spoken: a second line would move everything down.
  function say(text, isSeen = false) {
    const status = document.getElementById("status");
    if (!status) return;
    status.classList.toggle("visually-hidden", isSeen);
    status.textContent = text;
  }

  window.portal = { band, clearBands, say };

  document.addEventListener("htmx:responseError", (event) => {
    const code = event.detail.xhr.status;
    band(code === 401 ? "signed-out" : "error");
  });
  document.addEventListener("htmx:sendError", () => band("offline"));

  // --- After a swap: focus returns to the control that was used, else goes to the error summary or the new heading ---
  let used = null;
  document.addEventListener("htmx:beforeRequest", (event) => {
    const active = document.activeElement;
    const cause = event.detail.requestConfig?.triggeringEvent;
    const isByPerson = /^(click|submit|change|input|search|key)/.test(cause?.type || "");
    used = isByPerson && { id: active && active !== document.body ? active.id : "", submitter: cause.submitter?.id };
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const region = event.detail.elt;
    clearBands();
    showOwnTime(document);
    speakProgress(region);
    if (!used) return;
    const summary = region.matches?.("[data-focus]") ? region : region.querySelector?.("[data-focus]");
    if (summary) return summary.focus();
    const active = document.activeElement;
    if (active && active !== document.body && active.isConnected && !active.disabled) return;
    const again = document.getElementById(used.submitter || used.id || "");
    if (again && !again.disabled) return again.focus();
    const heading = region.querySelector?.("h1");
    if (!heading) return;
    heading.tabIndex = -1;
    heading.focus();
  });

  // A job's bar moves every two seconds; a voice hears its quarters and its end.
  let quarter = 0;
  function speakProgress(region) {
    const bar = region.matches?.(".job") && region.querySelector("progress");
    if (!bar) return;
    const now = Math.floor((4 * bar.value) / bar.max);
    if (now !== quarter || !region.hasAttribute("hx-get")) say(region.querySelector(".job-line")?.textContent || "");
    quarter = now;
  }

  // --- Refresh of a region or a page that waits: data-autorefresh="seconds" -------------------------------------------
  function startRefresh() {
    const waiting = document.querySelector("[data-autorefresh]");
    const seconds = Number(waiting?.dataset.autorefresh);
    if (!seconds) return;
    setTimeout(() => {
      const typing = document.activeElement?.matches("input, textarea, select");
      if (document.hidden || typing) startRefresh(); else location.reload();
    }, seconds * 1000);
  }

  // --- Menus close by Escape, by a click elsewhere, and when another opens --------------------------------------------
  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
  }
  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details.menu[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });

  // --- Forms: a filter form sends itself on change; an ordinary form is sent once -------------------------------------
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form?.hasAttribute("data-submit-on-change") && !form.hasAttribute("hx-get")) form.requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
    setTimeout(() => delete form.dataset.sent, 4000);
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  showOwnTime(document);
  showTimeLeft();
  setInterval(showTimeLeft, 60000);
  startRefresh();
  document.querySelector("[data-focus]")?.focus();
})();
