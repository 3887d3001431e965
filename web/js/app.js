// What a script adds to pages that work without it. Parses as ES5; no framework.
(function () {
  "use strict";
  var d = document;

  // A form that came back: go to the summary, and from it to the field.
  var summary = d.querySelector(".govuk-error-summary");
  if (summary) {
    summary.setAttribute("tabindex", "-1");
    summary.focus();
  }
  d.addEventListener("click", function (e) {
    var link = e.target.closest && e.target.closest(".govuk-error-summary a");
    if (!link) return;
    var field = d.getElementById((link.getAttribute("href") || "").slice(1));
    if (!field) return;
    e.preventDefault();
    var group = field.closest("fieldset") || field.closest(".govuk-form-group") || field;
    group.scrollIntoView();
    field.focus({ preventScroll: true });
  });

  // One click is one act.
  d.addEventListener("submit", function (e) {
    var button = e.target.querySelector("[data-prevent-double-click]");
    if (!button) return;
    if (button.getAttribute("data-sent")) {
      e.preventDefault();
      return;
    }
    button.setAttribute("data-sent", "1");
    setTimeout(function () { button.removeAttribute("data-sent"); }, 3000);
  });

  Array.prototype.forEach.call(d.querySelectorAll("[data-print]"), function (b) {
    b.hidden = false;
    b.addEventListener("click", function () { window.print(); });
  });

  // After a part of the page was exchanged, reading goes on at its heading.
  d.addEventListener("htmx:afterSwap", function (e) {
    var h = e.detail && e.detail.target && e.detail.target.querySelector("h1, h2, .govuk-error-summary");
    if (!h) return;
    h.setAttribute("tabindex", "-1");
    h.focus();
  });
})();
