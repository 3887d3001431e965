package apply

import (
	"io/fs"
	"net/http"
	"path"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"tongban/catalogue"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/consent"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/vouch"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

// Nothing is submitted but what the person agreed to at the provider, just now. Each line brings back something else.
func TestSubmittedOnlyAsAgreed(t *testing.T) {
	for name, tt := range map[string]struct {
		wait func(w *world) *proof.Signed
		code errs.Code
	}{
		"agreed": {wait: func(w *world) *proof.Signed { return w.agree(nil) }},
		"signed by nobody that is known": {wait: func(w *world) *proof.Signed {
			w.gate.key = proof.NewSigner(must[gm.SignKey](t)(gm.MemoryKeys().SignKey("other")))
			return w.agree(nil)
		}, code: errs.ConsentForOther},
		"another person's":  {wait: func(w *world) *proof.Signed { return w.agree(func(c *vouch.Consent) { c.Person = lin }) }, code: errs.ConsentForOther},
		"another hash":      {wait: func(w *world) *proof.Signed { return w.agree(func(c *vouch.Consent) { c.Hash[0]++ }) }, code: errs.ConsentForOther},
		"for another place": {wait: func(w *world) *proof.Signed { return w.agree(func(c *vouch.Consent) { c.To = "23" }) }, code: errs.ConsentForOther},
		"asked for elsewhere": {
			wait: func(w *world) *proof.Signed { return w.agree(func(c *vouch.Consent) { c.From = "23" }) }, code: errs.ConsentForOther,
		},
		"stale": {wait: func(w *world) *proof.Signed {
			return w.agree(func(c *vouch.Consent) { c.At = w.now.Add(-consent.Fresh - time.Second) })
		}, code: errs.ConsentStale},
		"from the future": {wait: func(w *world) *proof.Signed {
			return w.agree(func(c *vouch.Consent) { c.At = w.now.Add(vouch.Skew + time.Second) })
		}, code: errs.ConsentStale},
		"by a telephone number alone": {wait: func(w *world) *proof.Signed { return w.agree(func(c *vouch.Consent) { c.Level = 1 }) }, code: errs.LevelTooLow},
		"of a first draft, replayed": {wait: func(w *world) *proof.Signed {
			first := w.agree(nil)
			second := w.begin()
			w.fill(second)
			w.post(second+"/check", "serve", "online")
			w.get(w.at)
			return first
		}, code: errs.ConsentForOther},
		"of what was changed meanwhile": {wait: func(w *world) *proof.Signed {
			for id, d := range w.m.drafts {
				d.Answers["capital"] = "900000"
				w.m.drafts[id] = d
			}
			return w.agree(nil)
		}, code: errs.ConsentForOther},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			at := w.begin()
			w.fill(at)
			w.get(at + "/check")
			w.want(http.StatusOK, say("apply.sign.print_online"))
			w.post(at+"/check", "serve", "online")
			w.want(http.StatusSeeOther, at+"/sign?serve=online")
			w.get(w.at)
			w.want(http.StatusFound, provider)
			if len(w.m.cases) != 0 {
				t.Fatal("submitted before anybody agreed")
			}
			w.gate.wait = tt.wait(w)
			w.get(w.gate.back)
			if tt.code == 0 {
				w.want(http.StatusSeeOther, "/done")
				c := w.m.cases[path.Base(at)]
				if err := consent.Check(c, consent.Terms{Trust: w.trust, Level: 3, Now: w.now, Age: consent.Carried}); err != nil {
					t.Error(err)
				}
				return
			}
			w.want(http.StatusForbidden, tt.code.Text("zh").What)
			if len(w.m.cases) != 0 {
				t.Fatal("submitted all the same")
			}
		})
	}
}

func TestNotAgreedIsNotSubmitted(t *testing.T) {
	w := newWorld(t)
	at := w.begin()
	w.fill(at)
	w.post(at+"/check", "serve", "online")
	w.get(w.at)
	w.get(w.gate.back + "&not=" + errs.NotAgreed.Name())
	w.want(http.StatusSeeOther, at+"/check?not=NotAgreed")
	w.get(w.at)
	w.want(http.StatusOK, errs.NotAgreed.Text("zh").What, "雪莲")
	w.get(at + "/check?not=<script>")
	w.want(http.StatusOK)
	w.gate.down = true
	w.get(at + "/sign?serve=online")
	w.want(http.StatusServiceUnavailable, errs.CannotSignNow.Text("zh").Next)
	w.gate.down = false
	w.submit(at) // nothing was lost
	w.want(http.StatusSeeOther, at+"/done")
}

// stricter is the catalogue with a matter that asks for a surer proof of who applies.
type stricter struct {
	fs.FS
	name, more string
}

func (s stricter) Open(name string) (fs.File, error) {
	if name != s.name {
		return s.FS.Open(name)
	}
	b, err := fs.ReadFile(s.FS, name)
	if err != nil {
		return nil, err
	}
	return fstest.MapFS{name: {Data: append(b, s.more...)}}.Open(name)
}

// A session at a lower level in the middle: answers are kept, what was found is not shown, and nothing is submitted until the person
// has proven more.
func TestRaisedInTheMiddle(t *testing.T) {
	w := newWorld(t)
	w.kit.Catalogue = must[*item.Catalogue](t)(item.Open(stricter{catalogue.FS, "items/2020-030/2022-03-01.toml", "\n[assurance]\nlevel = 3\n"}))
	at := w.begin()
	w.get(at + "/found")
	w.want(http.StatusOK)
	w.gate.level = 2
	w.fill(at)
	if w.m.drafts[path.Base(at)].Answers["capital"] != "100000" {
		t.Fatal("an answer was lost")
	}
	for _, p := range []string{"/found", "/tasks", "/check"} {
		w.get(at + p)
		w.want(http.StatusForbidden, say("apply.raise.kept"))
		if strings.Contains(w.got.Body.String(), "雪莲") {
			t.Error("what was entered is shown to who is not known surely enough")
		}
	}
	w.post(at+"/check", "serve", "online")
	w.want(http.StatusForbidden, say("apply.raise.kept"))
	w.get(at + "/raise")
	w.want(http.StatusFound, provider)
	if w.gate.raised != 3 {
		t.Fatalf("level %d was asked for", w.gate.raised)
	}
	w.get(at + "/raise?not=" + errs.LevelTooLow.Name())
	w.want(http.StatusForbidden, errs.LevelTooLow.Text("zh").What)
	w.gate.level = 3
	w.get(w.gate.back)
	w.want(http.StatusSeeOther, at)
	w.get(at + "/check")
	w.want(http.StatusOK, "雪莲")
	w.submit(at, "serve", "online")
	w.want(http.StatusSeeOther, at+"/done")
}

// Where the trust list names no provider nobody can be asked, and the application says so itself.
func TestWithoutAProvider(t *testing.T) {
	w := newWorld(t)
	w.trust = &office.TrustList{Nodes: w.trust.Nodes[1:]}
	at := w.begin()
	w.fill(at)
	w.post(at+"/check", "serve", "online")
	w.want(http.StatusSeeOther, at+"/done")
	strict := newWorld(t)
	strict.trust = w.trust
	strict.kit.Catalogue = must[*item.Catalogue](t)(item.Open(stricter{catalogue.FS, "items/2020-030/2022-03-01.toml", "\n[assurance]\nconsent = 2\n"}))
	other := strict.begin()
	strict.fill(other)
	for _, try := range []func(){func() { strict.post(other + "/check") }, func() { strict.get(other + "/sign") }, func() { strict.get(other + "/check") }} {
		try()
		strict.want(http.StatusForbidden, errs.ConsentNeeded.Text("zh").Next)
	}
	if len(strict.m.cases) != 0 {
		t.Fatal("a matter that asks for a signed consent was submitted without")
	}
	if c := w.m.cases[path.Base(at)]; c.Private.Consent.Way != casefile.ConsentOnline || c.Private.Consent.Proof != nil {
		t.Fatalf("%+v", c.Private.Consent)
	}
}
