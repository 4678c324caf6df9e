// Small behaviours of the pages, by data- attributes, so that parts that htmx brings in later have them too.
(() => {
  const root = document.documentElement;

  // Colours: as the browser prefers, light, dark.
  const WORDS = { auto: "Colours: as the browser prefers", light: "Colours: light", dark: "Colours: dark" };
  const ORDER = ["auto", "light", "dark"];
  const shown = () => root.dataset.colorMode || "auto";
  const toggle = document.querySelector("[data-theme-toggle]");
  const name = () => { toggle.setAttribute("aria-label", WORDS[shown()]); toggle.title = WORDS[shown()]; };
  if (toggle) {
    toggle.hidden = false;
    name();
    toggle.addEventListener("click", () => {
      const next = ORDER[(ORDER.indexOf(shown()) + 1) % ORDER.length];
      if (next === "auto") { delete root.dataset.colorMode; localStorage.removeItem("snapshots-colours"); }
      else { root.dataset.colorMode = next; localStorage.setItem("snapshots-colours", next); }
      name();
      flag(WORDS[next]);
    });
  }

  // A flag: a short word in the corner that goes away by itself and is read out.
  function flag(words, kind = "") {
    const made = document.createElement("div");
    made.className = `flag ${kind}`;
    made.textContent = words;
    document.getElementById("flags").append(made);
    setTimeout(() => made.remove(), 5000);
    return made;
  }

  document.addEventListener("click", (event) => {
    const within = (selector) => event.target.closest?.(selector);
    let found;
    if ((found = within("[data-opens]"))) document.getElementById(found.dataset.opens).showModal();
    else if ((found = within("[data-closes]"))) found.closest("dialog").close();
    else if ((found = within("[data-takes-out]"))) takeOut(found.closest(".tag"));
    else if ((found = within("[data-copies]"))) copy(found);
    // A click beside an open menu closes it.
    for (const menu of document.querySelectorAll("details.switcher[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.switcher[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  async function copy(button) {
    const source = document.getElementById(button.dataset.copies);
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      flag("Copied");
    } catch {
      getSelection().selectAllChildren(source);
      flag("Press Ctrl+C to copy");
    }
  }

  // Focus goes to the next tag, or to what `data-focus-after` of the list names, never to nowhere.
  function takeOut(tag) {
    const list = tag.parentElement;
    const next = tag.nextElementSibling ?? tag.previousElementSibling;
    tag.remove();
    const target = next?.querySelector("[data-takes-out]") ?? document.getElementById(list.dataset.focusAfter ?? "");
    target?.focus();
    list.dispatchEvent(new CustomEvent("taken-out", { bubbles: true }));
  }

  // A form that is on its way is not sent a second time: a double click starts one backup, not two.
  const onItsWay = (form) => form.dataset.sending !== undefined;
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (onItsWay(form)) { event.preventDefault(); event.stopImmediatePropagation(); }
    else form.dataset.sending = "";
  }, true);
  const settle = (within) => { for (const form of within.querySelectorAll("form[data-sending]")) delete form.dataset.sending; };
  // After the way back, and when the answer is a file or nothing, the page is as before and its forms may be sent again.
  addEventListener("pageshow", () => settle(document));
  document.addEventListener("htmx:error", () => settle(document));
  document.addEventListener("htmx:after:request", (event) => {
    const { sourceElement, response } = event.detail.ctx;
    // Until the browser is on the next page, the button still does nothing.
    if (sourceElement?.matches?.("form") && !response?.headers?.get?.("HX-Redirect")) delete sourceElement.dataset.sending;
  });

  // What an act brought in is shown, however far down the page its button is. What merely asks again moves nothing.
  document.addEventListener("htmx:after:request", (event) => {
    const { sourceElement, target } = event.detail.ctx;
    if (!sourceElement?.matches?.("form[method=post]") || !target?.isConnected) return;
    setTimeout(() => target.scrollIntoView({ block: "nearest" }), 50);
  });

  // Dialogs that htmx brings in open themselves, and close when what they asked for is done.
  document.addEventListener("htmx:after:swap", () => {
    for (const asked of document.querySelectorAll("dialog[data-opens-itself]:not([open])")) {
      asked.removeAttribute("data-opens-itself");
      asked.showModal();
    }
  });
  document.addEventListener("htmx:after:request", (event) => {
    const { sourceElement, response } = event.detail.ctx;
    const asked = sourceElement?.closest?.("dialog");
    if (!asked || !response || response.status >= 400) return;
    const next = sourceElement.dataset.closesAfter;
    asked.close();
    if (next) setTimeout(() => document.getElementById(next)?.focus(), 50);
  });

  // Moments in the reader's own time zone; the exact one in UTC stays in the title.
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  function localTimes(within) {
    for (const time of within.querySelectorAll("time[datetime]:not([title])")) {
      time.title = time.textContent;
      time.textContent = local.format(new Date(time.dateTime));
    }
  }
  localTimes(document);
  document.addEventListener("htmx:after:swap", () => localTimes(document));

  // What a part of a page wants said (HX-Trigger: said).
  document.addEventListener("said", (event) => flag(event.detail.words));

  // A server that is away is said once, and once more when it is back.
  let away = null;
  document.addEventListener("htmx:error", () => {
    away ??= flag("The server does not answer. Trying again…", "error");
  });
  document.addEventListener("htmx:after:request", () => {
    if (away) { away.remove(); away = null; flag("The server answers again."); }
  });

  window.snapshots = { flag };
})();
