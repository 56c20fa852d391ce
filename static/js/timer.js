// Counts a task's clock down and says when little is left. Without it: the page names the moment at which the time ends.
(() => {
  "use strict";
  const box = document.querySelector("[data-seconds-left]");
  const shown = box?.querySelector("[data-clock]");
  if (!shown) return;
  const portal = window.portal || { say() {} };
  const ANNOUNCED = [30, 10, 5, 1];
  const left = Number(box.dataset.secondsLeft);
  // By the time since the page came: the clock of this machine may be wrong, and it may sleep.
  const began = performance.now(), beganWall = Date.now();
  let said = Math.ceil(left / 60) + 1;

  const plural = (n) => `${n} minute${n === 1 ? "" : "s"}`;

  function tick() {
    const passed = Math.max(performance.now() - began, Date.now() - beganWall) / 1000;
    const minutes = Math.ceil((left - passed) / 60);
    if (minutes <= 0) {
      shown.textContent = "Your time has ended. What was saved is handed in.";
      portal.say(shown.textContent, true);
      return clearInterval(timer);
    }
    shown.textContent = navigator.onLine
      ? `${plural(minutes)} left`
      : `${plural(minutes)} left. No connection: your text is kept here and sent when you are back; the clock runs on.`;
    const due = ANNOUNCED.find((n) => minutes <= n && said > n);
    if (due) portal.say(`${plural(minutes)} left`, true);
    said = Math.min(said, minutes);
    return undefined;
  }

  shown.removeAttribute("role");
  const timer = setInterval(tick, 1000);
  window.addEventListener("online", tick);
  window.addEventListener("offline", tick);
  tick();
})();
