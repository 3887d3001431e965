package casefile

import (
	"testing"
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// applied is a case that was lodged online at the deciding place, with the plan of that mode.
func applied(t *testing.T, serve string) (Case, Law, time.Time) {
	t.Helper()
	law := lawOf(t, "accepted")
	law.Version.Plan = map[item.Mode][]item.LegPlan{item.Online: {
		{Key: "decide", Kind: item.Decide, Place: item.There},
		{Key: "deliver", Kind: item.Deliver, Place: item.There, After: []string{"decide"}},
	}}
	c, step, err := Apply(lodging(law, serve), west, monday)
	if err != nil || step.Act != ActLodge {
		t.Fatal(step, err)
	}
	return c, law, monday
}

func lodging(law Law, serve string) Lodging {
	return Lodging{
		ID: "case-2", No: MakeNo(west, workday.DateOf(monday), 1), Item: item.Item{Code: "T-1"}, Mode: item.Online, Law: law,
		Here: office.Office{Region: "230183000000", Node: north}, There: office.Office{Code: "THERE", Region: "630100000000", Node: west},
		Private: Private{
			Applicant: party.Person{Name: "樊女士"}, Answers: map[string]string{"name": "雪莲"},
			Consent: Consent{Way: ConsentOnline, Serve: serve},
		},
	}
}

// held checks that the deciding office answers for the case and nothing is on its way.
func held(t *testing.T, c Case, queue Queue) {
	t.Helper()
	h, ok := c.Holder()
	q, at := c.At(west)
	if !ok || h.Node != west || h.Office != "THERE" || q != queue || at != "THERE" {
		t.Fatalf("held by %+v, in queue %q of %q; want %q", h, q, at, queue)
	}
	for _, l := range c.Legs {
		if l.Transit != nil {
			t.Fatalf("leg %s is on its way to %s", l.Key, l.Transit.To)
		}
	}
}

func TestOnlineFromLodgingToService(t *testing.T) {
	c, law, now := applied(t, ServeOnline)
	held(t, c, QueueReceived)
	if due, ok := c.SilenceAt(); !ok || !due.After(now) {
		t.Fatal("silence has no meaning, though the law gives it one")
	}
	officer := Actor{ID: "o", Office: "THERE", Node: west, Roles: []office.Role{office.Reviewer, office.Decider}}

	c, _, err := Correct(c, west, officer, law, []Correction{{Check: "a", Problem: "p", Fix: "f"}}, "e", now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	held(t, c, QueueCorrection)
	if c.Status() != StatusCorrection {
		t.Fatalf("the applicant reads %q", c.Status())
	}
	if _, ok := c.Due(); ok {
		t.Fatal("a limit runs while the papers are with the applicant")
	}
	open := []Correction{{Check: "a", Problem: "p", Fix: "f"}}
	if _, _, err := Answer(c, west, law, nil, nil, open, now); !errs.Is(err, errs.FormIncomplete) {
		t.Fatalf("a notice was answered with nothing: %v", err)
	}
	if _, _, err := Answer(c, west, law, nil, nil, nil, now); !errs.Is(err, errs.FormIncomplete) {
		t.Fatalf("a notice was answered with fewer items: %v", err)
	}
	open[0].Answer = "已改"
	c, step, err := Answer(c, west, law, map[string]string{"name": "雪豹"}, []Material{{Key: "charter"}}, open, now.AddDate(0, 0, 3))
	if err != nil || step.Act != ActSupplement {
		t.Fatal(step, err)
	}
	held(t, c, QueueReceived)
	if c.Private.Answers["name"] != "雪豹" || len(c.Private.Materials) != 1 {
		t.Fatalf("not brought in: %+v", c.Private)
	}
	if from, ok := c.SilenceFrom(); !ok || from != workday.DateOf(now.AddDate(0, 0, 3)) {
		t.Fatalf("the limit counts from %v", from) // 自补齐之日
	}
	if _, _, err := Correct(c, west, officer, law, open, "e", now.AddDate(0, 0, 3)); !errs.Is(err, errs.SecondCorrection) {
		t.Fatalf("a second notice: %v", err)
	}
	for _, act := range []func(Case) (Case, Step, error){
		func(c Case) (Case, Step, error) { return Accept(c, west, officer, law, now.AddDate(0, 0, 4)) },
		func(c Case) (Case, Step, error) {
			return Decide(c, west, officer, law, Decision{Outcome: Granted}, now.AddDate(0, 0, 4))
		},
		func(c Case) (Case, Step, error) { return Dispatch(c, west, officer, "e", now.AddDate(0, 0, 4)) },
	} {
		if c, _, err = act(c); err != nil {
			t.Fatal(err)
		}
	}
	held(t, c, QueueDeliver)
	c, _, err = Serve(c, west, now.AddDate(0, 0, 4))
	if err != nil || c.Closed.IsZero() || c.Status() != StatusDone || c.Private.Delivery.Way != "online" {
		t.Fatalf("%+v, %v", c.Private.Delivery, err)
	}
	for i, s := range c.Custody {
		if s.To.IsZero() || i > 0 && !s.From.Equal(c.Custody[i-1].To) {
			t.Fatalf("custody has a gap at %d: %+v", i, c.Custody)
		}
	}
}

func TestOnlineWhatIsRefused(t *testing.T) {
	c, law, now := applied(t, "")
	officer := Actor{ID: "o", Office: "THERE", Node: west, Roles: []office.Role{office.Reviewer, office.Decider}}
	in := lodging(law, "")
	in.Private.Consent.Way = ConsentAttested
	if _, _, err := Apply(in, west, now); !errs.Is(err, errs.NotYours) {
		t.Errorf("lodged without the applicant's own consent: %v", err)
	}
	if _, _, err := Apply(lodging(law, ""), north, now); !errs.Is(err, errs.NotHolder) {
		t.Errorf("lodged at a place that does not begin: %v", err)
	}
	if _, _, err := Return(c, west, officer, "wrong-office", "e", now); !errs.Is(err, errs.NotAllowedNow) {
		t.Errorf("returned to a window that is not there: %v", err)
	}
	if _, _, err := AskWithdraw(c, west, now); err == nil {
		t.Error("a withdrawal was asked of oneself")
	}
	if _, _, err := Serve(c, west, now); !errs.Is(err, errs.NotAllowedNow) {
		t.Errorf("served before a decision: %v", err)
	}
	c, _, _ = Accept(c, west, officer, law, now)
	c, _, _ = Decide(c, west, officer, law, Decision{Outcome: Granted}, now)
	c, _, err := Dispatch(c, west, officer, "e", now)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Serve(c, west, now); !errs.Is(err, errs.NotAllowedNow) {
		t.Errorf("served online without consent to it: %v", err)
	}
	clerk := Actor{ID: "w", Office: "THERE", Node: west, Roles: []office.Role{office.Window}}
	if c, _, err = Deliver(c, west, clerk, Delivery{Way: "post"}, now); err != nil || c.Status() != StatusDone {
		t.Errorf("posting: %v", err)
	}
}

func TestOnlineWithdrawal(t *testing.T) {
	officer := Actor{ID: "o", Office: "THERE", Node: west, Roles: []office.Role{office.Reviewer, office.Decider}}
	for name, reach := range map[string]func(Case, Law) Case{
		"received": func(c Case, _ Law) Case { return c },
		"accepted": func(c Case, law Law) Case { c, _, _ = Accept(c, west, officer, law, monday); return c },
		"corrected": func(c Case, law Law) Case {
			c, _, _ = Correct(c, west, officer, law, []Correction{{Problem: "p", Fix: "f"}}, "e", monday)
			return c
		},
	} {
		c, law, now := applied(t, "")
		c, _, err := Withdraw(reach(c, law), west, nil, now.Add(time.Minute))
		if err != nil || c.Status() != StatusWithdrawn || c.Closed.IsZero() {
			t.Errorf("%s: %s, %v", name, c.Status(), err)
		}
	}
	c, law, now := applied(t, "")
	c, _, _ = Accept(c, west, officer, law, now)
	c, _, _ = Decide(c, west, officer, law, Decision{Outcome: Granted}, now)
	if _, _, err := Withdraw(c, west, nil, now); !errs.Is(err, errs.NotAllowedNow) {
		t.Errorf("withdrawn after the decision: %v", err)
	}
}
