package apply

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"path"
	"regexp"
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/consent"
	"tongban/internal/domain/journey"
	"tongban/internal/domain/party"
	"tongban/internal/domain/vouch"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page/text"
	"tongban/internal/proof"
)

func say(key string, args ...any) string { return text.T("zh", key, args...) }

func TestSubmittedOnce(t *testing.T) {
	w := newWorld(t)
	w.get("/apply/new?" + wish)
	w.want(http.StatusOK, say("apply.begin.start"))
	at := w.begin()
	w.get(at + "/check")
	w.want(http.StatusSeeOther, at) // not due: the way goes on where it is open
	w.post(at + "/check")
	w.want(http.StatusSeeOther, at)
	if len(w.m.cases) != 0 {
		t.Fatal("an unfinished draft became a case")
	}
	w.fill(at)
	w.get(at + "/check")
	w.want(http.StatusOK, "雪莲", "五四大街 1 号", "西宁市雪莲商贸有限公司", say("apply.paper.promise"))
	w.submit(at, "serve", "online")
	w.want(http.StatusSeeOther, at+"/done")
	w.post(at+"/check", "serve", "online")
	w.want(http.StatusSeeOther, at+"/done")
	w.get(at + "/sign?serve=online")
	w.want(http.StatusSeeOther, at+"/done")
	if len(w.m.cases) != 1 {
		t.Fatalf("%d cases", len(w.m.cases))
	}
	for _, p := range []string{"", "/tasks", "/check", "/q/capital", "/found"} {
		w.get(at + p)
		w.want(http.StatusSeeOther, at+"/done")
	}
	w.get(at + "/done")
	w.want(http.StatusOK, say("apply.done.title"))
	w.post(at+"/q/capital", "answer", "999")
	w.want(http.StatusSeeOther, at+"/done")
	c := w.m.cases[path.Base(at)]
	if c.Private.Answers["capital"] != "100000" || c.Private.Consent.Serve != "online" || c.Private.Applicant != fan {
		t.Fatalf("the case holds %+v", c.Private)
	}
	if d := w.m.drafts[c.ID]; len(d.Answers) > 0 {
		t.Fatal("the draft keeps answers after the submit")
	}
	w.post("/apply/new", "key", c.ID, "item", "2020-030", "here", "230183", "there", "630100")
	w.want(http.StatusSeeOther, at) // the first form again: still the same one
}

func TestOnlyTheOwnerOpensADraft(t *testing.T) {
	w := newWorld(t)
	at := w.begin()
	w.file(at+"/upload/premises", "photo", "a.png", picture(t))
	w.want(http.StatusSeeOther)
	w.gate.who = &lin
	for _, p := range []string{"", "/tasks", "/found", "/q/capital", "/materials", "/upload/premises", "/file/0", "/invite", "/check", "/sign", "/raise", "/done", "/rules", "/delete"} {
		w.get(at + p)
		w.want(http.StatusNotFound, errs.NoSuchApplication.Text("zh").What)
	}
	for _, p := range []string{"/found", "/q/capital", "/materials", "/file/0/remove", "/invite", "/check", "/rules", "/delete"} {
		w.post(at+p, "answer", "1", "do", "make")
		w.want(http.StatusNotFound)
	}
	w.post("/apply/new", "key", path.Base(at), "item", "2020-030", "here", "230183", "there", "630100")
	w.want(http.StatusNotFound) // somebody else's key
	w.gate.who = &fan
	for _, id := range []string{"none", unit.NewID(), "..%2f..", strings.Repeat("a", 3000)} {
		w.get("/apply/" + id + "/tasks")
		w.want(http.StatusNotFound)
	}
	w.get(at + "/file/0")
	w.want(http.StatusOK)
	if csp := w.got.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "sandbox") || !bytes.Equal(w.got.Body.Bytes(), picture(t)) {
		t.Fatalf("the file came with %q", csp)
	}
	for _, n := range []string{"-1", "1", "x"} {
		w.get(at + "/file/" + n)
		w.want(http.StatusNotFound)
	}
}

func TestWhatIsTypedStaysText(t *testing.T) {
	w := newWorld(t)
	at := w.begin()
	evil := `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`
	w.post(at+"/q/premises_no", "answer", evil)
	w.want(http.StatusSeeOther)
	w.get(at + "/q/premises_no")
	w.want(http.StatusOK)
	if strings.Contains(w.got.Body.String(), "<script>alert") || strings.Contains(w.got.Body.String(), "<img src=x") {
		t.Fatal("what was typed became part of the page")
	}
	for _, c := range []struct{ field, answer, what string }{
		{"premises_no", "五四\u202e大街", "a sign that turns text"},
		{"premises_no", "五四\x00大街", "a control character"},
		{"premises_no", strings.Repeat("长", 81), "too long"},
		{"trade_name", "Snow", "not Chinese"},
		{"capital", "-5", "a negative amount"},
		{"capital", "1e9", "an exponent"},
		{"scope", "核武器销售", "not one of the phrases"},
		{"trade_name", "", "nothing where something is needed"},
	} {
		w.post(at+"/q/"+c.field, "answer", c.answer)
		w.want(http.StatusUnprocessableEntity, `href="#answer"`)
		if _, kept := w.m.drafts[path.Base(at)].Answers[c.field]; kept && c.field != "premises_no" {
			t.Errorf("%s was kept", c.what)
		}
	}
	w.post(at+"/q/capital", "answer", "１０，０００")
	w.want(http.StatusSeeOther) // as people write it
	w.post(at+"/q/none", "answer", "1")
	w.want(http.StatusSeeOther, at)
}

func TestSignedOutInTheMiddle(t *testing.T) {
	w := newWorld(t)
	at := w.begin()
	w.gate.who = nil
	w.get(at + "/q/capital")
	w.want(http.StatusSeeOther, "/login?back=")
	w.post(at+"/q/capital", "answer", "250000")
	w.want(http.StatusUnauthorized, say("apply.expired.title"), `value="250000"`)
	if _, kept := w.m.drafts[path.Base(at)].Answers["capital"]; kept {
		t.Fatal("saved without a session")
	}
	w.gate.who = &fan
	w.post(at+"/q/capital", "answer", "250000")
	w.want(http.StatusSeeOther, at+"/q/")
}

func TestDraftsExpire(t *testing.T) {
	w := newWorld(t)
	at := w.begin()
	w.now = w.now.Add(journey.Life - time.Second)
	w.get(at + "/tasks")
	w.want(http.StatusOK)
	w.now = w.now.Add(time.Second)
	w.get(at + "/tasks")
	w.want(http.StatusNotFound, errs.ApplicationExpired.Text("zh").What)
}

func TestAPhoneAloneIsTooLittle(t *testing.T) {
	w := newWorld(t)
	w.gate.who = &party.Person{Name: "陈小北", Phone: "13800000003"}
	w.get("/apply/new?" + wish)
	w.want(http.StatusOK, say("apply.begin.too_low"))
	w.post("/apply/new", "key", unit.NewID(), "item", "2020-030", "here", "230183", "there", "630100")
	w.want(http.StatusForbidden, errs.IdentityTooLow.Text("zh").Next)
	w.gate.who = &fan
	w.post("/apply/new", "key", "1", "item", "2020-030", "here", "230183", "there", "630100")
	w.want(http.StatusBadRequest)
	w.get("/apply/new?item=2020-030&here=230183&there=350100") // another province decides
	w.want(http.StatusBadRequest, errs.NotOnlineHere.Text("zh").What)
	w.get("/apply/new?item=none&here=x&there=y")
	w.want(http.StatusBadRequest)
}

func TestASourceThatIsDown(t *testing.T) {
	w := newWorld(t)
	w.sources["realestate"] = errs.New(errs.TryLater, "down")
	at := w.begin()
	w.get(at + "/materials")
	w.want(http.StatusOK, say("apply.gap.paper.down", "不动产登记信息"), say("apply.way.promise"), say("apply.way.upload"))
	w.get(at + "/found") // what the sign-in proves stands in for the register of identity cards
	w.want(http.StatusOK, fan.Name, "统一身份认证账号", say("component.wrong"))
	w.post(at+"/wrong/applicant_phone", "said", "号码换了")
	w.want(http.StatusSeeOther, at+"/found")
	w.get(at + "/q/applicant_phone")
	w.want(http.StatusOK, say("apply.gap.wrong", "统一身份认证账号"))
}

// Who holds several licences that would do sees all of them, and chooses; what was chosen stays when the sources are asked again.
func TestOneOfSeveralLicences(t *testing.T) {
	w := newWorld(t)
	w.sources["idcard"] = holding{{ID: "a", Type: "证", No: "甲一", Issuer: "西宁", Issued: "2026-11-20"}, {ID: "b", Type: "证", No: "乙二", Issuer: "西宁", Issued: "2026-11-19"}}
	at := w.begin()
	id := path.Base(at)
	w.get(at + "/found")
	w.want(http.StatusOK, say("presentation.several.which"), "甲一", "乙二")
	if got := w.m.drafts[id].Records["idcard"]; got.Values["name"] != "甲一" {
		t.Errorf("before: %v", got.Values)
	}
	w.post(at+"/found", "use", "idcard", "licence-idcard", "c")
	w.want(http.StatusBadRequest)
	w.post(at+"/found", "use", "realestate", "licence-realestate", "b")
	w.want(http.StatusBadRequest)
	w.post(at+"/found", "use", "idcard", "licence-idcard", "b")
	w.want(http.StatusSeeOther, at+"/found")
	for range 2 {
		if got := w.m.drafts[id].Records["idcard"]; got.Values["name"] != "乙二" || got.Licence.ID != "b" {
			t.Errorf("after: %+v", got)
		}
		w.post(at+"/found", "again", "1")
	}
}

func TestRulesThatMoved(t *testing.T) {
	w := newWorld(t)
	at := w.begin()
	w.fill(at)
	id := path.Base(at)
	d := w.m.drafts[id]
	d.Digest = "of a version before"
	w.m.drafts[id] = d
	for _, p := range []string{"/tasks", "/check", "/q/capital"} {
		w.get(at + p)
		w.want(http.StatusSeeOther, at+"/rules")
	}
	w.post(at + "/check")
	w.want(http.StatusSeeOther, at+"/rules")
	if len(w.m.cases) != 0 {
		t.Fatal("submitted under rules that nobody had seen")
	}
	w.get(at + "/rules")
	w.want(http.StatusOK, say("apply.rules.lead"))
	w.post(at + "/rules")
	w.want(http.StatusSeeOther, at)
	if got := w.m.drafts[id]; got.Answers["capital"] != "100000" || got.Answers["trade_name"] != "雪莲" {
		t.Fatalf("something typed was lost: %v", got.Answers)
	}
	w.get(at + "/check")
	w.want(http.StatusSeeOther, at) // what was found is looked at once more
	w.post(at + "/found")
	w.post(at+"/materials", "way.premises", "promise")
	w.want(http.StatusSeeOther, at+"/check")
}

func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	img := image.NewGray(image.Rect(0, 0, 240, 320))
	for i := range img.Pix { // lines on a page
		img.Pix[i] = uint8(i / 240 % 8 * 30)
	}
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestUploads(t *testing.T) {
	w := newWorld(t)
	at := w.begin()
	w.post(at+"/materials", "way.premises", "upload")
	w.want(http.StatusSeeOther, at+"/upload/premises")
	w.get(at + "/upload/premises")
	w.want(http.StatusOK, `capture="environment"`)
	w.file(at+"/upload/premises", "file", "a.pdf", []byte("MZ\x90"))
	w.want(http.StatusUnprocessableEntity, say("apply.problem.type", 1))
	w.file(at+"/upload/premises", "file", "a.pdf", append([]byte("%PDF-1.4"), make([]byte, 2<<20)...))
	w.want(http.StatusUnprocessableEntity, say("apply.problem.size", 1))
	if len(w.m.files) != 0 {
		t.Fatalf("%d files of what was refused", len(w.m.files))
	}
	w.file(at+"/upload/charter", "file", "a.png", picture(t)) // made by the system: nothing is uploaded
	w.want(http.StatusSeeOther, at)
	w.file(at+"/upload/premises", "photo", `<img src=x onerror=1>.png`, picture(t))
	w.want(http.StatusSeeOther, at+"/upload/premises")
	w.get(at + "/upload/premises")
	w.want(http.StatusOK, at+"/file/0", say("apply.upload.clear"))
	if strings.Contains(w.got.Body.String(), "<img src=x") {
		t.Fatal("a file's name became part of the page")
	}
	w.post(at + "/file/0/remove")
	w.want(http.StatusSeeOther)
	if d := w.m.drafts[path.Base(at)]; len(d.Files) != 0 || len(w.m.files) != 0 {
		t.Fatal("a removed file stays")
	}
	w.file(at+"/upload/premises", "photo", "b.png", picture(t))
	w.post(at + "/delete")
	w.want(http.StatusSeeOther, "/cases?dropped=1")
	if len(w.m.drafts)+len(w.m.files) != 0 {
		t.Fatal("a deleted draft leaves something")
	}
}

var link = regexp.MustCompile(`http://qinghai\.localhost(/join/[\w-]+)`)

func TestTheOtherParty(t *testing.T) {
	w := newWorld(t)
	at := w.begin()
	w.post(at+"/q/capital", "answer", "7654321")
	invite := func() string {
		t.Helper()
		w.gate.who = &fan
		w.post(at+"/invite", "do", "make")
		w.want(http.StatusOK)
		return link.FindStringSubmatch(w.got.Body.String())[1]
	}
	first := invite()
	join := invite()
	w.get(join)
	w.want(http.StatusBadRequest, errs.InvitedSelf.Text("zh").What)
	w.gate.who = &lin
	w.get(first) // a new link ends the one before
	w.want(http.StatusNotFound, errs.InvitationInvalid.Text("zh").What)
	bad := []string{"/join/x", join + "AA"}
	for _, last := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
		if other := join[:len(join)-1] + string(last); other != join { // also those that differ in unused bits only
			bad = append(bad, other)
		}
	}
	for _, link := range bad {
		w.get(link)
		w.want(http.StatusNotFound)
	}
	w.get(join)
	w.want(http.StatusOK, lin.Name, "樊**", say("apply.join.what"))
	for _, secret := range []string{fan.Name, fan.IDNo, fan.Phone, "7654321", lin.IDNo} {
		if strings.Contains(w.got.Body.String(), secret) {
			t.Fatalf("the other party reads %q", secret)
		}
	}
	w.post(join, "answer", "yes")
	w.want(http.StatusSeeOther, join+"/sign")
	w.get(join + "/sign")
	w.want(http.StatusFound, provider)
	for name, change := range map[string]func(*vouch.Consent){
		"another person's": func(c *vouch.Consent) { c.Person.IDNo = fan.IDNo },
		"another hash":     func(c *vouch.Consent) { c.Hash = proof.HashOf([]byte("x")) },
		"an old one":       func(c *vouch.Consent) { c.At = w.now.Add(-consent.Fresh - time.Second) },
		"a weak one":       func(c *vouch.Consent) { c.Level = 1 },
		"for a submit":     func(c *vouch.Consent) { c.Act = vouch.Submit },
	} {
		w.gate.wait = w.agree(change)
		if w.get(join + "/sign"); w.got.Code != http.StatusForbidden {
			t.Fatalf("joined with %s: %d", name, w.got.Code)
		}
	}
	w.gate.wait = w.agree(nil)
	w.get(join + "/sign")
	w.want(http.StatusOK, say("apply.joined.title"))
	w.gate.who = &party.Person{Name: "王某", IDType: party.ResidentID, IDNo: "520103194803030014"}
	w.post(join, "answer", "yes") // a link answers once
	w.want(http.StatusNotFound)
	w.gate.who = &fan
	w.get(at + "/invite")
	w.want(http.StatusOK, "林**")
	if d := w.m.drafts[path.Base(at)]; d.Guest.Person.IDNo != lin.IDNo {
		t.Fatal("the draft does not know who joined")
	}

	join = invite()
	w.gate.who = &lin
	w.post(join, "answer", "no")
	w.want(http.StatusOK)
	if d := w.m.drafts[path.Base(at)]; d.Guest.State != journey.Declined || d.Guest.Person.Name != "" {
		t.Fatalf("who declined left %+v", d.Guest)
	}
	join = invite()
	w.now = w.now.Add(journey.InviteLife)
	w.gate.who = &lin
	w.get(join)
	w.want(http.StatusNotFound)
}

// What was answered in the guide is not asked again, and can be changed; what the rules do not ask is dropped.
func TestTheGuidesAnswersComeAlong(t *testing.T) {
	w := newWorld(t)
	const matter = "item=2020-038&here=230183&there=630100"
	w.get("/apply/new?" + matter + "&a-nothing=y&a-%3Cscript%3E=y")
	w.want(http.StatusOK)
	if strings.Contains(w.got.Body.String(), say("apply.begin.carried")) || strings.Contains(w.got.Body.String(), "script>=") {
		t.Fatal("an answer to nothing is shown")
	}
	v, _ := w.kit.Catalogue.Version("2020-038", workday.DateOf(w.now))
	q := v.Questions[0]
	w.get("/apply/new?" + matter + "&a-" + q.Key + "=n")
	w.want(http.StatusOK, say("apply.begin.carried"), q.Text, "/guide/2020-038?a-"+q.Key+"=n", `name="a-`+q.Key+`" value="n"`)
	id := unit.NewID()
	w.post("/apply/new", "key", id, "item", "2020-038", "here", "230183", "there", "630100", "a-"+q.Key, "n", "a-nothing", "y")
	w.want(http.StatusSeeOther, "/apply/"+id)
	if said := w.m.drafts[id].Said; len(said) != 1 || said[q.Key] {
		t.Fatalf("the draft holds %v", said)
	}
	w.get("/apply/" + id)
	if strings.Contains(w.at, "/ask/") {
		t.Fatalf("asked again at %s", w.at)
	}
	w.get("/apply/" + id + "/ask/" + q.Key)
	w.want(http.StatusOK, `value="no" checked`)
}
