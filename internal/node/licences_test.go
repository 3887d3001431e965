package node_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/licence/jws"
	"tongban/internal/domain/licence/sdjwt"
	"tongban/internal/domain/office"
	"tongban/internal/handling/decide"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/node"
	"tongban/internal/page/text"
)

// issued plays a case until its licence is there, and gives the deciding officer and the paper.
func issued(t *testing.T, here, there *node.Node) (casefile.Actor, unit.Paper) {
	t.Helper()
	ctx := t.Context()
	clerk := actor(t, here, "230183", office.Window)
	officer := actor(t, there, "630100", office.Reviewer, office.Decider)
	c, err := here.Lodge.TakeIn(ctx, clerk, application(t, here))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := here.Post.HandOver(ctx, clerk, c.ID, 0); err != nil {
		t.Fatal(err)
	}
	settle(t, here, there)
	if _, err := there.Bench.Accept(ctx, officer, decide.Ref{Case: c.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := there.Bench.Decide(ctx, officer, decide.Ref{Case: c.ID}, casefile.Decision{Outcome: casefile.Granted}); err != nil {
		t.Fatal(err)
	}
	if c, err = there.Issuer.Issue(ctx, officer, c.ID, 0); err != nil {
		t.Fatal(err)
	}
	settle(t, here, there)
	p, err := there.Store.Licence(ctx, c.Licence)
	if err != nil {
		t.Fatal(err)
	}
	return officer, p
}

// site serves a node's pages.
func site(t *testing.T, n *node.Node) *httptest.Server {
	t.Helper()
	h, err := n.Handler(node.WebConfig{PublicURL: "http://q.example", Issuer: "http://id.example", ClientID: "q"})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func fetch(t *testing.T, url string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read only
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b), resp.Header
}

// TestALicenceLives issues a licence, shows it to a reader in another province, and sees each act in the status list.
func TestALicenceLives(t *testing.T) {
	here, there := pair(t)
	ctx := t.Context()
	officer, paper := issued(t, here, there)
	wallet, err := gm.MemoryKeys().ES256Key("wallet")
	if err != nil {
		t.Fatal(err)
	}
	holder := jws.NewES256(wallet)
	credential, err := there.Issuer.Credential(ctx, paper.Signed, jws.ES256, &holder.Key)
	if err != nil {
		t.Fatal(err)
	}
	shown, missing, err := sdjwt.Present(credential, []string{licence.ClaimHolderName}, &sdjwt.Holder{
		Signer: holder, Audience: "desk", Nonce: "n", At: time.Now().Unix(),
	})
	if err != nil || missing != nil {
		t.Fatal(err, missing)
	}
	c, err := licence.CheckCredential(shown, here.Trust.List(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if c.Status == nil || c.Text(licence.ClaimNo) != "" {
		t.Fatalf("%+v", c)
	}
	s := site(t, there)
	number := c.Status.URI[len(licence.IssuerID(c.Node)+"/status/"):]
	standing := func() error {
		status, token, head := fetch(t, s.URL+"/status/"+number)
		if status != http.StatusOK || head.Get("Content-Type") != "application/statuslist+jwt" {
			t.Fatalf("status list: %d %s", status, head.Get("Content-Type"))
		}
		_, err := c.Standing(token, here.Trust.List(), time.Now().Add(time.Second))
		return err
	}
	if err := standing(); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		do   licence.Doing
		want errs.Code
	}{
		{licence.Doing{Act: licence.ActSuspend, Reason: "no-premises"}, errs.LicenceSuspended},
		{licence.Doing{Act: licence.ActResume}, 0},
		{licence.Doing{Act: licence.ActRevoke, Reason: "false-statement"}, errs.LicenceRevoked},
	} {
		if _, err := there.Issuer.Do(ctx, officer, paper.Number, 0, x.do); err != nil {
			t.Fatal(err)
		}
		token, err := there.Issuer.StatusToken(ctx, 1)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Standing(token, here.Trust.List(), time.Now().Add(time.Second))
		if (x.want == 0) != (err == nil) || err != nil && !errs.Is(err, x.want) {
			t.Errorf("after %s: %v", x.do.Act, err)
		}
		_, seen, _ := fetch(t, s.URL+"/v/"+paper.Number) // what anybody sees who was shown the paper
		if genuine := strings.Contains(seen, text.T("zh", "entrance.verify.genuine")); genuine != (x.want == 0) {
			t.Errorf("after %s the public page says genuine: %t", x.do.Act, genuine)
		}
	}
	facts, err := there.Store.LicenceFacts(ctx, paper.Number)
	if err != nil {
		t.Fatal(err)
	}
	if state, _, err := licence.History(paper.Number, facts, here.Trust.List()); err != nil || state != licence.Revoked || len(facts) != 4 {
		t.Errorf("history of %d acts: %s %v", len(facts), state, err)
	}
	if _, err := there.Issuer.Credential(ctx, paper.Signed, jws.ES256, nil); !errs.Is(err, errs.LicenceRevoked) {
		t.Errorf("a credential of a revoked licence: %v", err)
	}
	if _, err := here.Issuer.Credential(ctx, paper.Signed, jws.ES256, nil); !errs.Is(err, errs.NoSuchLicence) {
		t.Errorf("a credential by a node that did not issue: %v", err)
	}
	for _, path := range []string{"/status/0", "/status/2", "/status/x", "/status/-1"} {
		if status, _, _ := fetch(t, s.URL+path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, body, _ := fetch(t, s.URL+"/.well-known/jwt-vc-issuer"); status != http.StatusOK || len(body) < 100 {
		t.Errorf("issuer's keys: %d %s", status, body)
	}
}

func TestWhoMayActOnALicence(t *testing.T) {
	here, there := pair(t)
	officer, paper := issued(t, here, there)
	suspend := licence.Doing{Act: licence.ActSuspend, Reason: "no-premises"}
	reviewer, foreign, colleague := officer, officer, officer
	reviewer.Roles, foreign.Node, colleague.Office = []office.Role{office.Reviewer}, "23", "11630000015000000X"
	for name, by := range map[string]casefile.Actor{"a reviewer": reviewer, "another province": foreign, "another office": colleague} {
		if _, err := there.Issuer.Do(t.Context(), by, paper.Number, 0, suspend); !errs.Is(err, errs.NotYours) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := there.Issuer.Do(t.Context(), officer, paper.Number, 9, suspend); !errs.Is(err, errs.Stale) {
		t.Errorf("an old page: %v", err)
	}
	for _, act := range []licence.Act{licence.ActIssue, licence.ActChange, licence.ActExpire, licence.ActMoveIn} {
		if _, err := there.Issuer.Do(t.Context(), officer, paper.Number, 0, licence.Doing{Act: act}); !errs.Is(err, errs.LicenceMoveRefused) {
			t.Errorf("%s on its own: %v", act, err)
		}
	}
}

func TestAChangeIsTheNextVersion(t *testing.T) {
	here, there := pair(t)
	ctx := t.Context()
	officer, paper := issued(t, here, there)
	next, err := there.Issuer.Change(ctx, officer, paper.Number, 0, func(l *licence.Licence) {
		l.Holder.Name, l.No = "西宁新名商贸有限公司", "nothing that may change"
	})
	if err != nil {
		t.Fatal(err)
	}
	if next.Version != 2 || next.Replaces != paper.Number || next.Holder.Name != "西宁新名商贸有限公司" || next.No == "nothing that may change" {
		t.Errorf("%+v", next)
	}
	old, err := there.Store.Life(ctx, paper.Number)
	if err != nil || old.State != licence.Replaced {
		t.Errorf("the version before: %s %v", old.State, err)
	}
	if _, err := there.Issuer.Change(ctx, officer, paper.Number, 0, func(*licence.Licence) {}); !errs.Is(err, errs.LicenceMoveRefused) {
		t.Errorf("a version that was replaced: %v", err)
	}
	settle(t, here, there)
	if copied, err := here.Store.Licence(ctx, next.ID); err != nil || copied.Case != paper.Case {
		t.Errorf("the applicant's node has no copy: %v", err)
	}
}

// TestALicenceMovesAcrossTheBorder is 转出 at one province and 转入 at the other.
func TestALicenceMovesAcrossTheBorder(t *testing.T) {
	here, there := pair(t)
	ctx := t.Context()
	officer, paper := issued(t, here, there)
	registrar := actor(t, here, "230183", office.Decider)
	facts, err := there.Store.LicenceFacts(ctx, paper.Number)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := here.Issuer.MoveIn(ctx, registrar, paper.Case, paper.Signed, facts); !errs.Is(err, errs.LicenceMoveRefused) {
		t.Errorf("taken over before it was moved out: %v", err)
	}
	if _, err := there.Issuer.Do(ctx, officer, paper.Number, 0, licence.Doing{Act: licence.ActMoveOut}); err != nil {
		t.Fatal(err)
	}
	if facts, err = there.Store.LicenceFacts(ctx, paper.Number); err != nil {
		t.Fatal(err)
	}
	// The business licence belongs to the company; the case's applicant is a person.
	if _, err := here.Issuer.MoveIn(ctx, registrar, paper.Case, paper.Signed, facts); !errs.Is(err, errs.HolderDiffers) {
		t.Errorf("somebody else's licence: %v", err)
	}
}
