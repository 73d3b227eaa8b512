"use strict";
for (const code of document.querySelectorAll(".code")) {
  const pre = code.querySelector("pre");
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.setAttribute("aria-label", "Copy " + code.dataset.what);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(pre.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(pre);
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  code.append(button);
}
addEventListener("beforeprint", () => {
  for (const one of document.querySelectorAll("details.printed")) one.open = true;
});
