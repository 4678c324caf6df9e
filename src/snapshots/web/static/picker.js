// The picker of spaces: checkboxes of what was found, and the chosen ones as tags, in step with each other.
(() => {
  const form = document.querySelector("[data-picker]");
  if (!form) return;
  const chosen = form.querySelector("[data-chosen]");
  const count = form.querySelector("[data-chosen-count]");
  const search = form.querySelector("[type=search]");
  const boxes = () => [...form.querySelectorAll("[data-picks]")];
  const tagOf = (key) => [...chosen.querySelectorAll("input")].find((input) => input.value === key)?.parentElement;

  function show() {
    const keys = new Set([...chosen.querySelectorAll("input")].map((input) => input.value));
    for (const box of boxes()) box.checked = keys.has(box.dataset.picks);
    count.textContent = keys.size === 0 ? "No space chosen" : keys.size === 1 ? "1 space chosen" : `${keys.size.toLocaleString("en")} spaces chosen`;
    form.querySelector("[data-needs-choice]").disabled = keys.size === 0;
    form.querySelector("[data-choose-none]").hidden = keys.size === 0;
  }

  function add(key, words) {
    const template = form.querySelector("template[data-tag]").content.firstElementChild.cloneNode(true);
    template.querySelector("input").value = key;
    template.querySelector("[data-tag-words]").textContent = words;
    template.querySelector("button").setAttribute("aria-label", `Take out ${words}`);
    chosen.append(template);
  }

  form.addEventListener("change", (event) => {
    const key = event.target.dataset?.picks;
    if (key === undefined) return;
    if (event.target.checked) add(key, event.target.dataset.words);
    else tagOf(key)?.remove();
    show();
  });
  // "Choose all found" brings a list that is to be chosen whole.
  function chooseThese() {
    const list = form.querySelector("[data-choose-these]");
    if (!list) return;
    list.removeAttribute("data-choose-these");
    const known = new Set([...chosen.querySelectorAll("input")].map((input) => input.value));
    for (const box of list.querySelectorAll("[data-picks]")) if (!known.has(box.dataset.picks)) add(box.dataset.picks, box.dataset.words);
    search.focus();
  }

  form.addEventListener("taken-out", show);
  form.addEventListener("htmx:after:swap", () => { chooseThese(); show(); });
  form.querySelector("[data-choose-none]").addEventListener("click", () => { chosen.replaceChildren(); show(); search.focus(); });

  form.addEventListener("keydown", (event) => {
    const all = boxes();
    const at = all.indexOf(document.activeElement);
    if (at < 0 && document.activeElement !== search) return;
    if (event.key === "Enter") event.preventDefault(); // Neither the search nor a checkbox starts an export.
    const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: at < 0 ? NaN : 0, End: at < 0 ? NaN : all.length - 1 };
    if (event.key === "Escape" && at >= 0) search.focus();
    else if (event.key === "ArrowUp" && at === 0) search.focus();
    else if (all[steps[event.key]]) all[steps[event.key]].focus();
    else return;
    event.preventDefault();
  });
  show();
})();
