package entrance

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/message"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/kernel/errs"
	"tongban/internal/page/text"
	"tongban/internal/proof"
)

func (w *world) address(rest string) string { return "/cases/" + string(w.c.No) + rest }

func TestSignInComesFirst(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/cases", w.address(""), w.address("/fix"), w.address("/papers/x"), w.address("/withdraw")} {
		r := w.get(w.site, path)
		if want := "/login?" + (url.Values{"back": {path}}).Encode(); r.code != http.StatusSeeOther || r.head.Get("Location") != want {
			t.Errorf("%s: %d to %q", path, r.code, r.head.Get("Location"))
		}
	}
	if len(w.store.log) > 0 {
		t.Errorf("logged %q", w.store.log)
	}
}

func TestSomebodyElsesCaseDoesNotExist(t *testing.T) {
	w := newWorld(t)
	w.gate.who = &wu
	p := w.receiptPaper()
	none := w.get(w.site, "/cases/23-20261123-999999-0")
	for _, rest := range []string{"", "/fix", "/withdraw", "/papers/" + p.ID, "/papers/" + p.ID + ".json"} {
		r := w.get(w.site, w.address(rest))
		if r.code != http.StatusNotFound || r.text() != none.text() {
			t.Errorf("%s: status %d, and another page than for a number that does not exist", rest, r.code)
		}
		r.lacks(fan.Name, fan.IDNo)
	}
	if r := w.post(w.address("/withdraw"), url.Values{"row": {"1"}}); r.code != http.StatusNotFound {
		t.Errorf("withdrawal by another: %d", r.code)
	}
	w.get(w.site, "/cases").has(200, "您还没有办件")
	if len(w.store.log) > 0 {
		t.Errorf("logged %q", w.store.log)
	}
}

func TestCasePage(t *testing.T) {
	w := newWorld(t)
	w.gate.who = &fan
	w.get(w.site, "/cases").has(200, "办理中", "内资企业及分支机构设立登记", "已提交", string(w.c.No))
	r := w.get(w.site, w.address(""))
	r.has(200, "尚志市政务服务中心（跨省通办窗口）已收件，正在核对", "0451-12345", "收件凭证", "下载签名文件", "✓签名有效：黑龙江省", "收件，办件开始", "最迟哪天")
	r.lacks(fan.IDNo, fan.Phone)
	if !slices.Equal(w.store.log, []string{"view applicant entrance.cases", "view applicant entrance.case"}) {
		t.Errorf("logged %q", w.store.log)
	}
	r = w.get(w.site, w.address("")+"?lang=en")
	r.has(200, "Valid signature")
}

func TestForgedFactIsMarked(t *testing.T) {
	w := newWorld(t)
	w.gate.who = &fan
	w.store.facts[0].Signed.Body = bytes.Replace(w.store.facts[0].Signed.Body, []byte("lodge"), []byte("lodgE"), 1)
	w.get(w.site, w.address("")).has(200, "签名不对")
}

func TestPrintAndDownload(t *testing.T) {
	w := newWorld(t)
	w.gate.who = &fan
	p := w.receiptPaper()
	r := w.get(w.site, w.address("/papers/"+p.ID))
	r.has(200, "收件凭证", "http://heilongjiang.localhost/v/"+p.Check)
	if r.count("svg") < 2 {
		t.Error("no QR code")
	}
	r = w.get(w.site, w.address("/papers/"+p.ID+".json"))
	f, err := licence.ReadFile([]byte(r.body))
	if err != nil || f.Kind != licence.FileDocument || !strings.Contains(r.head.Get("Content-Disposition"), "attachment") {
		t.Errorf("%v, %q, %q", err, f.Kind, r.head)
	}
	l := w.issueLicence(licence.Holder{Name: "西宁晨光商贸有限公司", Code: "91630100MA0000001A", CodeType: "001"}, "")
	w.get(w.site, w.address("/papers/"+l.ID)).has(200, "营业执照", "打印件以扫码核验结果为准")
	if r := w.get(w.site, w.address("/papers/no-such")); r.code != http.StatusNotFound {
		t.Errorf("status %d", r.code)
	}
}

func TestWaitingForTheOtherPlace(t *testing.T) {
	w := newWorld(t)
	w.gate.who = &fan
	w.send()
	r := w.get(w.site, w.address(""))
	r.has(200, "材料已收好，正在送往青海")
	r.lacks("连不上", "我不办了")
	w.now = w.now.Add(10 * time.Minute)
	r = w.get(w.site, w.address(""))
	r.has(200, "青海的系统今天10:00起暂时连不上。您的材料已安全收到，恢复后自动送达，期限不从您这边扣。下次尝试：10:15")
}

func TestCorrection(t *testing.T) {
	w := newWorld(t)
	w.gate.who = &fan
	w.get(w.site, w.address("/fix")).has(http.StatusSeeOther)
	w.change(func(c *casefile.Case) {
		for i := range c.Legs {
			if c.Legs[i].Kind == item.Decide {
				c.Legs[i].State, c.Legs[i].Holder = casefile.Corrected, "23"
			}
		}
		c.Private.Corrections = []casefile.Correction{{Check: "charter", Material: "charter", Problem: "缺第三页", Fix: "补扫第三页", Basis: "条例第16条"}}
	})
	w.get(w.site, "/cases").has(200, "需要您处理", "要补正")
	w.get(w.site, w.address("")).has(200, "要补1份材料，补齐就继续办", "看要补的1份材料")
	w.get(w.site, w.address("/fix")).has(200, "公司章程", "缺第三页", "补扫第三页", "条例第16条", "其余的已经收下", "尚志市政务服务中心")
}

func TestWithdraw(t *testing.T) {
	w := newWorld(t)
	w.gate.who = &fan
	w.get(w.site, w.address("/withdraw")).has(200, "确认撤回", "不能恢复")
	if r := w.post(w.address("/withdraw"), url.Values{"row": {"7"}}); r.code != http.StatusConflict {
		t.Errorf("an outdated page: %d", r.code)
	}
	row := strconv.FormatInt(w.c.Row, 10)
	for range 2 { // the second press of the button finds it done
		if r := w.post(w.address("/withdraw"), url.Values{"row": {row}}); r.code != http.StatusSeeOther {
			t.Fatalf("status %d: %s", r.code, r.text())
		}
	}
	w.get(w.site, w.address("?withdrawn=1")).has(200, "您已撤回这个申请", "撤回已登记")
	w.get(w.site, "/cases").has(200, "已撤回")
}

func TestOwns(t *testing.T) {
	w := newWorld(t)
	w.gate.who = &party.Person{Name: fan.Name, Phone: fan.Phone}
	w.get(w.site, "/cases").has(200, "您的身份只验证了手机号")
	household := fan
	household.IDType = party.HouseholdBook
	w.gate.who = &household
	w.get(w.site, w.address("")).has(200)
}

func TestVerifyByCode(t *testing.T) {
	w := newWorld(t)
	p := w.receiptPaper()
	r := w.get(w.site, "/v/"+strings.ToLower(p.Check))
	r.has(200, "核验通过", "收件凭证", "樊**", "有效；办件现在：已提交", "签名节点：黑龙江省")
	r.lacks(fan.Name, fan.IDNo, "五四大街")
	if !slices.Equal(w.store.log, []string{"view anyone entrance.verify"}) {
		t.Errorf("logged %q", w.store.log)
	}
	w.get(w.site, "/v/22222222").has(404, "没有查到")
	w.get(w.site, "/v/nothing").has(404, "没有查到")
	if r := w.get(w.site, "/verify?code="+p.Check); r.head.Get("Location") != "/v/"+p.Check {
		t.Errorf("to %q", r.head.Get("Location"))
	}
	w.get(w.site, "/verify?code=1").has(422, "核验码是8个字符")
	w.get(w.hub, "/verify?code="+p.Check).has(200, "请到出件的省核验", "青海")

	l := w.issueLicence(licence.Holder{Name: fan.Name, Code: fan.IDNo, CodeType: "111"}, "2026-11-22")
	r = w.get(w.site, "/v/"+l.Number)
	r.has(200, "核验没有通过", "不在有效期内", "樊**")
	r.lacks(fan.Name, fan.IDNo)
}

// TestOnlyTheIssuerKnows: 西宁 issued the licence, so 黑龙江's page does not say that it was never revoked.
func TestOnlyTheIssuerKnows(t *testing.T) {
	w := newWorld(t)
	l := w.issueLicence(licence.Holder{Name: fan.Name, Code: fan.IDNo, CodeType: "111"}, "")
	w.get(w.site, "/v/"+l.Number).has(200, "核验通过", "请到签发机关所在的省核验")
}

func TestVerifyFile(t *testing.T) {
	w := newWorld(t)
	f, err := licence.NewFile(w.receiptPaper().Signed)
	must(t, err)
	good, err := f.Bytes()
	must(t, err)
	for _, h := range []http.Handler{w.hub, w.site} {
		r := w.upload(h, good)
		r.has(200, "核验通过", "收件凭证", "樊**", "签发后没有改动")
		r.lacks(fan.Name, "五四大街")
	}
	f.Signed.Body = bytes.Replace(f.Signed.Body, []byte("樊晓梅"), []byte("樊晓海"), 1)
	bad, err := json.Marshal(f)
	must(t, err)
	r := w.upload(w.hub, bad)
	r.has(200, "核验没有通过", errs.BadSignature.Text("zh").What)
	w.upload(w.hub, []byte("{}")).has(200, "核验没有通过")
	w.upload(w.hub, bytes.Repeat([]byte(" "), maxFile+1)).has(413)

	// A genuine signature of another province under a paper of ours is worth nothing.
	p := w.receiptPaper()
	forged, err := w.signers["63"].Sign(p.Signed.Typ, p.Signed.Body)
	must(t, err)
	b, err := licence.File{Kind: licence.FileDocument, Signed: forged}.Bytes()
	must(t, err)
	w.upload(w.hub, b).has(200, "核验没有通过", errs.ForeignOffice.Text("zh").What)

	fact, err := licence.NewFile(w.store.facts[0].Signed)
	must(t, err)
	b, err = fact.Bytes()
	must(t, err)
	w.upload(w.hub, b).has(200, "核验通过", "办理记录")
}

func TestVerifyWithoutFile(t *testing.T) {
	w := newWorld(t)
	if r := w.post("/verify", nil); r.code != http.StatusUnprocessableEntity && r.code != http.StatusBadRequest {
		t.Errorf("status %d", r.code)
	}
}

func TestHeadlines(t *testing.T) {
	at := time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name                    string
		decide, deliver         casefile.State
		holder, deliverer       office.NodeID
		outcome                 casefile.Outcome
		closed                  bool
		says, group, withdrawal string
	}{
		{"received there", casefile.Received, casefile.Planned, "63", "", "", false, "西宁市行政审批服务局收到了，正在看材料齐不齐", "办理中", "我不办了"},
		{"accepted", casefile.Accepted, casefile.Planned, "63", "", "", false, "西宁市行政审批服务局已受理，正在审查", "办理中", "我不办了"},
		{"suspended", casefile.Suspended, casefile.Planned, "63", "", "", false, "正在走不计期限的程序", "办理中", "我不办了"},
		{"decided", casefile.Concluded, casefile.Planned, "63", "", casefile.Granted, false, "已有结果，正在送出", "办理中", ""},
		{"arrived", casefile.Done, casefile.Received, "63", "23", casefile.Granted, false, "结果到了，请带身份证到", "需要您处理", ""},
		{"delivered", casefile.Done, casefile.Delivered, "63", "23", casefile.Granted, true, "办好了，结果已经给您", "办好了", ""},
		{"denied", casefile.Done, casefile.Delivered, "63", "23", casefile.Denied, true, "没有批准，理由和救济办法在决定书里", "办好了", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.gate.who = &fan
			w.change(func(x *casefile.Case) {
				for i := range x.Legs {
					switch l := &x.Legs[i]; l.Kind {
					case item.Collect:
						l.State = casefile.Done
					case item.Decide:
						l.State, l.Holder, l.Outcome = c.decide, c.holder, c.outcome
					case item.Deliver:
						l.State, l.Holder = c.deliver, c.deliverer
					case item.Verify, item.File, item.Seal:
					}
				}
				if c.closed {
					x.Closed = at
				}
			})
			w.get(w.site, "/cases").has(200, c.group, c.says)
			r := w.get(w.site, w.address(""))
			r.has(200, c.says, c.withdrawal)
			if c.withdrawal == "" {
				r.lacks("我不办了")
				if r := w.get(w.site, w.address("/withdraw")); r.code != http.StatusSeeOther {
					t.Errorf("withdrawal is offered: %d", r.code)
				}
			}
		})
	}
}

func TestEveryActAndStateHasItsWord(t *testing.T) {
	for _, a := range []casefile.Act{
		casefile.ActLodge, casefile.ActHandOver, casefile.ActReceive, casefile.ActReopen, casefile.ActAccept, casefile.ActDeemAccept,
		casefile.ActDecline, casefile.ActCorrect, casefile.ActReturn, casefile.ActSuspend, casefile.ActResume, casefile.ActDecide,
		casefile.ActDispatch, casefile.ActDeliver, casefile.ActWithdraw, casefile.ActAskWithdraw, casefile.ActReview, casefile.ActSupplement,
	} {
		if !text.Has("entrance.act." + string(a)) {
			t.Errorf("no word for the act %q", a)
		}
	}
	for _, k := range []item.LimitKind{item.LimitIntake, item.LimitDecide, item.LimitIssue, item.LimitNotify} {
		if !text.Has("entrance.due." + string(k)) {
			t.Errorf("no word for the limit %q", k)
		}
	}
	for _, s := range []casefile.State{
		casefile.Planned, casefile.Received, casefile.Corrected, casefile.Returned, casefile.Accepted, casefile.Suspended, casefile.Declined,
		casefile.Concluded, casefile.Done, casefile.Withdrawn,
	} {
		if !text.Has("entrance.leg.decide." + string(s)) {
			t.Errorf("no word for the state %q", s)
		}
	}
}

func TestTheOtherPlacesDateIsTold(t *testing.T) {
	w := newWorld(t)
	w.gate.who = &fan
	w.change(func(c *casefile.Case) { c.Limits = nil })
	f := w.store.facts[0].Fact
	f.By, f.Office, f.Act, f.Due, f.At = "63", decider, casefile.ActAccept, "2026-11-26", w.now
	signed, err := proof.SignJSON(w.signers["63"], casefile.TypFact, f)
	must(t, err)
	w.store.facts = append(w.store.facts, casefile.Known{Case: w.c.ID, Hash: signed.Hash(), Fact: f, Signed: signed})
	w.get(w.site, w.address("")).has(200, "11月26日（周四）", "还有3天", "由西宁市行政审批服务局告知", "✓签名有效：青海省")
}

func TestWhatWasToldStandsOnThePage(t *testing.T) {
	w := newWorld(t)
	w.gate.who = &fan
	values := map[string]string{
		notice.ValueName: "F**", notice.ValueItem: w.c.Item, notice.ValueNo: string(w.c.No), notice.ValueCount: "2", notice.ValueDue: "2026-12-01",
	}
	stuck := notice.New(notice.Correction, []byte("x"), w.c.ID, "o", w.now, values)
	stuck.Template, stuck.State, stuck.Channel, stuck.To = "correction-1", notice.Stuck, notice.SMS, "138****0001"
	old := notice.New(notice.Accepted, []byte("y"), w.c.ID, "o", w.now, values)
	old.Template, old.State = "of-another-release", notice.Kept
	w.store.told = []notice.Notice{stuck, old}
	w.get(w.site, w.address("")).has(200, text.T("zh", "notice.title"), text.T("zh", "notice.state.stuck"), "138****0001", text.T("zh", "notice.kind.accepted"))
}

func TestHowToBeTold(t *testing.T) {
	w := newWorld(t)
	w.gate.who = &fan
	w.get(w.site, "/contact").has(200, text.T("zh", "notice.contact.title"), "138")
	for name, form := range map[string]url.Values{
		"channel": {"channel": {"pigeon"}},
		"phone":   {"channel": {"voice"}, "phone": {"<script>"}},
		"address": {"channel": {"letter"}, "address": {strings.Repeat("x", 201)}},
	} {
		w.post("/contact", form).has(422, text.T("zh", "notice.contact.bad."+name))
	}
	if len(w.store.wishes) > 0 {
		t.Errorf("stored %v", w.store.wishes)
	}
	r := w.post("/contact", url.Values{"channel": {"letter"}, "lang": {"en"}, "address": {"<b>No. 1</b>"}})
	if r.code != http.StatusSeeOther {
		t.Fatalf("status %d", r.code)
	}
	got := w.store.wishes[fan.IDNo]
	if got.Channel != notice.Letter || got.Lang != "en" || got.Address != "<b>No. 1</b>" {
		t.Errorf("%+v", got)
	}
	w.get(w.site, "/contact").lacks("<b>No. 1</b>")
	w.gate.who = &party.Person{Phone: "13800000003"}
	if r := w.get(w.site, "/contact"); r.code != http.StatusForbidden && r.code != http.StatusUnauthorized {
		t.Errorf("without a number: %d", r.code)
	}
}

func TestMessages(t *testing.T) {
	w := newWorld(t)
	w.gate.who = &wu
	if r := w.get(w.site, w.address("/ask")); r.code != http.StatusNotFound {
		t.Errorf("somebody else's messages: %d", r.code)
	}
	w.gate.who = &fan
	w.get(w.site, w.address("/ask")).has(200, text.T("zh", "message.none"), text.T("zh", "message.send"))
	key := "01a21ce3-80c7-72d9-8b36-64fa6fac3684"
	w.post(w.address("/ask"), url.Values{"key": {key}, "text": {" "}}).has(422, text.T("zh", "message.title"))
	long := strings.Repeat("x", 501)
	w.post(w.address("/ask"), url.Values{"key": {key}, "text": {long}}).has(422, long)
	if r := w.post(w.address("/ask"), url.Values{"key": {key}, "text": {"<script>alert(1)</script>\nline"}}); r.code != http.StatusSeeOther {
		t.Fatalf("status %d", r.code)
	}
	r := w.get(w.site, w.address("/ask"))
	r.has(200, "<script>alert(1)</script>", "line")
	r.lacks("<script>alert")
	w.store.words = append(w.store.words, message.Message{ID: "a", Case: w.c.ID, From: message.Office, Office: w.c.Legs[0].Office, At: w.now, Text: "answer"})
	w.get(w.site, w.address("")).has(200, text.T("zh", "message.unread", 1))
	if !slices.Contains(w.store.log, "view applicant entrance.ask") {
		t.Errorf("the look is not logged: %q", w.store.log)
	}
}
