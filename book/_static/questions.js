// Questions that the notebooks fold into <details> become choices: one that is opened is marked
// right or wrong, its answer is spoken to screen readers, and a quiz counts the right first tries.
// Nothing is stored: a page that is loaded again begins anew.
window.addEventListener("DOMContentLoaded", () => {
  const added = (parent, tag, attributes, text = "") => {
    const element = parent.appendChild(document.createElement(tag));
    Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    element.textContent = text;
    return element;
  };
  const words = (element) => element.textContent.trim().replace(/\s+/g, " ");

  for (const set of document.querySelectorAll(".cn-prediction, .cn-quiz")) {
    const questions = [...set.querySelectorAll(".cn-question")];
    const firstTries = new Map();
    const count = set.matches(".cn-quiz") ? added(set, "p", { class: "cn-count" }) : null;
    const counted = () => {
      const right = [...firstTries.values()].filter(Boolean).length;
      return `${firstTries.size} of ${questions.length} answered, ${right} right at the first try.`;
    };
    if (count) count.textContent = counted();

    for (const question of questions) {
      const choices = [...question.querySelectorAll("details.cn-choice")];
      const spoken = added(question, "p", { class: "cn-spoken", role: "status" });
      const choose = (choice) => {
        const right = choice.dataset.right === "true";
        choices.filter((other) => other !== choice).forEach((other) => (other.open = false));
        if (!choice.matches(".cn-right, .cn-wrong")) {
          choice.classList.add(right ? "cn-right" : "cn-wrong");
          const summary = choice.querySelector("summary");
          added(summary, "span", { class: "cn-verdict" }, right ? "right" : "wrong");
        }
        if (!firstTries.has(question)) firstTries.set(question, right);
        if (count) count.textContent = counted();
        spoken.textContent = [words(choice.querySelector("p")), count && counted()]
          .filter(Boolean).join(" ");
      };
      choices.forEach((choice) => choice.addEventListener("toggle", () => {
        if (choice.open) choose(choice);
      }));
    }
  }
});
