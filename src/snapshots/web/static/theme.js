// Before the page is painted: the colours this browser's person chose, else those the browser prefers.
(() => {
  const chosen = localStorage.getItem("snapshots-colours");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.colorMode = chosen;
})();
