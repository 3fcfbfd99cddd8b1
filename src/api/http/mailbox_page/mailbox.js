// Updates the list of emails, and makes the copy buttons work. The page works without it, too.
"use strict";

/** How often the list is updated, in milliseconds. */
const INTERVAL = 2000;

async function refresh() {
  if (!document.hidden) {
    const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
    if (answer?.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  }
  setTimeout(refresh, INTERVAL);
}

function show(page) {
  for (const selector of ["#mails", ".empty"]) {
    const [now, next] = [document.querySelector(selector), page.querySelector(selector)];
    if (now && next && now.innerHTML !== next.innerHTML) {
      const focused = now.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      now.innerHTML = next.innerHTML;
      if (focused) [...now.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
    }
  }
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
}

setTimeout(refresh, INTERVAL);
