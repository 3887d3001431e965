package idp_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"tongban/internal/adapter/oidc"
	"tongban/internal/domain/party"
	"tongban/internal/domain/vouch"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

var (
	agreeing = []string{"profile", "phone", "idno", "consent"}
	fan      = party.Person{Name: "樊晓梅", IDType: party.ResidentID, IDNo: "230183199001010025"}
	submit   = vouch.Agreement{Act: vouch.Submit, To: "63", About: "2020-030", Hash: proof.HashOf([]byte("what was shown"))}
)

func (w *world) subject(sub string) string { return w.provider.Subject(w.clientID, sub) }

// send posts the sign-in form with other fields than the page would.
func (w *world) send(t *testing.T, b *http.Client, body string, fields url.Values) (answer, string) {
	t.Helper()
	fields.Set("id", requestID.FindStringSubmatch(body)[1])
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.issuer+"/login", strings.NewReader(fields.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return do(t, b, r)
}

func TestAgreeing(t *testing.T) {
	w := newWorld(t, agreeing...)
	b := w.browser(t, "")
	_, body := get(t, b, w.home()+"/signin")
	w.pick(t, b, body, "resident.fan")
	w.site.ask = oidc.Ask{Subject: w.subject("resident.fan"), Level: 3, Agree: &submit}
	_, body = get(t, b, w.home()+"/signin?to=/apply/last")
	for _, want := range []string{"您同意吗", "2020-030", submit.Fingerprint()} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(body, "林知夏") {
		t.Error("others are offered where one person is asked")
	}
	if _, got := w.pick(t, b, body, "resident.fan"); got != "/apply/last 樊晓梅" {
		t.Fatalf("came back to %q", got)
	}
	if w.site.agreed == nil {
		t.Fatal("no consent came back")
	}
	c, err := vouch.OpenConsent(*w.site.agreed, w.trust, submit, "23", fan, 3)
	if err != nil || c.Level != 3 || c.Subject != w.subject("resident.fan") {
		t.Errorf("%+v: %v", c, err)
	}
	// A plain sign-in agrees to nothing.
	w.site.ask = oidc.Ask{}
	_, body = get(t, b, w.home()+"/signin")
	if w.pick(t, b, body, "resident.fan"); w.site.agreed != nil {
		t.Error("a sign-in brought a consent")
	}
}

var cancelHref = regexp.MustCompile(`href="([^"]*access_denied[^"]*)"`)

func TestNotAgreeing(t *testing.T) {
	w := newWorld(t, agreeing...)
	b := w.browser(t, "")
	w.site.ask = oidc.Ask{Subject: w.subject("resident.fan"), Agree: &submit}
	_, body := get(t, b, w.home()+"/signin")
	m := cancelHref.FindStringSubmatch(body)
	if m == nil {
		t.Fatal("no way back without agreeing")
	}
	if _, got := get(t, b, html.UnescapeString(m[1])); strings.TrimSpace(got) != errs.NotAgreed.Name() || w.site.agreed != nil {
		t.Errorf("came back with %q", got)
	}
	_, body = get(t, b, w.home()+"/signin")
	if resp, _ := w.pick(t, b, body, "resident.lin"); resp.status != http.StatusForbidden {
		t.Errorf("somebody else agreed: %d", resp.status)
	}
	// A site that is not registered for it asks in vain: its person signs in, and nothing is agreed to.
	w = newWorld(t, "profile", "idno")
	b = w.browser(t, "")
	w.site.ask = oidc.Ask{Agree: &submit}
	_, body = get(t, b, w.home()+"/signin")
	if _, got := w.pick(t, b, body, "resident.fan"); strings.TrimSpace(got) != errs.TokenRejected.Name() {
		t.Errorf("got %q", got)
	}
}

func TestRaisingInTheMiddle(t *testing.T) {
	w := newWorld(t, agreeing...)
	b := w.browser(t, "")
	_, body := get(t, b, w.home()+"/signin")
	w.pick(t, b, body, "resident.chen")
	w.site.ask = oidc.Ask{Subject: w.subject("resident.chen"), Level: 3, Agree: &submit}
	_, body = get(t, b, w.home()+"/signin?to=/apply/last")
	if !strings.Contains(body, "更可靠") || strings.Contains(body, submit.Fingerprint()) {
		t.Fatal("the page does not ask for a stronger proof first")
	}
	if resp, _ := w.send(t, b, body, url.Values{"person": {"resident.chen"}}); resp.status != http.StatusForbidden {
		t.Errorf("went on at level 1: %d", resp.status)
	}
	if resp, _ := w.send(t, b, body, url.Values{"person": {"resident.fan"}, "raise": {"1"}}); resp.status != http.StatusForbidden {
		t.Errorf("somebody else proved it: %d", resp.status)
	}
	_, body = w.send(t, b, body, url.Values{"person": {"resident.chen"}, "raise": {"1"}})
	if !strings.Contains(body, submit.Fingerprint()) {
		t.Fatal("what is agreed to is not shown after the proof")
	}
	if _, got := w.pick(t, b, body, "resident.chen"); got != "/apply/last 陈小北" {
		t.Errorf("came back to %q", got)
	}
	if w.site.agreed == nil {
		t.Fatal("no consent")
	}
	chen, _ := w.book.BySub("resident.chen")
	if _, err := vouch.OpenConsent(*w.site.agreed, w.trust, submit, "23", party.Person{IDType: party.ResidentID, IDNo: chen.IDNo}, 3); err != nil {
		t.Error(err)
	}
	// What nobody can prove online is not played either.
	w.site.ask = oidc.Ask{Subject: w.subject("resident.chen"), Level: 4}
	resp, body := get(t, b, w.home()+"/signin")
	if requestID.MatchString(body) {
		t.Error("the page offers what the person cannot do")
	}
	body = `name="id" value="` + resp.at.Query().Get("id") + `"`
	if resp, _ := w.send(t, b, body, url.Values{"person": {"resident.chen"}, "raise": {"1"}}); resp.status != http.StatusForbidden {
		t.Errorf("level 4 by a form: %d", resp.status)
	}
}
