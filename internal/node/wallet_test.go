package node_test

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/handling/certify"
	"tongban/internal/kernel/errs"
	"tongban/internal/page/text"
)

// A person's licences are theirs: listed, opened, shown for a minute with what was chosen, taken along; to everybody else they do
// not exist, and whoever scanned is on the list of uses.
func TestWalletPages(t *testing.T) {
	m := newMatrix(t)
	one := "/wallet/" + m.paper
	get := func(who, path string, code int) string {
		t.Helper()
		w := m.visit(t, who, http.MethodGet, path, nil)
		if w.Code != code {
			t.Errorf("%s by %s: %d, want %d", path, who, w.Code, code)
		}
		return w.Body.String()
	}
	if list := get("applicant", "/wallet", 200); !strings.Contains(list, one) || !strings.Contains(list, text.T("zh", "register.state.in-force")) {
		t.Errorf("the list: %s", list)
	}
	if list := get("stranger", "/wallet", 200); strings.Contains(list, m.paper) || !strings.Contains(list, text.T("zh", "wallet.none")) {
		t.Error("a stranger sees the licence, or no word that there is none")
	}
	get("applicant", one, 200)
	for _, path := range []string{one, one + "/code/x", one + "/file/record", one + "/file/credential", one + "/file/print"} {
		get("stranger", path, 404)
		get("phone-only", path, 404)
	}
	if w := m.visit(t, "stranger", http.MethodPost, one+"/show", url.Values{"field": {".code"}}); w.Code != http.StatusNotFound {
		t.Errorf("a stranger shows it: %d", w.Code)
	}
	w := m.visit(t, "applicant", http.MethodPost, one+"/show", url.Values{"field": {".no", ".no", "nothing"}})
	at := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(at, one+"/code/") {
		t.Fatalf("show: %d %s", w.Code, at)
	}
	code := strings.TrimPrefix(at, one+"/code/")
	if seen := get("applicant", at, 200); !strings.Contains(seen, "/s/"+code) {
		t.Error("no code on the page")
	}
	seen := get("nobody", "/s/"+code, 200)
	if !strings.Contains(seen, "23018300001") || !strings.Contains(seen, text.T("zh", "wallet.scanned.good")) {
		t.Errorf("what was chosen is not shown: %s", seen)
	}
	for _, hidden := range []string{"樊晓梅", "230183199001010025"} {
		if strings.Contains(seen, hidden) {
			t.Errorf("%s was not chosen and is shown", hidden)
		}
	}
	get("nobody", "/s/"+code[:len(code)-1]+"A2", 404)
	if page := get("applicant", one, 200); !strings.Contains(page, text.T("zh", "usage.view.scanned")) {
		t.Error("the holder does not see that it was scanned")
	}
	late := &certify.Wallet{Issuer: m.node.Issuer, Store: m.node.Store, Secure: func() time.Time { return time.Now().Add(2 * time.Minute) }}
	if _, _, err := late.Scanned(t.Context(), code); !errs.Is(err, errs.RequestOver) {
		t.Errorf("after two minutes: %v", err)
	}

	trust := m.node.Trust.List()
	f, err := licence.ReadFile([]byte(get("applicant", one+"/file/record", 200)))
	if err != nil {
		t.Fatal(err)
	}
	if l, err := licence.Verify(f.Signed, trust); err != nil || l.ID != m.paper {
		t.Errorf("the record: %v", err)
	}
	c, err := licence.CheckCredential(strings.TrimSpace(get("applicant", one+"/file/credential", 200)), trust, time.Now())
	if err != nil || c.ID.String() != m.paper || c.Status == nil {
		t.Errorf("the credential: %+v %v", c, err)
	}
	if b := get("applicant", one+"/file/print", 200); !bytes.HasPrefix([]byte(b), []byte("%PDF-")) {
		t.Error("the print is no PDF")
	}
	get("applicant", one+"/file/clay", 404)
	decider := actor(t, m.node, atOwn, office.Decider)
	if _, err := m.node.Issuer.Do(t.Context(), decider, m.paper, 0, licence.Doing{Act: licence.ActSuspend, Reason: "penalty"}); err != nil {
		t.Fatal(err)
	}
	get("applicant", one+"/file/credential", 400)
	if seen := get("nobody", "/s/"+code, 200); !strings.Contains(seen, text.T("zh", "wallet.scanned.bad")) {
		t.Error("a suspended licence shows as good")
	}
	// Nobody's word but the register's: the same number of another document kind is another person's.
	if mine, err := late.Mine(t.Context(), party.Person{IDNo: "E12345678", IDType: party.Passport}); err != nil || len(mine) != 0 {
		t.Errorf("%d licences, %v", len(mine), err)
	}
}
