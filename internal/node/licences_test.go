package node_test

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
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
	"tongban/internal/handling/certify"
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
	credential, err := there.Issuer.Credential(ctx, paper.Signed, jws.ES256, &holder.Key, licence.Holder{})
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
		{licence.Doing{Act: licence.ActSuspend, Reason: "penalty"}, errs.LicenceSuspended},
		{licence.Doing{Act: licence.ActResume}, 0},
		{licence.Doing{Act: licence.ActRevoke, Reason: "deceit"}, errs.LicenceRevoked},
	} {
		if x.do.Act.Second() {
			if err := there.Issuer.Propose(ctx, officer, paper.Number, 0, x.do); err != nil {
				t.Fatal(err)
			}
			if err := standing(); err != nil {
				t.Errorf("a proposal alone changed something: %v", err)
			}
			head := actor(t, there, "630100", office.Lead)
			head.ID = "head"
			if _, err := there.Issuer.Confirm(ctx, head, paper.Number, 0); err != nil {
				t.Fatal(err)
			}
		} else if _, err := there.Issuer.Do(ctx, officer, paper.Number, 0, x.do); err != nil {
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
	if _, err := there.Issuer.Credential(ctx, paper.Signed, jws.ES256, nil, licence.Holder{}); !errs.Is(err, errs.LicenceRevoked) {
		t.Errorf("a credential of a revoked licence: %v", err)
	}
	if _, err := here.Issuer.Credential(ctx, paper.Signed, jws.ES256, nil, licence.Holder{}); !errs.Is(err, errs.NoSuchLicence) {
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
	suspend := licence.Doing{Act: licence.ActSuspend, Reason: "penalty"}
	reviewer, foreign, colleague := officer, officer, officer
	reviewer.Roles, foreign.Node, colleague.Office = []office.Role{office.Reviewer}, "23", "11630000015000000X"
	for name, x := range map[string]struct {
		by   casefile.Actor
		want errs.Code
	}{
		"a reviewer": {reviewer, errs.NotYours}, "another province": {foreign, errs.NotYours}, "another office": {colleague, errs.CaseElsewhere},
	} {
		if _, err := there.Issuer.Do(t.Context(), x.by, paper.Number, 0, suspend); !errs.Is(err, x.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, x := range map[string]struct {
		do   licence.Doing
		want errs.Code
	}{
		"a ground of its own":     {licence.Doing{Act: licence.ActSuspend, Reason: "no-premises"}, errs.LicenceReason},
		"no ground":               {licence.Doing{Act: licence.ActSuspend}, errs.LicenceReason},
		"alone what takes two":    {licence.Doing{Act: licence.ActStrike, Reason: "penalty"}, errs.LicenceNeedsTwo},
		"alone what ends it":      {licence.Doing{Act: licence.ActCancel, Reason: "not-renewed"}, errs.LicenceNeedsTwo},
		"a state that forbids it": {licence.Doing{Act: licence.ActResume}, errs.LicenceMoveRefused},
	} {
		if _, err := there.Issuer.Do(t.Context(), officer, paper.Number, 0, x.do); !errs.Is(err, x.want) {
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

// What nothing undoes takes two people, and a proposal does not outlive the standing that it was made on.
func TestASecondPersonConfirms(t *testing.T) {
	here, there := pair(t)
	ctx := t.Context()
	officer, paper := issued(t, here, there)
	head := actor(t, there, "630100", office.Lead)
	head.ID = "head"
	strike := licence.Doing{Act: licence.ActStrike, Reason: "penalty"}
	if _, err := there.Issuer.Confirm(ctx, head, paper.Number, 0); !errs.Is(err, errs.LicenceMoveRefused) {
		t.Errorf("confirmed what nobody proposed: %v", err)
	}
	if err := there.Issuer.Propose(ctx, officer, paper.Number, 0, licence.Doing{Act: licence.ActSuspend, Reason: "penalty"}); !errs.Is(err, errs.LicenceMoveRefused) {
		t.Errorf("proposed what needs nobody else: %v", err)
	}
	propose := func() {
		t.Helper()
		if err := there.Issuer.Propose(ctx, officer, paper.Number, 0, strike); err != nil {
			t.Fatal(err)
		}
	}
	propose()
	if err := there.Issuer.Propose(ctx, head, paper.Number, 0, strike); !errs.Is(err, errs.LicenceWaits) {
		t.Errorf("two proposals at once: %v", err)
	}
	if _, err := there.Issuer.Confirm(ctx, officer, paper.Number, 0); !errs.Is(err, errs.SamePerson) {
		t.Errorf("confirmed their own proposal: %v", err)
	}
	if s, err := there.Issuer.See(ctx, officer, paper.Number); err != nil || s.Answer || s.Wish == nil || len(s.Acts) > 0 {
		t.Errorf("what the proposer sees: %+v %v", s, err)
	}
	if err := there.Issuer.Drop(ctx, officer, paper.Number, 0); err != nil {
		t.Fatal(err)
	}
	propose()
	suspend := licence.Doing{Act: licence.ActSuspend, Reason: "penalty"}
	if _, err := there.Issuer.Do(ctx, officer, paper.Number, 0, suspend); err != nil {
		t.Fatal(err)
	}
	if _, err := there.Issuer.Confirm(ctx, head, paper.Number, 0); !errs.Is(err, errs.LicenceMoveRefused) {
		t.Errorf("confirmed on another standing than it was proposed on: %v", err)
	}
	propose()
	if life, err := there.Issuer.Confirm(ctx, head, paper.Number, 0); err != nil || life.State != licence.Struck {
		t.Errorf("%+v %v", life, err)
	}
	if s, err := there.Issuer.See(ctx, head, paper.Number); err != nil || s.Wish != nil || len(s.Facts) != 3 {
		t.Errorf("afterwards: %+v %v", s, err)
	}
}

// An officer finds a licence by an exact form of number or name, and only at the office that issued it.
func TestALicenceIsFound(t *testing.T) {
	here, there := pair(t)
	ctx := t.Context()
	officer, paper := issued(t, here, there)
	l, err := licence.Verify(paper.Signed, there.Trust.List())
	if err != nil {
		t.Fatal(err)
	}
	stranger := officer
	stranger.Office = "11630000015000000X"
	for words, want := range map[string]int{
		paper.Number: 1, l.No: 1, l.Holder.Name: 1, "230183199001010025": 1, "樊晓梅": 1, // the applicant
		l.No[:len(l.No)-1]: 0, l.Holder.Name + "分公司": 0, "林知夏": 0, "?": 0,
	} {
		found, err := there.Issuer.Find(ctx, officer, words)
		if err != nil || len(found) != want || want == 1 && found[0].ID != paper.Number {
			t.Errorf("%q: %d found, %v", words, len(found), err)
		}
		if found, err := there.Issuer.Find(ctx, stranger, words); len(found) > 0 {
			t.Errorf("%q at another office: %d found, %v", words, len(found), err)
		}
	}
	if _, err := there.Issuer.See(ctx, officer, paper.Number); err != nil {
		t.Fatal(err)
	}
	log, err := there.Store.LogOf(ctx, paper.Case)
	if err != nil || log[len(log)-1].What != "licence.see" || log[len(log)-1].Who != officer.ID {
		t.Errorf("the look is not in the log: %+v %v", log, err)
	}
}

// Another province judges a licence by its issuer's list, keeps the last one, and says of when it is while the issuer is away.
func TestAnotherProvinceReadsTheStatusList(t *testing.T) {
	here, there := pair(t)
	ctx := t.Context()
	officer, paper := issued(t, here, there)
	l, err := licence.Verify(paper.Signed, here.Trust.List())
	if err != nil || l.Status == nil {
		t.Fatalf("%+v %v", l, err)
	}
	if got, err := here.Status.Standing(ctx, "63", *l.Status); err != nil || got.Late || got.At.IsZero() {
		t.Fatalf("%+v %v", got, err)
	}
	s := site(t, here)
	file, err := licence.NewFile(paper.Signed)
	if err != nil {
		t.Fatal(err)
	}
	b, err := file.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if status, seen := upload(t, s.URL+"/verify", "file", b); status != http.StatusOK || !strings.Contains(seen, text.T("zh", "entrance.verify.genuine")) || !strings.Contains(seen, text.T("zh", "entrance.verify.in_force")) {
		t.Errorf("verify page: %d %s", status, seen)
	}
	if _, err := there.Issuer.Do(ctx, officer, paper.Number, 0, licence.Doing{Act: licence.ActSuspend, Reason: "penalty"}); err != nil {
		t.Fatal(err)
	}
	fresh := &certify.Reader{Trust: here.Trust.List, Channel: here.Status.Channel, Store: here.Store, Now: time.Now}
	if _, err := fresh.Standing(ctx, "63", *l.Status); !errs.Is(err, errs.LicenceSuspended) {
		t.Errorf("after the suspension: %v", err)
	}
	away := &certify.Reader{Trust: here.Trust.List, Channel: nobody{}, Store: here.Store, Now: func() time.Time { return time.Now().Add(72 * time.Hour) }}
	if got, err := away.Standing(ctx, "63", *l.Status); !errs.Is(err, errs.LicenceSuspended) || !got.Late || got.At.IsZero() {
		t.Errorf("with the issuer away: %+v %v", got, err)
	}
	never := *l.Status
	never.URI = strings.TrimSuffix(never.URI, "1") + "7"
	if _, err := away.Standing(ctx, "63", never); !errs.Is(err, errs.StatusMissing) {
		t.Errorf("a list that was never read: %v", err)
	}
	foreign := *l.Status
	foreign.URI = "http://evil.example/status/1"
	if _, err := here.Status.Standing(ctx, "63", foreign); !errs.Is(err, errs.StatusUnreadable) {
		t.Errorf("a list that lies elsewhere: %v", err)
	}
	far := *l.Status
	far.Idx = 1 << 30
	if _, err := here.Status.Standing(ctx, "63", far); !errs.Is(err, errs.StatusOutOfRange) {
		t.Errorf("out of range: %v", err)
	}
}

// nobody is a channel on which nobody answers.
type nobody struct{}

func (nobody) Ask(context.Context, office.NodeID, []byte) ([]byte, error) {
	return nil, errs.New(errs.TryLater, "away")
}

// upload sends a file by form.
func upload(t *testing.T, url, field string, file []byte) (int, string) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile(field, "licence.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(file); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, &body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read only
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
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
