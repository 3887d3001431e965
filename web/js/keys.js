// The letters of the desk: j k go through a list, c takes a case, 1 2 3 mark a point of the checklist, [ ] turn the page, ? lists
// them. The page /desk/keys switches them off (WCAG 2.1.4): then this file is not loaded. Parses as ES5; no framework.
(function () {
  "use strict";
  var d = document;

  function all(what, within) {
    return Array.prototype.slice.call((within || d).querySelectorAll(what));
  }

  // at is the one of a list in which the focus stands, -1 if in none.
  function at(list) {
    for (var i = 0; i < list.length; i++) if (list[i].contains(d.activeElement)) return i;
    return -1;
  }

  function rows() {
    return all("main tbody tr").filter(function (r) { return r.querySelector("a"); });
  }

  function move(step) {
    var list = rows(), n = at(list), to = list[n < 0 ? 0 : n + step];
    if (to) to.querySelector("a").focus();
  }

  function claim() {
    var list = rows(), n = at(list), form = (n < 0 ? d : list[n]).querySelector('form[action="/desk/claim"]');
    if (form) form.querySelector("button").click();
  }

  // mark answers the point in which the focus stands, or the first that has no answer, and goes to what comes next: the note
  // where there is something to say, the next open point otherwise.
  function mark(nth) {
    var points = all("#checklist .govuk-radios"), n = at(points);
    function open(p) { return !p.querySelector("input:checked"); }
    var point = n < 0 ? points.filter(open)[0] : points[n], box = point && all("input", point)[nth];
    if (!box) return;
    box.click();
    var note = d.getElementById(box.name.replace("mark.", "note.")), next = points.filter(open)[0];
    if (nth > 0 && note) note.focus();
    else if (next) next.querySelector("input").focus();
    else box.focus();
  }

  // turn leads to the page before or after, or to the tab beside.
  function turn(rel, sibling) {
    var link = d.querySelector('a[rel="' + rel + '"]'), here = d.querySelector(".tb-subnav [aria-current]");
    var item = here && here.parentNode[sibling];
    link = link || item && item.querySelector("a");
    if (link) link.click();
  }

  var keys = {
    j: function () { move(1); }, k: function () { move(-1); }, c: claim,
    1: function () { mark(0); }, 2: function () { mark(1); }, 3: function () { mark(2); },
    "[": function () { turn("prev", "previousElementSibling"); }, "]": function () { turn("next", "nextElementSibling"); },
    "?": function () { location.assign("/desk/keys"); }
  };

  // typing is where a letter is a letter.
  function typing(e) {
    return e.isContentEditable || /^(textarea|select)$/i.test(e.tagName) || /^input$/i.test(e.tagName) && !/^(radio|checkbox|submit|button)$/.test(e.type);
  }

  d.addEventListener("keydown", function (e) {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || e.defaultPrevented || typing(e.target) || !keys.hasOwnProperty(e.key)) return;
    e.preventDefault();
    keys[e.key]();
  });
})();
