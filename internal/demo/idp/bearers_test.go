package idp_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/vouch"
	"tongban/internal/kernel/errs"
)

var roaming = []string{"profile", "phone", "idno", "roam"}

// signedIn signs somebody in and gives the grant of that sign-in.
func (w *world) signedIn(t *testing.T, b *http.Client, sub string) string {
	t.Helper()
	_, body := get(t, b, w.home()+"/signin")
	back, _ := w.pick(t, b, body, sub)
	return w.finish(t, b, back.location.String()).Grant
}

func TestBearersNameOnePersonForOneProvince(t *testing.T) {
	w := newWorld(t, roaming...)
	grant := w.signedIn(t, w.browser(t, "/signin/back"), "resident.fan")
	got, err := w.site.party.Bearers(t.Context(), grant, vouch.ForCases, []office.NodeID{"63", "99"})
	if err != nil || len(got) != 1 {
		t.Fatalf("%d bearers: %v", len(got), err)
	}
	b, err := vouch.OpenBearer(got["63"], w.trust, vouch.Use{Me: "63", From: "23", Purpose: vouch.ForCases, Level: 3, Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if b.Person != (party.Person{Name: "樊晓梅", IDType: party.ResidentID, IDNo: "230183199001010025"}) {
		t.Errorf("names another person, or says more than is needed: %v", b.Person.Name)
	}
	if b.Subject != w.provider.Subject("qinghai", "resident.fan") {
		t.Error("the subject is not the one that the audience knows")
	}
	again, err := w.site.party.Bearers(t.Context(), grant, vouch.ForCases, []office.NodeID{"63"})
	if err != nil || again["63"].Hash() == got["63"].Hash() {
		t.Errorf("the same bearer twice: %v", err)
	}
}

func TestNoGrantNoBearers(t *testing.T) {
	ask := func(w *world, grant string) (int, error) {
		got, err := w.site.party.Bearers(t.Context(), grant, vouch.ForCases, []office.NodeID{"63"})
		return len(got), err
	}
	w := newWorld(t, roaming...)
	b := w.browser(t, "/signin/back")
	grant := w.signedIn(t, b, "resident.fan")
	for name, wrong := range map[string]string{"none": "", "made up": strings.Repeat("A", 60), "changed": grant[:len(grant)-2] + "AA"} {
		if n, err := ask(w, wrong); !errs.Is(err, errs.RoamEnded) {
			t.Errorf("%s: %d bearers, %v", name, n, err)
		}
	}
	if same := w.signedIn(t, b, "resident.fan"); same == grant {
		t.Error("two sign-ins, one grant")
	}
	if _, err := ask(w, grant); err != nil {
		t.Errorf("the first province's grant ended when the same person signed in again: %v", err)
	}
	w.signedIn(t, b, "resident.lin")
	if n, err := ask(w, grant); !errs.Is(err, errs.RoamEnded) {
		t.Errorf("another person took the browser over, and the first one's grant gives %d bearers: %v", n, err)
	}
	second := w.signedIn(t, b, "resident.fan")
	out, err := w.site.party.SignOutURL(t.Context(), w.home()+"/")
	if err != nil {
		t.Fatal(err)
	}
	get(t, b, out)
	if n, err := ask(w, second); !errs.Is(err, errs.RoamEnded) {
		t.Errorf("signed out: %d bearers, %v", n, err)
	}

	// A site that may not ask for it gets none, and a person without a checked number has none to give.
	w = newWorld(t)
	if grant := w.signedIn(t, w.browser(t, "/signin/back"), "resident.fan"); grant != "" {
		t.Error("a site that is not registered for it got a grant")
	}
	w = newWorld(t, roaming...)
	if n, err := ask(w, w.signedIn(t, w.browser(t, "/signin/back"), "resident.chen")); n != 0 || err != nil {
		t.Errorf("somebody known by phone only: %d bearers, %v", n, err)
	}
}

func TestBearersAreBounded(t *testing.T) {
	w := newWorld(t, roaming...)
	grant := w.signedIn(t, w.browser(t, "/signin/back"), "resident.fan")
	post := func(body string) int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, w.issuer+"/bearers", bytes.NewReader([]byte(body)))
		r.Header.Set("Authorization", "Bearer "+grant)
		rec := httptest.NewRecorder()
		w.provider.ServeHTTP(rec, r)
		return rec.Code
	}
	many := strings.Repeat(`"63",`, 64)
	for name, body := range map[string]string{
		"no purpose": `{"to":["63"]}`, "another purpose": `{"purpose":"submit","to":["63"]}`, "nobody": `{"purpose":"cases"}`,
		"not JSON": `x`, "too many": `{"purpose":"cases","to":[` + many + `"63"]}`, "too long": `{"purpose":"` + strings.Repeat("x", 1<<17),
	} {
		if got := post(body); got != http.StatusBadRequest {
			t.Errorf("%s: status %d", name, got)
		}
	}
	last := 0
	for range 10 {
		last = post(`{"purpose":"cases","to":[` + strings.TrimSuffix(many, ",") + `]}`)
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("640 bearers in a moment: status %d", last)
	}
}
