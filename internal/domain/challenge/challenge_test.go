package challenge_test

import (
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/challenge"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

const key = "0199b0a0-0000-7000-8000-00000000abcd"

func fair() challenge.Challenge {
	return challenge.Challenge{
		ID: key, Told: challenge.Told{ID: "q", Case: "c"}, Asker: "63", Owner: "35", Field: "name", Words: "wrong", At: time.Date(2026, time.November, 23, 1, 0, 0, 0, time.UTC),
	}
}

func TestAnChallengeAndItsAnswer(t *testing.T) {
	o, err := challenge.New(fair(), []string{"name"}, nil)
	if err != nil || !o.Open() || !o.Todo("35") || o.Todo("63") {
		t.Fatalf("%+v, %v", o, err)
	}
	for name, tt := range map[string]struct {
		spoil func(o *challenge.Challenge)
		have  []challenge.Challenge
		want  errs.Code
	}{
		"another field":  {func(o *challenge.Challenge) { o.Field = "birth" }, nil, errs.ObjectionWords},
		"no words":       {func(o *challenge.Challenge) { o.Words = "\u200b" }, nil, errs.ObjectionWords},
		"too long":       {func(o *challenge.Challenge) { o.Words = strings.Repeat("长", 501) }, nil, errs.MessageLong},
		"no key":         {func(o *challenge.Challenge) { o.ID = "1" }, nil, errs.BadRequest},
		"one that waits": {func(*challenge.Challenge) {}, []challenge.Challenge{o}, errs.ObjectionOpen},
	} {
		x := fair()
		tt.spoil(&x)
		if _, err := challenge.New(x, []string{"name"}, tt.have); !errs.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	done, err := o.Answered(challenge.Answer{Kind: challenge.Corrected, Text: " mended ", At: o.At})
	if err != nil || done.Open() || done.Answer.Text != "mended" {
		t.Fatalf("%+v, %v", done, err)
	}
	if _, err := challenge.New(fair(), []string{"name"}, []challenge.Challenge{done}); err != nil {
		t.Errorf("another one after the answer: %v", err)
	}
	if x := done.For("n", challenge.Told{Case: "d"}, "23"); x.Words != "" || x.ID != "n" || x.Told.Case != "d" || x.Asker != "23" || x.Answer == nil {
		t.Errorf("others hear %+v", x)
	}
	heard, changed, err := challenge.Word{Challenge: done}.Arrived(o, "35", "63", "c")
	if err != nil || !changed || heard.Open() {
		t.Errorf("the answer: %+v, %v, %v", heard, changed, err)
	}
	if _, changed, err := (challenge.Word{Challenge: done}).Arrived(heard, "35", "63", "c"); err != nil || changed {
		t.Errorf("the answer again: %v, %v", changed, err)
	}
	bent := done
	bent.Field = "birth"
	if _, _, err := (challenge.Word{Challenge: bent}).Arrived(o, "35", "63", "c"); !errs.Is(err, errs.BadEnvelope) {
		t.Errorf("an answer about another field: %v", err)
	}
}

func FuzzArrived(f *testing.F) {
	for _, answer := range []*challenge.Answer{nil, {Kind: challenge.Corrected, Text: "mended"}} {
		o := fair()
		o.Answer = answer
		b, err := proof.Marshal(challenge.Word{Challenge: o})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var w challenge.Word
		if proof.Unmarshal(b, &w) != nil {
			return
		}
		if o, changed, err := w.Arrived(challenge.Challenge{}, "63", "35", "c"); err == nil && changed && (!o.Open() || o.Owner != "35" || o.Asker != "63" || o.Words == "") {
			t.Errorf("took %+v of who asked", o)
		}
		if o, changed, err := w.Arrived(fair(), "35", "63", "c"); err == nil && changed && (o.Open() || o.Words != "wrong") {
			t.Errorf("took %+v of the owner", o)
		}
	})
}
