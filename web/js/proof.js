// Checks proof files of access logs in the reader's own browser (RFC 6962 inclusion, ES256 by WebCrypto). No framework.
(function () {
  "use strict";
  var subtle = window.crypto && window.crypto.subtle;

  function bytes(base64) {
    return Uint8Array.from(atob(base64), function (c) { return c.charCodeAt(0); });
  }

  function hash(prefix, parts) {
    var n = parts.reduce(function (sum, p) { return sum + p.length; }, 1), all = new Uint8Array(n), at = 1;
    all[0] = prefix;
    parts.forEach(function (p) { all.set(p, at); at += p.length; });
    return subtle.digest("SHA-256", all).then(function (h) { return new Uint8Array(h); });
  }

  // RFC 9162 §2.1.3.2: the root that the path leads to, or null.
  async function root(index, size, leaf, path) {
    var fn = index, sn = size - 1, r = leaf;
    for (var i = 0; i < path.length; i++) {
      if (sn === 0) return null;
      if (fn % 2 === 1 || fn === sn) {
        r = await hash(1, [path[i], r]);
        while (fn % 2 === 0 && fn !== 0) { fn = fn / 2; sn = Math.floor(sn / 2); }
      } else {
        r = await hash(1, [r, path[i]]);
      }
      fn = Math.floor(fn / 2);
      sn = Math.floor(sn / 2);
    }
    return sn === 0 ? r : null;
  }

  function same(a, b) {
    return a && a.length === b.length && a.every(function (v, i) { return v === b[i]; });
  }

  // check gives the number of entries that the file proves; it throws if anything does not hold.
  async function check(file, point) {
    var body = bytes(file.head.body);
    var key = await subtle.importKey("raw", bytes(point), { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
    if (!(await subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, bytes(file.es256), body))) throw new Error("signature");
    var head = JSON.parse(new TextDecoder().decode(body)), top = bytes(head.root), n = 0;
    for (var i = 0; i < file.lines.length; i++) {
      var l = file.lines[i];
      if (l.index < 0) continue;
      var leaf = await hash(0, [new TextEncoder().encode(l.leaf)]);
      if (!same(await root(l.index, head.size, leaf, (l.path || []).map(bytes)), top)) throw new Error("entry " + l.index);
      n++;
    }
    return n;
  }

  document.querySelectorAll("[data-proof]").forEach(function (part) {
    var button = part.querySelector("[data-check]");
    if (!button) return;
    var out = part.querySelector("[role=status]");
    button.hidden = false;
    button.addEventListener("click", function () {
      if (!subtle) { out.textContent = out.dataset.cannot; return; }
      fetch(part.dataset.proof).then(function (r) { return r.json(); })
        .then(function (f) { return check(f, part.dataset.key); })
        .then(function (n) { out.textContent = n > 0 ? out.dataset.good : out.dataset.bad; })
        .catch(function () { out.textContent = out.dataset.bad; });
    });
  });
})();
