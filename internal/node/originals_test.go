package node_test

import (
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/office"
	"tongban/internal/domain/original"
	"tongban/internal/domain/watch"
	"tongban/internal/fsck"
	"tongban/internal/handling/carry"
	"tongban/internal/handling/decide"
	"tongban/internal/kernel/errs"
	"tongban/internal/node"
)

// carrying is a case of 尚志's that 西宁 checks on scans, between whose offices its originals travel.
type carrying struct {
	t                       *testing.T
	here, there             *node.Node
	clerk, lead, zhao, boss casefile.Actor // window and its lead; reviewer and lead of the deciding office
	id                      string
}

func newCarrying(t *testing.T) *carrying {
	t.Helper()
	here, there := pair(t)
	w := &carrying{t: t, here: here, there: there}
	w.clerk, w.lead = actor(t, here, "230183", office.Window), actor(t, here, "230183", office.Lead)
	w.zhao, w.boss = actor(t, there, "630100", office.Reviewer, office.Decider), actor(t, there, "630100", office.Lead)
	w.clerk.Name, w.lead.Name, w.zhao.Name, w.boss.Name = "李窗口", "王组长", "赵审核", "马主任"
	c, err := here.Lodge.TakeIn(t.Context(), w.clerk, application(t, here))
	w.must(err)
	w.id = c.ID
	_, err = here.Post.HandOver(t.Context(), w.clerk, c.ID, 0)
	w.must(err)
	w.turn()
	return w
}

func (w *carrying) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *carrying) refused(err error, code errs.Code) {
	w.t.Helper()
	if !errs.Is(err, code) {
		w.t.Errorf("got %v, want %s", err, code.Name())
	}
}

func (w *carrying) turn() {
	w.t.Helper()
	settle(w.t, w.here, w.there)
}

func (w *carrying) ref() carry.Ref { return carry.Ref{Case: w.id} }

func (w *carrying) at(n *node.Node) (casefile.Case, original.Chain) {
	w.t.Helper()
	c, err := n.Store.Case(w.t.Context(), w.id)
	w.must(err)
	ch, err := n.Store.Originals(w.t.Context(), w.id)
	w.must(err)
	return c, ch
}

// checked marks every point of the checklist, all met but those named.
func (w *carrying) checked(amend ...string) {
	w.t.Helper()
	c, _ := w.at(w.there)
	law, err := w.there.Kit.Law(c, c.Day(w.there.Kit.Now()))
	w.must(err)
	marks := map[string]casefile.Mark{}
	for i, k := range law.Version.Checklist {
		marks[k.Key] = casefile.Mark{Finding: casefile.Meets}
		if i < len(amend) {
			marks[k.Key] = casefile.Mark{Finding: casefile.Amend, Note: amend[i]}
		}
	}
	_, err = w.there.Bench.Review(w.t.Context(), w.zhao, decide.Ref{Case: w.id}, marks)
	w.must(err)
}

func (w *carrying) call() {
	w.t.Helper()
	w.checked()
	w.must(w.there.Carry.Call(w.t.Context(), w.zhao, w.ref(), []string{"premises"}, ""))
	w.turn()
}

func premises() carry.Load {
	return carry.Load{Way: original.ByPost, Ref: "RA473124829US", Fresh: []original.Paper{{Material: "premises", Pages: 3, Form: original.Original}}}
}

// send has the window send the original, and gives the bag's number and the paper.
func (w *carrying) send() (original.No, original.Paper) {
	w.t.Helper()
	no, err := w.here.Carry.Send(w.t.Context(), w.clerk, w.ref(), premises())
	w.must(err)
	w.turn()
	_, ch := w.at(w.there)
	b, ok := ch.Bag(no)
	if !ok || len(ch.In(b)) != 1 {
		w.t.Fatalf("bag %s is not announced: %+v", no, ch)
	}
	return no, ch.In(b)[0]
}

func (w *carrying) rules() {
	w.t.Helper()
	r, err := fsck.Check(w.t.Context(), []fsck.Node{
		{ID: w.here.ID, Reader: w.here.Store, Trust: w.here.Trust.List()}, {ID: w.there.ID, Reader: w.there.Store, Trust: w.there.Trust.List()},
	}, fsck.Options{Now: time.Now(), Figures: true})
	if err == nil {
		err = r.Err()
	}
	if err != nil || r.Checked["originals"] == 0 {
		w.t.Errorf("%v: %v", r.Checked, err)
	}
}

// later moves the business time of both.
func (w *carrying) later(days int) {
	at := time.Now().AddDate(0, 0, days)
	w.here.Kit.Now = func() time.Time { return at }
	w.there.Kit.Now = w.here.Kit.Now
}

func (w *carrying) alarms(n *node.Node, kind watch.Kind) (open int) {
	w.t.Helper()
	list, err := n.Store.Alarms(w.t.Context(), w.id)
	w.must(err)
	for _, a := range list {
		if a.Kind == kind && a.Ended.IsZero() {
			open++
		}
	}
	return open
}

func (w *carrying) told() map[notice.Kind]int {
	w.t.Helper()
	list, err := w.here.Store.Notices(w.t.Context(), w.id)
	w.must(err)
	out := map[notice.Kind]int{}
	for _, n := range list {
		out[n.Kind]++
	}
	return out
}

// No original travels before every point on the scans is met; what is wrong is told in the one notice, with all papers at home. Then the
// original goes, is ticked, comes back, and the case closes with it: at both ends at the same instant.
func TestOriginalsTravelAfterTheScansAreChecked(t *testing.T) {
	w := newCarrying(t)
	ctx := t.Context()
	_, err := w.here.Carry.Send(ctx, w.clerk, w.ref(), premises())
	w.refused(err, errs.NotCalledFor)
	w.refused(w.there.Carry.Call(ctx, w.zhao, w.ref(), []string{"premises"}, ""), errs.ScansUnchecked)
	w.checked("a stamp is missing")
	w.refused(w.there.Carry.Call(ctx, w.zhao, w.ref(), []string{"premises"}, ""), errs.ScansUnchecked)
	w.checked()
	w.refused(w.there.Carry.Call(ctx, w.zhao, w.ref(), []string{"another"}, ""), errs.BagLines)
	w.refused(w.there.Carry.Call(ctx, w.boss, w.ref(), []string{"premises"}, ""), errs.NotYours)
	w.refused(w.here.Carry.Call(ctx, w.zhao, w.ref(), []string{"premises"}, ""), errs.NotHolder)
	w.call()
	if c, ch := w.at(w.here); !c.Originals.Called || len(ch.ToSend()) != 1 || w.told()[notice.PapersCalled] != 1 {
		t.Errorf("the window does not know: %+v, told %v", c.Originals, w.told())
	}
	_, err = w.there.Bench.Accept(ctx, w.zhao, decide.Ref{Case: w.id})
	w.must(err)
	yes := casefile.Decision{Outcome: casefile.Granted}
	_, err = w.there.Bench.Decide(ctx, w.zhao, decide.Ref{Case: w.id}, yes)
	w.refused(err, errs.OriginalsAwaited)
	bad := premises()
	bad.Ref = "RA473124828US"
	_, err = w.here.Carry.Send(ctx, w.clerk, w.ref(), bad)
	w.refused(err, errs.BadPostalNumber)
	no, paper := w.send()
	w.must(w.there.Carry.Receive(ctx, w.zhao, w.ref(), no, map[string]original.Mark{paper.ID: original.Here}, ""))
	w.refused(w.there.Carry.Receive(ctx, w.zhao, w.ref(), no, map[string]original.Mark{paper.ID: original.Here}, ""), errs.BagReceived)
	w.turn()
	_, err = w.there.Bench.Decide(ctx, w.zhao, decide.Ref{Case: w.id}, yes)
	w.must(err)
	_, err = w.there.Issuer.Issue(ctx, w.zhao, w.id, 0)
	w.must(err)
	w.turn()
	_, err = w.here.Issuer.Deliver(ctx, w.clerk, w.id, 0, casefile.Delivery{Way: "counter", To: "applicant"})
	w.must(err)
	w.turn()
	for _, n := range []*node.Node{w.here, w.there} {
		if c, _ := w.at(n); !c.Closed.IsZero() || c.Ended.IsZero() {
			t.Errorf("%s: closed while an original is out", n.ID)
		}
	}
	w.rules()
	w.refused(w.here.Carry.Give(ctx, w.clerk, w.ref(), []string{paper.ID}), errs.PaperNotHere)
	back, err := w.there.Carry.Send(ctx, w.zhao, w.ref(), carry.Load{Held: []string{paper.ID}, Way: original.ByHand, Ref: "马师傅"})
	w.must(err)
	w.turn()
	w.must(w.here.Carry.Receive(ctx, w.clerk, w.ref(), back, map[string]original.Mark{paper.ID: original.Here}, ""))
	w.turn()
	if w.told()[notice.PapersBack] != 1 {
		t.Errorf("nobody is told that it is back: %v", w.told())
	}
	w.must(w.here.Carry.Give(ctx, w.clerk, w.ref(), []string{paper.ID}))
	w.turn()
	ours, _ := w.at(w.here)
	theirs, _ := w.at(w.there)
	if ours.Closed.IsZero() || !ours.Closed.Equal(theirs.Closed) || ours.Status() != casefile.StatusDone {
		t.Errorf("closed at %s and %s", ours.Closed, theirs.Closed)
	}
	papers, err := w.here.Store.Papers(ctx, w.id)
	w.must(err)
	sheets := 0
	for _, p := range papers {
		if p.Kind == "P-10" {
			sheets++
		}
	}
	if sheets != 4 {
		t.Errorf("%d sheets, want two for each bag", sheets)
	}
	w.rules()
}

// A line that is missing raises an alarm at both ends and is told to the applicant; found, it ends and the paper goes in another bag.
func TestALineIsMissing(t *testing.T) {
	w := newCarrying(t)
	ctx := t.Context()
	w.call()
	no, paper := w.send()
	w.refused(w.there.Carry.Receive(ctx, w.zhao, w.ref(), no, nil, ""), errs.BagTicks)
	w.refused(w.there.Carry.Receive(ctx, w.zhao, w.ref(), no, map[string]original.Mark{paper.ID: original.NotInBag}, ""), errs.BagWords)
	w.must(w.there.Carry.Receive(ctx, w.zhao, w.ref(), no, map[string]original.Mark{paper.ID: original.NotInBag}, "the bag was empty"))
	w.turn()
	for _, n := range []*node.Node{w.here, w.there} {
		if w.alarms(n, watch.Papers) != 1 {
			t.Errorf("%s: no alarm", n.ID)
		}
	}
	if w.told()[notice.PapersTrouble] != 1 {
		t.Errorf("the applicant is not told: %v", w.told())
	}
	w.rules()
	w.refused(w.there.Carry.Trace(ctx, w.boss, w.ref(), paper.ID, original.Replaced, "x"), errs.PaperNotHere)
	w.refused(w.here.Carry.Trace(ctx, w.clerk, w.ref(), paper.ID, original.Found, "x"), errs.NotYours)
	w.must(w.here.Carry.Trace(ctx, w.lead, w.ref(), paper.ID, original.Found, "left on the scanner"))
	w.turn()
	for _, n := range []*node.Node{w.here, w.there} {
		if w.alarms(n, watch.Papers) != 0 {
			t.Errorf("%s: the alarm goes on", n.ID)
		}
	}
	again, err := w.here.Carry.Send(ctx, w.clerk, w.ref(), carry.Load{Held: []string{paper.ID}, Way: original.ByHand, Ref: "x"})
	w.must(err)
	w.turn()
	w.must(w.there.Carry.Receive(ctx, w.zhao, w.ref(), again, map[string]original.Mark{paper.ID: original.Here}, ""))
	w.turn()
	if c, _ := w.at(w.here); c.Originals.Called || c.Originals.Out != 1 {
		t.Errorf("%+v", c.Originals)
	}
	w.rules()
}

// A bag that does not arrive is late at both ends, is given up by a lead and no one else, and is made good; that it comes after all
// changes nothing any more. A withdrawn case stays open until then.
func TestABagIsLost(t *testing.T) {
	w := newCarrying(t)
	ctx := t.Context()
	w.call()
	no, paper := w.send()
	loss := "the post has no trace of it"
	w.refused(w.here.Carry.Lose(ctx, w.lead, w.ref(), no, loss), errs.BagNotLate)
	_, err := w.here.Lodge.Withdraw(ctx, &w.clerk, w.id, 0)
	w.must(err)
	w.turn()
	if c, _ := w.at(w.here); c.Ended.IsZero() || !c.Closed.IsZero() {
		t.Errorf("withdrawn: ended %s, closed %s", c.Ended, c.Closed)
	}
	w.later(15)
	w.turn()
	for _, n := range []*node.Node{w.here, w.there} {
		if w.alarms(n, watch.Papers) != 1 {
			t.Errorf("%s: a bag is late and nobody says so", n.ID)
		}
	}
	w.refused(w.here.Carry.Lose(ctx, w.clerk, w.ref(), no, loss), errs.NotYours)
	w.must(w.there.Carry.Lose(ctx, w.boss, w.ref(), no, loss))
	w.turn()
	w.rules()
	w.must(w.here.Carry.Trace(ctx, w.lead, w.ref(), paper.ID, original.Replaced, "a new one was issued"))
	w.must(w.there.Carry.Receive(ctx, w.zhao, w.ref(), no, map[string]original.Mark{paper.ID: original.Here}, ""))
	w.turn()
	ours, chain := w.at(w.here)
	if ours.Closed.IsZero() || chain.Papers[0].Where != original.Settled || w.told()[notice.PapersTrouble] != 1 {
		t.Errorf("closed %s, %+v, told %v", ours.Closed, chain.Papers, w.told())
	}
	w.rules()
}

// A lead may let originals go early, with a reason; it stands on the list, and both provinces' supervisors see it.
func TestALeadLetsOriginalsGoEarly(t *testing.T) {
	w := newCarrying(t)
	ctx := t.Context()
	w.refused(w.here.Carry.Let(ctx, w.clerk, w.ref(), "x"), errs.NotYours)
	w.refused(w.here.Carry.Let(ctx, w.lead, w.ref(), " "), errs.BagWords)
	w.must(w.here.Carry.Let(ctx, w.lead, w.ref(), "the applicant leaves the country"))
	no, _ := w.send()
	if _, ch := w.at(w.there); !strings.Contains(ch.Bags[0].Early, "王组长") || ch.Bags[0].No != no {
		t.Errorf("%+v", ch.Bags)
	}
	for _, n := range []*node.Node{w.here, w.there} {
		if w.alarms(n, watch.Early) != 1 {
			t.Errorf("%s: oversight does not see it", n.ID)
		}
	}
	_, err := w.here.Carry.Send(ctx, w.clerk, w.ref(), premises())
	w.refused(err, errs.NotCalledFor)
	w.rules()
}
