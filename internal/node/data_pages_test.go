package node_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"tongban/internal/adapter/oidc"
	"tongban/internal/domain/office"
	"tongban/internal/domain/vouch"
	"tongban/internal/node"
	"tongban/internal/proof"
)

// The applicant sees on the page of the case what may be looked up instead of paper, and agrees at the identity provider; then the
// officer who holds the case in another province asks by the form, and reads what came. Before, the officer is told why not.
func TestApplicantAgreesAndOfficerAsks(t *testing.T) {
	e := newEquals(t)
	here, there := e.nodes["23"], e.nodes["63"]
	entrance, err := here.Handler(node.WebConfig{
		PublicURL: "http://heilongjiang.localhost", Issuer: "http://id.localhost", ClientID: "heilongjiang", HTTPClient: &http.Client{Transport: noProvider{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	desk, err := there.Handler(node.WebConfig{
		PublicURL: "http://qinghai.localhost", Issuer: "http://id.localhost", ClientID: "qinghai", HTTPClient: &http.Client{Transport: noProvider{}},
		Officers: []office.Officer{{ID: "zhao", Name: "赵", Office: e.reviewer.Office, Roles: []office.Role{office.Reviewer}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	session := func(n *node.Node, client string, who oidc.Identity) *http.Cookie {
		w := httptest.NewRecorder()
		if err := oidc.NewSessions(client, false, n.Vault, nil).Write(w, who); err != nil {
			t.Fatal(err)
		}
		return w.Result().Cookies()[0]
	}
	applicant := session(here, "heilongjiang", oidc.Identity{Subject: "s1", Name: "樊晓梅", IDNo: "230183199001010025", Level: 3})
	officer := session(there, "qinghai", oidc.Identity{Subject: "zhao", Name: "赵", Level: 4, Officer: true})
	do := func(h http.Handler, host, path string, form url.Values, cookies ...*http.Cookie) (int, string) {
		t.Helper()
		method := http.MethodGet
		if form != nil {
			method = http.MethodPost
		}
		r := httptest.NewRequestWithContext(t.Context(), method, "http://"+host+path, strings.NewReader(form.Encode()))
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if form != nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		for _, c := range cookies {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	path, deskPath := "/cases/"+string(e.c.No)+"/data", "/desk/cases/"+e.c.ID+"/data"
	question := url.Values{"provider": {"35"}, "resource": {"idcard"}, "checks": {"number"}, "value-number": {"230183199001010025"}, "fields": {"name"}}
	if code, body := do(desk, "qinghai.localhost", deskPath, question, officer); code != http.StatusUnprocessableEntity || !strings.Contains(body, "申请人没有同意") {
		t.Errorf("asked before the applicant agreed: %d", code)
	}
	code, body := do(entrance, "heilongjiang.localhost", path, nil, applicant)
	if code != http.StatusOK || !strings.Contains(body, path+"/35/idcard") || !strings.Contains(body, "核对申请人身份") || strings.Contains(body, "sharing.") {
		t.Fatalf("%d, or the page does not say what is asked", code)
	}
	if code, _ := do(entrance, "heilongjiang.localhost", path+"/35/idcard", nil, applicant); code != http.StatusServiceUnavailable {
		t.Errorf("with the identity provider down: %d", code)
	}
	req := e.request()
	req.Text = "share-consent-1"
	_, what, err := req.Agreement()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(body, what.Fingerprint()) {
		t.Error("the page does not show what to compare at the provider")
	}
	signed, err := proof.SignJSON(e.signer(office.IDP), vouch.TypConsent, vouch.Consent{
		Agreement: what, ID: "1", From: "23", Subject: "s1", Person: fan(t), Level: 3, At: time.Now().UTC(),
	})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := oidc.NewConsents("heilongjiang", false, here.Vault, nil).Put(w, signed); err != nil {
		t.Fatal(err)
	}
	if code, _ := do(entrance, "heilongjiang.localhost", path+"/35/idcard", nil, applicant, w.Result().Cookies()[0]); code != http.StatusSeeOther {
		t.Fatalf("back from the provider: %d", code)
	}
	if _, body := do(entrance, "heilongjiang.localhost", path, nil, applicant); !strings.Contains(body, "您已同意") {
		t.Error("the page does not say that it was agreed to")
	}
	if code, _ := do(desk, "qinghai.localhost", deskPath, question, officer); code != http.StatusSeeOther {
		t.Fatalf("asking: %d", code)
	}
	code, body = do(desk, "qinghai.localhost", deskPath, nil, officer)
	if code != http.StatusOK || !strings.Contains(body, "樊晓梅") || !strings.Contains(body, "一致") || strings.Contains(body, "sharing.") {
		t.Errorf("%d, or the page does not show what came", code)
	}
	if !strings.Contains(body, "办件还没有办完，办完以后按期删除") {
		t.Error("the page does not say how long it is kept")
	}
	given, err := e.nodes["35"].Handler(node.WebConfig{
		PublicURL: "http://fujian.localhost", Issuer: "http://id.localhost", ClientID: "fujian", HTTPClient: &http.Client{Transport: noProvider{}},
		Officers: []office.Officer{{ID: "lin", Name: "林", Office: actor(t, e.nodes["35"], "350100").Office, Roles: []office.Role{office.Steward}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	keeper := session(e.nodes["35"], "fujian", oidc.Identity{Subject: "lin", Name: "林", Level: 4, Officer: true})
	code, body = do(given, "fujian.localhost", "/desk/sharing/given", nil, keeper)
	if code != http.StatusOK || !strings.Contains(body, "青海") || !strings.Contains(body, "还在保存") || strings.Contains(body, "樊") || strings.Contains(body, "sharing.") {
		t.Errorf("%d, or the provider does not see what it told and that it is still kept", code)
	}
	e.net.Partition("63", "35")
	if code, body := do(desk, "qinghai.localhost", deskPath, question, officer); code != http.StatusUnprocessableEntity || !strings.Contains(body, "现在连不上") {
		t.Errorf("with the provider away: %d", code)
	}
}
