"use strict";
// Chooses labels on an audit's page and writes the whole list anew, corrected.
(() => {
  const set = JSON.parse(document.getElementById("set").textContent);
  const choices = [...document.querySelectorAll("select[data-row]")];
  const LEFT_OUT = -1;

  const option = (value, text) => new Option(text, value);

  for (const choice of choices) {
    const given = set.rows[choice.dataset.row][1];
    const suggested = Number(choice.dataset.suggested);
    const others = document.createElement("optgroup");
    others.label = "another label";
    set.classes.forEach((name, label) => {
      if (label !== given && label !== suggested)
        others.append(option(label, name));
    });
    choice.append(
      option(given, `keep ${set.classes[given]}`),
      option(suggested, `change to ${set.classes[suggested]}`),
      option(LEFT_OUT, "leave the picture out"),
    );
    if (others.children.length) choice.append(others);
    choice.value = given;
    choice.hidden = false;
    choice.addEventListener("change", tell);
  }

  function changed() {
    const labels = new Map();
    for (const choice of choices)
      if (Number(choice.value) !== set.rows[choice.dataset.row][1])
        labels.set(Number(choice.dataset.row), Number(choice.value));
    return labels;
  }

  function tell() {
    const count = changed().size;
    document.getElementById("changed").textContent =
      count === 1 ? "1 label changed" : `${count} labels changed`;
    document.getElementById("download").disabled = !count;
  }

  const field = (text) =>
    /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

  function table() {
    const labels = changed();
    const lines = [set.header];
    set.rows.forEach(([path, given, ...part], row) => {
      const label = labels.get(row) ?? given;
      if (label !== LEFT_OUT)
        lines.push([set.root + path, set.classes[label], ...part]);
    });
    return lines.map((line) => line.map(field).join(",") + "\n").join("");
  }

  document.getElementById("download").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([table()], { type: "text/csv" }));
    link.download = "corrections.csv";
    link.click();
  });
  document.getElementById("correcting").hidden = false;
  tell();
})();
