package entrance

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/office"
	"tongban/internal/handling/elsewhere"
	"tongban/internal/handling/unit"
	"tongban/internal/handling/usage"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
	"tongban/internal/page/text"
	"tongban/internal/proof"
)

func (m *memory) LogLines(_ context.Context, cases []string, limit int) ([]accesslog.Line, error) {
	var out []accesslog.Line
	for _, e := range slices.Backward(m.entries) {
		if !slices.Contains(cases, e.Case) || len(out) == limit {
			continue
		}
		leaf, err := e.Leaf()
		if err != nil {
			return nil, err
		}
		out = append(out, accesslog.Line{Index: -1, Leaf: string(leaf)})
	}
	return out, nil
}

func (m *memory) Witnessed(context.Context, int) (int64, error) { return 0, nil }

func (m *memory) WitnessesOf(context.Context, int64) ([]proof.Signed, error) { return nil, nil }

func (m *memory) TreeSize(context.Context) (int64, error) { return 0, nil }

func (m *memory) HeadAt(context.Context, int64) (proof.Signed, []byte, error) {
	return proof.Signed{}, nil, nil
}

func (m *memory) Hashes(context.Context, []int64) ([][32]byte, error) { return nil, nil }

// extractOf is what 63 says: one look by an officer there, in a tree of one entry that nobody witnessed.
func (w *world) extractOf(e accesslog.Entry) accesslog.Extract {
	w.t.Helper()
	leaf, err := e.Leaf()
	must(w.t, err)
	g, err := accesslog.Grow(w.t.Context(), 0, nil, [][]byte{leaf})
	must(w.t, err)
	head, err := g.Sign(w.signers["63"], "63", w.now)
	must(w.t, err)
	return accesslog.Extract{Kind: accesslog.ExtractKind, Head: head, Lines: []accesslog.Line{{Index: 0, Leaf: string(leaf)}}}
}

func TestWhoHasSeenMyData(t *testing.T) {
	w := newWorld(t)
	say := func(key string, args ...any) string { return text.T("zh", key, args...) }
	if r := w.get(w.site, "/consent"); r.code == http.StatusOK {
		t.Fatal("nobody is signed in and it is shown")
	}
	w.gate.who = &fan
	at := w.now
	look := accesslog.Entry{Kind: accesslog.View, At: at, Case: w.c.ID, Who: "x7", Office: "630100-03", What: "desk.check.full"}
	w.store.entries = []accesslog.Entry{
		{Kind: accesslog.View, At: at, Case: w.c.ID, Who: "clerk.heilongjiang", Office: window, What: "desk.materials"},
		{Kind: accesslog.Sent, At: at, Case: w.c.ID, Who: "23", What: "envelope"},
		{Kind: accesslog.View, At: at, Case: w.c.ID, Who: "applicant", What: "entrance.case"},
		{Kind: accesslog.View, At: at, Case: "somebody else's", Who: "secret.officer", What: "desk.check"},
		{Kind: accesslog.Act, At: at, Case: w.c.ID, Who: "clock", What: "deem-accept"},
		{Kind: accesslog.View, At: at, Case: w.c.ID, Who: "x9", What: "desk.<script>"},
		{Kind: accesslog.Data, At: at, Case: w.c.ID, Who: "x8", What: "answer idcard", Fact: proof.Hash{1}, Fields: []string{"name"}, Basis: "B"},
		{Kind: accesslog.Data, At: at, Case: w.c.ID, Who: "x8", What: "answer idcard", Fact: proof.Hash{2}, Fields: []string{"birth"}, Basis: "B"},
		{Kind: accesslog.Act, At: at, Case: w.c.ID, Who: "63", What: unit.ShareDeleted, Reason: "2027-05-24", Fact: proof.Hash{1}},
	}
	there := elsewhere.Usage{Node: "63", Told: usage.Told{
		Extract: w.extractOf(look), Cases: map[string]usage.Ref{w.c.ID: {No: w.c.No, Item: "2020-030"}},
	}}
	bent := there
	bent.Extract.Lines = []accesslog.Line{{Index: 0, Leaf: there.Extract.Lines[0].Leaf + " "}}
	var missing []office.NodeID
	var failed error
	told := []elsewhere.Usage{there}
	w.usages = func(context.Context, page.Visitor, office.NodeID) ([]elsewhere.Usage, []office.NodeID, error) {
		return told, missing, failed
	}
	for _, c := range []struct {
		what    string
		prepare func()
		says    []string
		not     []string
	}{
		{
			"both provinces", func() {},
			[]string{
				say("usage.view.materials"), say("usage.did.sent"), say("usage.self", 1), say("usage.who.system"), say("entrance.act.deem-accept"),
				say("usage.view.other"), "（工号 clerk.he…）", "青海省", say("usage.did.full", say("usage.view.check")), "x7", say("usage.waiting"), string(w.c.No),
				say("usage.did.data", "name", "B") + say("usage.did.gone", "2027-05-24") + "<", say("usage.did.data", "birth", "B") + "<", say("usage.did.share.deleted"),
				`href="/consent/23"`, `href="/consent/63"`,
			},
			[]string{"secret.officer", say("usage.bad"), "<script>alert", fan.IDNo, fan.Phone},
		},
		{"a proof that does not hold", func() { told = []elsewhere.Usage{bent} }, []string{say("usage.bad")}, nil},
		{"a silent province", func() { told, missing = nil, []office.NodeID{"63"} }, []string{say("usage.missing", "青海省")}, []string{say("usage.bad")}},
		{"signed in too long ago", func() { failed = errs.New(errs.RoamEnded, "x") }, []string{say("usage.ended")}, []string{say("usage.missing", "青海省")}},
	} {
		c.prepare()
		r := w.get(w.site, "/consent")
		if r.code != http.StatusOK {
			t.Fatalf("%s: %d", c.what, r.code)
		}
		for _, s := range c.says {
			if !strings.Contains(r.body, s) && !strings.Contains(r.text(), strings.Join(strings.Fields(s), "")) {
				t.Errorf("%s: does not say %q", c.what, s)
			}
		}
		for _, s := range c.not {
			if strings.Contains(r.body, s) {
				t.Errorf("%s: says %q", c.what, s)
			}
		}
	}
	if got := w.store.log[len(w.store.log)-1]; got != "view applicant entrance.usage" {
		t.Errorf("the look at the log is not logged: %s", got)
	}
}

func TestProofFiles(t *testing.T) {
	w := newWorld(t)
	w.store.entries = []accesslog.Entry{{Kind: accesslog.View, At: w.now, Case: w.c.ID, Who: "c", What: "desk.check"}}
	var asked []office.NodeID
	w.usages = func(_ context.Context, _ page.Visitor, only office.NodeID) ([]elsewhere.Usage, []office.NodeID, error) {
		asked = append(asked, only)
		if only == "35" {
			return nil, []office.NodeID{"35"}, nil
		}
		return nil, nil, nil
	}
	for _, c := range []struct {
		path string
		who  bool
		code int
	}{
		{"/consent/23", false, http.StatusSeeOther},
		{"/consent/23", true, http.StatusOK},
		{"/consent/63", true, http.StatusNotFound},
		{"/consent/35", true, http.StatusServiceUnavailable},
		{"/consent/hub", true, http.StatusNotFound},
		{"/consent/99x", true, http.StatusNotFound},
	} {
		w.gate.who = nil
		if c.who {
			w.gate.who = &fan
		}
		r := w.get(w.site, c.path)
		if c.who && r.code != c.code || !c.who && r.code == http.StatusOK {
			t.Errorf("%s: %d, want %d", c.path, r.code, c.code)
		}
		if r.code != http.StatusOK {
			continue
		}
		if x, err := accesslog.ReadExtract([]byte(r.body)); err != nil || len(x.Lines) != 1 {
			t.Errorf("%s: %v", c.path, err)
		}
	}
	if !slices.Equal(asked, []office.NodeID{"63", "35"}) {
		t.Errorf("asked %v", asked)
	}
	w.gate.who = &wu
	if r := w.get(w.site, "/consent/23"); r.code != http.StatusNotFound {
		t.Errorf("somebody else's log: %d", r.code)
	}
}
