package casefile

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// A first offer is the coordinator's word about its own case: a third province cannot open a case under another's number, in
// another's name, or with a leg that comes home.
func TestAThirdProvinceCannotOpenACase(t *testing.T) {
	const third office.NodeID = "11"
	w := newWorld(t, "none")
	w.step("hand-over")
	offer := w.post[0]
	own := MakeNo(third, workday.DateOf(w.now), 1)
	for _, tt := range []struct {
		name   string
		change func(c *Case, leg *string)
		want   errs.Code
	}{
		{"under the number of a case of another", func(c *Case, _ *string) { c.Coordinator = third }, errs.WrongSender},
		{"in the name of another", func(c *Case, _ *string) { c.No = own }, errs.WrongSender},
		{"under no number", func(c *Case, _ *string) { c.Coordinator, c.No = third, "11" }, errs.WrongSender},
		{"with the delivery, as the deciding place", func(c *Case, leg *string) {
			c.Coordinator, c.No, *leg = third, own, "deliver"
			c.Legs[1].Node, c.Legs[2].Node = third, west
		}, errs.WrongAddressee},
	} {
		in, e := offer.in, offer.Envelope
		in.Case = in.Case.clone()
		e.From = third
		tt.change(&in.Case, &e.Leg)
		if _, _, err := Take(Case{}, e, in, nil, west, w.law, w.now); !errs.Is(err, tt.want) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want.Name())
		}
	}
}

// What comes back from the deciding place brings its findings, and cannot change who applied or with what.
func TestTheDecidingPlaceCannotChangeTheApplicant(t *testing.T) {
	w := newWorld(t, "none")
	for _, word := range []string{"hand-over", "mail", "correct"} {
		w.step(word)
	}
	before := w.cases[north].Private
	back := w.post[len(w.post)-1]
	if back.From != west {
		t.Fatalf("the last letter is %s's", back.From)
	}
	back.in.Private.Applicant.Name, back.in.Private.Applicant.IDNo = "别人", "other"
	back.in.Private.Answers = map[string]string{"name": "changed"}
	back.in.Private.Materials = nil
	c, _, err := Take(w.cases[north], back.Envelope, back.in, back.facts, north, w.law, w.at(north))
	if err != nil {
		t.Fatal(err)
	}
	got := c.Private
	if len(got.Corrections) == 0 {
		t.Error("the notice did not come")
	}
	got.Corrections, before.Corrections = nil, nil
	if d := cmp.Diff(before, got); d != "" {
		t.Error(d)
	}
}
