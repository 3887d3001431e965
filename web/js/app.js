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

  // A file goes in pieces, so that a broken line costs one of them: how much is there is asked of the server each time.
  d.addEventListener("submit", function (e) {
    var form = e.target, at = form.getAttribute("data-pieces"), files = [];
    if (!at || e.defaultPrevented || !window.File || !File.prototype.slice) return;
    Array.prototype.forEach.call(form.querySelectorAll("input[type=file]"), function (i) {
      Array.prototype.push.apply(files, Array.prototype.slice.call(i.files));
    });
    if (!files.length || files.some(function (f) { return !f.size; })) return;
    e.preventDefault();
    var said = d.getElementById("tb-going");
    if (!said) {
      said = d.createElement("p");
      said.id = "tb-going";
      said.className = "govuk-body";
      said.setAttribute("role", "status");
      form.insertBefore(said, form.firstChild);
    }
    function say(what, f, have) {
      said.textContent = form.getAttribute("data-" + what).replace("{name}", f.name).replace("{n}", Math.floor(have * 100 / f.size));
    }
    function ask(method, to, body, then) {
      var x = new XMLHttpRequest();
      x.open(method, to);
      x.onloadend = function () {
        var a = null;
        try { a = JSON.parse(x.responseText); } catch (none) { /* a page: signed out, or in trouble */ }
        then(a);
      };
      x.send(body);
    }
    function next(n, tries, have) {
      var f = files[n];
      if (!f) {
        location.assign(location.pathname);
        return;
      }
      for (var mark = 0, i = 0; i < f.name.length; i++) mark = mark * 31 + f.name.charCodeAt(i) | 0;
      var to = at + "?key=" + (f.lastModified || 0) + "." + mark + "&size=" + f.size + "&name=" + encodeURIComponent(f.name.slice(-80));
      function on(a) {
        if (a && a.problem) said.textContent = f.name + "\u00a0: " + a.problem;
        else if (a && a.done) next(n + 1, 0);
        else if (a) next(n, 0, a.have);
        else if (tries < 7) {
          say("again", f, 0);
          setTimeout(function () { next(n, tries + 1); }, 500 << tries);
        } else say("failed", f, 0);
      }
      if (have === undefined) {
        ask("GET", to, null, function (a) { if (a && !a.problem) next(n, tries, a.have); else on(a); });
        return;
      }
      say("going", f, have);
      ask("POST", to + "&at=" + have, f.slice(have, have + Number(form.getAttribute("data-piece"))), on);
    }
    next(0, 0);
  });

  // After a part of the page was exchanged, reading goes on at its heading.
  d.addEventListener("htmx:afterSwap", function (e) {
    var h = e.detail && e.detail.target && e.detail.target.querySelector("h1, h2, .govuk-error-summary");
    if (!h) return;
    h.setAttribute("tabindex", "-1");
    h.focus();
  });
})();
