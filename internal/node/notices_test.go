package node_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/office"
	"tongban/internal/handling/decide"
	"tongban/internal/handling/notify"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/node"
)

// post is a gateway that does as it is told.
type post struct {
	mu      sync.Mutex // guards what follows
	answer  error
	arrived bool
	got     []notify.Message
}

func (p *post) Send(_ context.Context, m notify.Message) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.answer != nil {
		return false, p.answer
	}
	p.got = append(p.got, m)
	return p.arrived, nil
}

func (p *post) take() []notify.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	got := p.got
	p.got = nil
	return got
}

// told is a pair of nodes whose notices end at a gateway, at a business time that the test moves.
type told struct {
	t           *testing.T
	here, there *node.Node
	out, other  *post
	now         time.Time
	clerk       casefile.Actor
	officer     casefile.Actor
}

func newTold(t *testing.T) *told {
	t.Helper()
	w := &told{t: t, out: &post{arrived: true}, other: &post{}, now: time.Date(2026, 11, 25, 10, 0, 0, 0, workday.Zone)}
	w.here, w.there = pairWith(t, func(cfg *node.Config) {
		to := w.out
		if cfg.ID == "63" {
			to = w.other
		}
		cfg.Gateways = map[notice.Channel]notify.Gateway{notice.SMS: to, notice.Letter: to}
		cfg.Now = func() time.Time { return w.now }
	})
	w.clerk = actor(t, w.here, "230183", office.Window)
	w.officer = actor(t, w.there, "630100", office.Reviewer, office.Decider)
	return w
}

func (w *told) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *told) turn() {
	w.t.Helper()
	for range 6 { // what a pump puts off is due a moment later
		w.now = w.now.Add(10 * time.Second)
		settle(w.t, w.here, w.there)
	}
}

func (w *told) lodged() casefile.Case {
	w.t.Helper()
	c, err := w.here.Lodge.TakeIn(w.t.Context(), w.clerk, application(w.t, w.here))
	w.ok(err)
	w.turn()
	return c
}

func (w *told) handedOver() casefile.Case {
	w.t.Helper()
	c := w.lodged()
	_, err := w.here.Post.HandOver(w.t.Context(), w.clerk, c.ID, 0)
	w.ok(err)
	w.turn()
	return c
}

func (w *told) kinds(id string) []notice.Kind {
	w.t.Helper()
	list, err := w.here.Store.Notices(w.t.Context(), id)
	w.ok(err)
	var out []notice.Kind
	for _, n := range list {
		out = append(out, n.Kind)
	}
	return out
}

func TestEveryActReachesTheApplicantFromWhereTheContactIs(t *testing.T) {
	w := newTold(t)
	ctx := t.Context()
	c := w.handedOver()
	_, err := w.there.Bench.Accept(ctx, w.officer, decide.Ref{Case: c.ID})
	w.ok(err)
	w.turn()
	_, err = w.there.Bench.Suspend(ctx, w.officer, decide.Ref{Case: c.ID}, casefile.Suspension{Procedure: "experts", Reason: "x", Days: 5})
	w.ok(err)
	w.turn()
	_, err = w.there.Bench.Resume(ctx, w.officer, decide.Ref{Case: c.ID})
	w.ok(err)
	w.turn()
	_, err = w.there.Bench.Decide(ctx, w.officer, decide.Ref{Case: c.ID}, casefile.Decision{Outcome: casefile.Denied, Reasons: []string{"x"}})
	w.ok(err)
	w.turn()
	_, err = w.there.Issuer.Issue(ctx, w.officer, c.ID, 0)
	w.ok(err)
	w.turn()
	_, err = w.here.Issuer.Deliver(ctx, w.clerk, c.ID, 0, casefile.Delivery{Way: "post", To: "x"})
	w.ok(err)
	w.turn()
	want := []notice.Kind{
		notice.Received, notice.Moved, notice.Accepted, notice.Suspended, notice.Resumed, notice.Refused, notice.Ready, notice.Posted,
	}
	if got := w.kinds(c.ID); !slices.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
	got := w.out.take()
	if len(got) != len(want) {
		t.Fatalf("%d messages, want %d", len(got), len(want))
	}
	for _, m := range got {
		if m.To != "13800000001" || strings.Contains(m.Text, "晓梅") || strings.Contains(m.Text, "2301831990") || notice.Parts(m.Text) != 1 {
			t.Errorf("%+v", m)
		}
	}
	if !strings.Contains(got[2].Text, "前办结") {
		t.Errorf("the acceptance does not tell its limit: %s", got[2].Text)
	}
	if !strings.Contains(got[5].Text, "复议") || !strings.Contains(got[5].Text, "起诉") {
		t.Errorf("the refusal does not tell the remedies: %s", got[5].Text)
	}
	if n := len(w.other.take()); n != 0 {
		t.Errorf("the deciding place sent %d messages too", n)
	}
}

func TestACorrectionIsToldAndRemindedOfOnce(t *testing.T) {
	w := newTold(t)
	ctx := t.Context()
	c := w.handedOver()
	_, err := w.there.Bench.Correct(ctx, w.officer, decide.Ref{Case: c.ID}, []casefile.Correction{{Check: "x", Material: "premises", Problem: "p", Fix: "f"}})
	w.ok(err)
	w.turn()
	at, ok, err := w.here.Store.NextDue(ctx)
	w.ok(err)
	if !ok || workday.DateOf(at).String() != "2026-12-09" { // ten working days on
		t.Errorf("reminded at %s", at)
	}
	w.now = at
	for range 2 {
		w.turn()
	}
	if got := w.kinds(c.ID); !slices.Equal(got[2:], []notice.Kind{notice.Correction, notice.Reminder}) {
		t.Errorf("%v", got)
	}
	if _, ok, err := w.here.Store.NextDue(ctx); ok || err != nil {
		t.Errorf("work is left: %v", err)
	}
	_, err = w.here.Lodge.Supplement(ctx, w.clerk, c.ID, 0, nil, nil, nil)
	w.ok(err)
	if got := w.kinds(c.ID); got[len(got)-1] != notice.Supplemented {
		t.Errorf("%v", got)
	}
}

func TestNobodyIsDisturbedAtNight(t *testing.T) {
	w := newTold(t)
	w.now = time.Date(2026, 11, 25, 23, 0, 0, 0, workday.Zone)
	c := w.lodged()
	if n := len(w.out.take()); n != 0 {
		t.Fatalf("%d messages at night", n)
	}
	_, err := w.here.Lodge.Withdraw(t.Context(), nil, c.ID, 0)
	w.ok(err)
	w.turn()
	if got := w.out.take(); len(got) != 1 || !strings.Contains(got[0].Text, "撤回") {
		t.Fatalf("what is urgent waits: %v", got)
	}
	w.now = time.Date(2026, 11, 26, 7, 58, 0, 0, workday.Zone)
	w.turn()
	if n := len(w.out.take()); n != 0 {
		t.Fatalf("%d messages before eight", n)
	}
	w.turn()
	if n := len(w.out.take()); n != 1 {
		t.Fatalf("%d messages at eight", n)
	}
}

func TestAGatewayThatIsAwayIsTriedUntilItIsOfNoUse(t *testing.T) {
	w := newTold(t)
	ctx := t.Context()
	w.out.answer = errs.New(errs.NoticeGateway, "down")
	c := w.lodged()
	for range 30 {
		w.now = w.now.Add(12 * time.Hour)
		w.turn()
	}
	list, err := w.here.Store.StuckNotices(ctx, w.clerk.Office, 9)
	w.ok(err)
	if len(list) != 1 || list[0].Case != c.ID || list[0].Why != errs.NoticeGateway || list[0].Tries < 5 {
		t.Fatalf("given up: %+v", list)
	}
	stranger := w.clerk
	stranger.Office = "x"
	if err := w.here.Room.Settle(ctx, stranger, list[0].ID, notify.AnswerTold); !errs.Is(err, errs.CaseElsewhere) {
		t.Errorf("another office settles it: %v", err)
	}
	w.out.answer = nil
	w.ok(w.here.Room.Settle(ctx, w.clerk, list[0].ID, notify.AnswerAgain))
	if err := w.here.Room.Settle(ctx, w.clerk, list[0].ID, notify.AnswerTold); !errs.Is(err, errs.Stale) {
		t.Errorf("settled twice: %v", err)
	}
	w.now = time.Date(2027, 1, 4, 10, 0, 0, 0, workday.Zone)
	w.turn()
	if got := w.out.take(); len(got) != 1 || got[0].ID != list[0].ID {
		t.Errorf("sent again: %v", got)
	}
}

func TestReportsAreTakenOnceAndNeverBackwards(t *testing.T) {
	w := newTold(t)
	ctx := t.Context()
	w.out.arrived = false
	c := w.lodged()
	list, err := w.here.Store.Notices(ctx, c.ID)
	w.ok(err)
	id := list[0].ID
	state := func() notice.State {
		n, err := w.here.Store.Notice(ctx, id)
		w.ok(err)
		return n.State
	}
	if s := state(); s != notice.Handed {
		t.Fatalf("before a report: %s", s)
	}
	w.ok(w.here.Room.Report(ctx, id, false))
	if s := state(); s != notice.Stuck {
		t.Fatalf("after a bad report: %s", s)
	}
	w.ok(w.here.Room.Settle(ctx, w.clerk, id, notify.AnswerTold))
	w.ok(w.here.Room.Report(ctx, id, true))
	if s := state(); s != notice.Told {
		t.Errorf("a late report undid what the officer said: %s", s)
	}
	if err := w.here.Room.Report(ctx, strings.Repeat("0", 32), true); errs.KindOf(err) != errs.NotFound {
		t.Errorf("a report on nothing: %v", err)
	}
	w.now = time.Date(2026, 11, 25, 23, 0, 0, 0, workday.Zone)
	c = w.lodged()
	list, err = w.here.Store.Notices(ctx, c.ID)
	w.ok(err)
	if err := w.here.Room.Report(ctx, list[0].ID, true); !errs.Is(err, errs.NotInOrder) {
		t.Errorf("a report on what was not sent: %v", err)
	}
}

func TestPeopleAreToldAsTheyWish(t *testing.T) {
	w := newTold(t)
	ctx := t.Context()
	wish := notice.Contact{Channel: notice.Letter, Lang: "en", Person: fan(t)}
	if err := w.here.Room.Wish(ctx, wish); !errs.Is(err, errs.NoticeAddress) {
		t.Errorf("a letter to nowhere: %v", err)
	}
	wish.Address = "No. 1"
	w.ok(w.here.Room.Wish(ctx, wish))
	w.lodged()
	got := w.out.take()
	if len(got) != 1 || got[0].Channel != notice.Letter || got[0].To != "No. 1" || got[0].Lang != "en" || got[0].Name == "" {
		t.Errorf("%+v", got)
	}
	wish.Channel = notice.Page
	w.ok(w.here.Room.Wish(ctx, wish))
	c := w.lodged()
	list, err := w.here.Store.Notices(ctx, c.ID)
	w.ok(err)
	if len(w.out.take()) != 0 || list[0].State != notice.Kept {
		t.Errorf("%+v", list)
	}
}

func TestAFloodStaysOnThePage(t *testing.T) {
	w := newTold(t)
	ctx := t.Context()
	c := w.lodged()
	for n := range 3 * notice.MostADay {
		w.ok(w.here.Store.Commit(ctx, unit.Unit{At: w.now, Notices: []notice.Notice{
			notice.New(notice.Accepted, []byte{1, byte(n)}, c.ID, w.clerk.Office, w.now, map[string]string{}),
		}}))
		w.turn()
	}
	if n := len(w.out.take()); n != notice.MostADay {
		t.Errorf("%d messages in an hour", n)
	}
}

func TestAWishToWithdrawThatComesTooLateIsAnswered(t *testing.T) {
	w := newTold(t)
	ctx := t.Context()
	c := w.handedOver()
	_, err := w.there.Bench.Accept(ctx, w.officer, decide.Ref{Case: c.ID})
	w.ok(err)
	w.turn()
	// Both at once: it is decided there while the wish is on its way.
	_, err = w.there.Bench.Decide(ctx, w.officer, decide.Ref{Case: c.ID}, casefile.Decision{Outcome: casefile.Granted})
	w.ok(err)
	_, err = w.here.Lodge.Withdraw(ctx, nil, c.ID, 0)
	w.ok(err)
	w.turn()
	if got := w.kinds(c.ID); !slices.Contains(got, notice.TooLate) || !slices.Contains(got, notice.Granted) || slices.Contains(got, notice.Withdrawn) {
		t.Errorf("told %v", got)
	}
	// In time: the deciding place stops, and the applicant is told so once.
	c = w.handedOver()
	_, err = w.here.Lodge.Withdraw(ctx, nil, c.ID, 0)
	w.ok(err)
	w.turn()
	if got := w.kinds(c.ID); got[len(got)-1] != notice.Withdrawn || slices.Contains(got, notice.TooLate) {
		t.Errorf("told %v", got)
	}
}
