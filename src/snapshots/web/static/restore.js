// A Jira-data file that the service has taken need not be sent once more with the options.
document.addEventListener("htmx:after:swap", () => {
  if (document.querySelector("#jira-file-told [name=jira_kept]")) document.querySelector("#jira_file").value = "";
});

// Bringing an archive here: chosen or dropped, sent as it lies on the disk, with progress, and cancelled at any time.
(() => {
  const area = document.querySelector("[data-upload]");
  if (!area) return;
  const find = (name) => area.querySelector(`[data-upload-${name}]`);
  const input = find("file");
  const shown = find("progress");
  const bar = shown.querySelector("progress");
  let sending = null;

  const size = (bytes) => {
    const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let place = 0;
    for (; bytes >= 1024 && place < units.length - 1; place += 1) bytes /= 1024;
    return `${bytes < 100 && place ? bytes.toFixed(1) : Math.round(bytes)} ${units[place]}`;
  };

  function say(markup) {
    shown.hidden = true;
    input.disabled = false;
    input.value = "";
    find("problem").innerHTML = markup;
  }

  function words(text) {
    const made = document.createElement("p");
    made.textContent = text;
    return made.outerHTML;
  }

  function send(file) {
    if (sending) return;
    find("problem").innerHTML = "";
    find("words").textContent = `Sending ${file.name}`;
    find("amount").textContent = "";
    bar.value = 0;
    shown.hidden = false;
    input.disabled = true;
    const request = sending = new XMLHttpRequest();
    request.open("PUT", `${area.dataset.upload}?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("x-csrftoken", area.dataset.csrf);
    // So that a problem comes as a part of a page, made by the server for this place.
    request.setRequestHeader("hx-request", "true");
    request.setRequestHeader("hx-current-url", location.href);
    request.setRequestHeader("content-type", "application/zip");
    request.upload.addEventListener("progress", (event) => {
      bar.value = event.total ? (100 * event.loaded) / event.total : 0;
      find("amount").textContent = `${size(event.loaded)} of ${size(event.total)}`;
    });
    request.upload.addEventListener("load", () => {
      find("words").textContent = "All has been sent; its digest is being checked";
    });
    request.addEventListener("loadend", () => { sending = null; });
    request.addEventListener("load", () => {
      const next = request.getResponseHeader("HX-Redirect") ?? request.getResponseHeader("Location");
      if (next) location.assign(next);
      else say(request.responseText || words("The service did not take the file. Try again."));
    });
    request.addEventListener("error", () => say(words("The connection broke, and nothing was kept. Send the file again.")));
    request.addEventListener("abort", () => say(words("Cancelled; nothing was kept.")));
    request.send(file);
  }

  input.addEventListener("change", () => { if (input.files.length) send(input.files[0]); });
  find("cancel").addEventListener("click", () => sending?.abort());

  // A file dropped beside the area must not make the browser leave the page.
  for (const name of ["dragover", "drop"]) document.addEventListener(name, (event) => event.preventDefault());
  area.addEventListener("dragover", () => area.classList.add("over"));
  area.addEventListener("dragleave", () => area.classList.remove("over"));
  area.addEventListener("drop", (event) => {
    area.classList.remove("over");
    const [file] = event.dataTransfer.files;
    if (file) send(file);
  });
  addEventListener("beforeunload", (event) => { if (sending) event.preventDefault(); });
})();
