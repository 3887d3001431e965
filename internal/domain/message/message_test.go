package message

import (
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		" a\r\nb ": "a\nb", "x\x00\x07y": "xy", "a\u202eb": "ab", "<script>": "<script>", strings.Repeat("\u4e2d", MostRunes): strings.Repeat("\u4e2d", MostRunes),
	} {
		if got, err := Clean(in); err != nil || got != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for in, code := range map[string]errs.Code{
		"": errs.MessageEmpty, " \u200b\n": errs.MessageEmpty, strings.Repeat("x", MostRunes+1): errs.MessageLong, "\xff": errs.BadRequest,
	} {
		if _, err := Clean(in); !errs.Is(err, code) {
			t.Errorf("%.20q: %v", in, err)
		}
	}
}

func theCase() casefile.Case {
	return casefile.Case{ID: "c", Coordinator: "23", Legs: []casefile.Leg{
		{Key: "collect", Kind: item.Collect, Node: "23", Office: "w"}, {Key: "decide", Kind: item.Decide, Node: "63", Office: "d"},
	}}
}

func TestBounds(t *testing.T) {
	now := time.Unix(1e9, 0)
	c := theCase()
	var thread []Message
	for range MostADay {
		if err := May(c, thread, Applicant, now); err != nil {
			t.Fatal(err)
		}
		thread = append(thread, Message{From: Applicant, At: now})
	}
	if err := May(c, thread, Applicant, now); !errs.Is(err, errs.TooMany) {
		t.Error(err)
	}
	if err := May(c, thread, Office, now); err != nil {
		t.Error(err)
	}
	if err := May(c, thread, Applicant, now.Add(24*time.Hour)); err != nil {
		t.Error(err)
	}
	c.Closed = now
	if err := May(c, nil, Applicant, now); !errs.Is(err, errs.MessageClosed) {
		t.Error(err)
	}
}

func TestWhoMaySpeakFor(t *testing.T) {
	c := theCase()
	good := Message{ID: "m", Case: "c", From: Applicant, Office: "d", Text: "hello"}
	for name, tt := range map[string]struct {
		m        Message
		from, me string
		want     errs.Code
	}{
		"the applicant at home":       {good, "23", "63", 0},
		"an office":                   {Message{ID: "m", Case: "c", From: Office, Office: "d", Text: "x"}, "63", "23", 0},
		"a stranger as the applicant": {good, "31", "63", errs.WrongSender},
		"the office as the applicant": {good, "63", "23", errs.WrongSender},
		"for another's office":        {Message{ID: "m", Case: "c", From: Office, Office: "w", Text: "x"}, "63", "23", errs.WrongSender},
		"to an office elsewhere":      {Message{ID: "m", Case: "c", From: Applicant, Office: "w", Text: "x"}, "23", "63", errs.WrongSender},
		"of another case":             {Message{ID: "m", Case: "d", From: Applicant, Office: "d", Text: "x"}, "23", "63", errs.BadEnvelope},
		"with what hides":             {Message{ID: "m", Case: "c", From: Applicant, Office: "d", Text: "x\u202e"}, "23", "63", errs.BadEnvelope},
		"too long":                    {Message{ID: "m", Case: "c", From: Applicant, Office: "d", Text: strings.Repeat("x", 501)}, "23", "63", errs.BadEnvelope},
	} {
		err := tt.m.Arrived(c, office.NodeID(tt.from), office.NodeID(tt.me), nil)
		if (tt.want == 0) != (err == nil) || tt.want != 0 && !errs.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := good.Arrived(c, "23", "63", make([]Message, MostOfAll)); !errs.Is(err, errs.TooMany) {
		t.Error(err)
	}
}
